#include "log/log.hpp"

#include "log/escape.hpp"
#include "log/output.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>

#include <array>
#include <cstdio>
#include <ctime>
#include <memory>
#include <mutex>
#include <unistd.h>

namespace crank {
namespace {

constexpr std::size_t kLongestMessage = 16 * 1024;
constexpr std::size_t kLongestField = 256;

constexpr std::chrono::milliseconds kLastWords{2'000}; // how long what a process ends with is worth waiting for
constexpr std::chrono::milliseconds kLastLines{200};

std::atomic<std::uint64_t> lost_lines{0};

struct LineFormat {
  LogFormat format = LogFormat::console;
  std::string worker_id;
};

// Takes whole lines: they are composed by log(), because their context (request, trace) is no concern of a pattern.
// Lines that a reader does not take are counted, and the next line that gets through comes with their number.
class LineSink final : public spdlog::sinks::base_sink<std::mutex> {
public:
  explicit LineSink(const LineFormat& format) : format_(format) {}

  bool open(int descriptor) {
    const std::lock_guard lock(mutex_);
    return output_.open(descriptor);
  }
  void last_words(std::string_view line) {
    const std::lock_guard lock(mutex_);
    output_.write(line, kLastWords);
  }

private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (unsaid_ > 0 && output_.write(note())) unsaid_ = 0;
    if (unsaid_ > 0 || !output_.write({message.payload.data(), message.payload.size()})) {
      ++unsaid_;
      lost_lines.fetch_add(1, std::memory_order_relaxed);
    }
  }
  void flush_() override {
    if (unsaid_ > 0 && output_.write(note(), kLastLines)) unsaid_ = 0;
  }
  std::string note() const {
    return format_log_line(
               format_.format, LogLevel::warn, std::chrono::system_clock::now(), format_.worker_id, {},
               std::to_string(unsaid_) +
                   (unsaid_ == 1 ? " log line before this one was lost" : " log lines before this one were lost") +
                   ": nobody read them") +
           '\n';
  }

  const LineFormat& format_;
  LogOutput output_;
  std::uint64_t unsaid_ = 0;
};

struct Log {
  LineFormat format;
  std::shared_ptr<LineSink> sink = std::make_shared<LineSink>(format);
  spdlog::logger logger{"crank", sink};
  Log() {
    logger.set_level(spdlog::level::trace); // levels were decided by log_enabled()
    sink->open(STDERR_FILENO);
  }
};

// Never destroyed: a plugin's thread or an exit handler may log after main() has returned.
Log& the_log() {
  static Log* const instance = std::make_unique<Log>().release();
  return *instance;
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
  case LogLevel::debug: return spdlog::level::debug;
  case LogLevel::info: return spdlog::level::info;
  case LogLevel::warn: return spdlog::level::warn;
  case LogLevel::error: break;
  }
  return spdlog::level::err;
}

std::string_view level_name(LogLevel level) {
  switch (level) {
  case LogLevel::debug: return "debug";
  case LogLevel::info: return "info";
  case LogLevel::warn: return "warn";
  case LogLevel::error: break;
  }
  return "error";
}

// RFC 3339, UTC, milliseconds.
std::string timestamp(std::chrono::system_clock::time_point time) {
  using namespace std::chrono;
  const auto whole = floor<seconds>(time);
  const std::time_t seconds_part = system_clock::to_time_t(whole);
  std::tm parts{};
  gmtime_r(&seconds_part, &parts);
  std::array<char, 32> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  const int milliseconds_part = static_cast<int>(duration_cast<milliseconds>(time - whole).count());
  std::array<char, 8> fraction{};
  std::snprintf(fraction.data(), fraction.size(), ".%03dZ", milliseconds_part);
  return std::string(text.data(), length) + fraction.data();
}

// The trace-id of a traceparent (W3C Trace Context 3.2): version "-" trace-id "-" parent-id "-" flags.
std::string_view trace_id(std::string_view traceparent) {
  constexpr std::size_t version_end = 2, trace_end = 35, parent_end = 52, whole = 55;
  if (traceparent.size() < whole) return {};
  if (traceparent[version_end] != '-' || traceparent[trace_end] != '-' || traceparent[parent_end] != '-') return {};
  const std::string_view id = traceparent.substr(version_end + 1, trace_end - version_end - 1);
  return id.find_first_not_of("0123456789abcdef") == std::string_view::npos ? id : std::string_view{};
}

struct CutText {
  std::string_view text;
  std::size_t left_out = 0;
};

CutText cut(std::string_view text, std::size_t longest) {
  if (text.size() <= longest) return {text};
  std::size_t end = longest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end; // not within a character
  return {text.substr(0, end), text.size() - end};
}

std::string left_out_note(const CutText& message) {
  return message.left_out == 0 ? std::string() : "... (" + std::to_string(message.left_out) + " bytes left out)";
}

void add_json_member(std::string& line, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  line.append(",\"").append(name).append("\":\"");
  append_json_escaped(line, cut(value, kLongestField).text);
  line += '"';
}

std::string json_line(LogLevel level, const std::string& time, std::string_view worker_id, const LogContext& context,
                      const CutText& message) {
  std::string line = "{\"ts\":\"" + time + "\",\"level\":\"";
  line.append(level_name(level)).append("\",\"msg\":\"");
  append_json_escaped(line, message.text);
  line.append(left_out_note(message)).append("\"");
  add_json_member(line, "plugin", context.plugin);
  add_json_member(line, "request_id", context.request_id);
  add_json_member(line, "caller", context.caller);
  add_json_member(line, "trace_id", trace_id(context.traceparent));
  add_json_member(line, "worker_id", worker_id);
  line += '}';
  return line;
}

void add_console_field(std::string& line, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  line.append(" ").append(name).append("=");
  append_console_escaped(line, cut(value, kLongestField).text);
}

std::string console_line(LogLevel level, const std::string& time, const LogContext& context, const CutText& message) {
  std::string line = time + " ";
  line.append(level_name(level)).append(6 - level_name(level).size(), ' ');
  if (!context.plugin.empty()) {
    line += '[';
    append_console_escaped(line, cut(context.plugin, kLongestField).text);
    line += "] ";
  }
  append_console_escaped(line, message.text);
  line += left_out_note(message);
  add_console_field(line, "request_id", context.request_id);
  add_console_field(line, "caller", context.caller);
  add_console_field(line, "trace_id", trace_id(context.traceparent));
  return line;
}

} // namespace

