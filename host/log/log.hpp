// The host's log: one line per event on stderr, for a person or as JSON. The only singleton of the host.
// Never writes to stdout, and never waits long for whoever reads. Knows nothing of what is being logged.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace crank {

enum class LogFormat { console, json };
enum class LogLevel : int { debug = 0, info = 1, warn = 2, error = 3 }; // the numbers are CRANK_LOG_* of crank.h

// What a line is about. Borrowed for the duration of the call; empty members are left out of the line.
struct LogContext {
  std::string_view plugin;
  std::string_view request_id;
  std::string_view traceparent; // W3C Trace Context; its trace-id becomes "trace_id", a malformed one is left out
  std::string_view caller = {}; // a certificate's subject, a token's name
};

namespace log_detail {
inline std::atomic<int> lowest_level{static_cast<int>(LogLevel::info)};
}

// One relaxed load: ask before composing an expensive message.
[[nodiscard]] inline bool log_enabled(LogLevel level) noexcept {
  return static_cast<int>(level) >= log_detail::lowest_level.load(std::memory_order_relaxed);
}

// Sets level, format and worker id. Call once, before other threads log; until then lines are console lines at info.
void start_log(LogLevel level, LogFormat format, std::string worker_id);

// "debug", "info", "warn", "error" as checked by the configuration; anything else is info.
[[nodiscard]] LogLevel log_level_of(std::string_view name) noexcept;
// CRANK_LOG_*; an unknown number counts as error, so that it is seen.
[[nodiscard]] LogLevel log_level_of(int abi_level) noexcept;

// Writes one line with one write() to stderr, at once (a crash loses nothing). A reader that does not read cannot stop
// the process: after a short wait lines are lost, and their number is in the next line that gets through. A text longer
// than 16 KiB is cut. Line breaks, other control characters and invalid UTF-8 in any part are escaped or
// replaced: a plugin cannot forge a line. Never throws. [any thread]
void log(LogLevel level, const LogContext& context, std::string_view message) noexcept;
inline void log(LogLevel level, std::string_view message) noexcept { log(level, LogContext{}, message); }

// Says how many lines were lost, if that is unsaid; call before exit. Waits a fraction of a second at most.
void stop_log() noexcept;

// Lines go to what `descriptor` refers to now, through a private copy: until the first call that is what 2 was when the
// log was first used. Call at the start of a process, before foreign code can close or replace its standard error.
// False: as before.
bool open_log(int descriptor) noexcept;

// What a command ends with: "crank-host: SENTENCE", as it is and without a time. Waits two seconds at most.
void complain(std::string_view sentence) noexcept;

// Of this process.
[[nodiscard]] std::uint64_t lost_log_lines() noexcept;

// The line without its end, as log() writes it. `worker_id` appears in JSON only.
[[nodiscard]] std::string format_log_line(LogFormat format, LogLevel level, std::chrono::system_clock::time_point time,
                                          std::string_view worker_id, const LogContext& context,
                                          std::string_view message);

} // namespace crank
