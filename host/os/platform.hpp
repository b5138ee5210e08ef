// What differs between operating systems about processes; one platform_<system>.cpp implements each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <sys/types.h>

namespace crank {

// A descriptor of `size` zeroed bytes, close-on-exec, its size sealed where possible; -1 with errno.
[[nodiscard]] int anonymous_memory(std::size_t size);

// Resident set size in bytes; absent when the process is gone or may not be looked at.
[[nodiscard]] std::optional<std::uint64_t> resident_bytes(pid_t process);

// The absolute path of this program's file; empty when the system will not say.
[[nodiscard]] std::string executable_path();

// Where a signal interrupted its thread, from the handler's third argument; nullptr where that is not known.
// Async-signal-safe.
[[nodiscard]] void* program_counter(void* signal_context) noexcept;

// Makes every descriptor from `first` on close-on-exec. False where the system has no way to do that at once.
// Async-signal-safe.
[[nodiscard]] bool close_on_exec_from(int first) noexcept;

// Closes every descriptor from `first` on. Async-signal-safe.
void close_from(int first) noexcept;

// What a process has in memory, or swapped out of it, that is no copy of a file: in bytes.
[[nodiscard]] std::optional<std::uint64_t> own_memory_bytes(pid_t process);

// The processor time that a process has used, in ms; absent as above.
[[nodiscard]] std::optional<std::uint64_t> cpu_time_ms(pid_t process);

// Becomes readable when a child of this process has ended; -1 where the system has none. The caller's to close.
[[nodiscard]] int end_descriptor(pid_t child);

// Copies up to `size` bytes of the file `from`, from `offset`, to where `to` is, and lets the file system share them
// where it can. How many; 0 or less where that is not possible: then read() and write() are.
[[nodiscard]] std::int64_t copy_in_kernel(int from, std::uint64_t offset, int to, std::size_t size);

// Whether the process at the other end of a UNIX socket belongs to this user or to root.
[[nodiscard]] bool peer_may_command(int socket);

} // namespace crank