std::string format_log_line(LogFormat format, LogLevel level, std::chrono::system_clock::time_point time,
                            std::string_view worker_id, const LogContext& context, std::string_view message) {
  const CutText text = cut(message, kLongestMessage);
  return format == LogFormat::json ? json_line(level, timestamp(time), worker_id, context, text)
                                   : console_line(level, timestamp(time), context, text);
}

void start_log(LogLevel level, LogFormat format, std::string worker_id) {
  the_log().format = {format, std::move(worker_id)};
  log_detail::lowest_level.store(static_cast<int>(level), std::memory_order_relaxed);
}

LogLevel log_level_of(std::string_view name) noexcept {
  if (name == "debug") return LogLevel::debug;
  if (name == "warn") return LogLevel::warn;
  if (name == "error") return LogLevel::error;
  return LogLevel::info;
}

LogLevel log_level_of(int abi_level) noexcept {
  return abi_level >= 0 && abi_level < static_cast<int>(LogLevel::error) ? static_cast<LogLevel>(abi_level)
                                                                         : LogLevel::error;
}

void log(LogLevel level, const LogContext& context, std::string_view message) noexcept {
  if (!log_enabled(level)) return;
  try {
    Log& out = the_log();
    std::string line = format_log_line(out.format.format, level, std::chrono::system_clock::now(), out.format.worker_id,
                                       context, message);
    line += '\n';
    out.logger.log(spdlog_level(level), spdlog::string_view_t(line.data(), line.size()));
  } catch (...) {
    // Out of memory: the line is lost, its caller goes on.
  }
}

void stop_log() noexcept {
  try {
    the_log().logger.flush();
  } catch (...) {
    // Nothing is left to tell it to.
  }
}

bool open_log(int descriptor) noexcept {
  try {
    return the_log().sink->open(descriptor);
  } catch (...) {
    return false;
  }
}

void complain(std::string_view sentence) noexcept {
  try {
    the_log().sink->last_words("crank-host: " + std::string(sentence) + '\n');
  } catch (...) {
    // Out of memory: the exit code has to do.
  }
}

std::uint64_t lost_log_lines() noexcept { return lost_lines.load(std::memory_order_relaxed); }

} // namespace crank
