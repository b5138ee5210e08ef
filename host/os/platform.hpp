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

// Whether the process at the other end of a UNIX socket belongs to this user or to root.
[[nodiscard]] bool peer_may_command(int socket);

} // namespace crank
