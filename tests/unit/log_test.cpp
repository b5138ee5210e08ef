// Tests of host/log: the two formats, escaping, levels, and where lines go.
#include "catch.hpp"

#include "log/escape.hpp"
#include "log/log.hpp"

#include <boost/json/parse.hpp>

#include <unistd.h>

#include <cstdio>
#include <string>

using namespace crank;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;

namespace {

const auto moment = std::chrono::system_clock::time_point(std::chrono::milliseconds(1'700'000'000'042));
const std::string traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

std::string line_of(LogFormat format, std::string_view message, const LogContext& context = {}) {
  return format_log_line(format, LogLevel::warn, moment, "w1", context, message);
}

// What a file descriptor receives while this lives.
class Capture {
public:
  explicit Capture(int descriptor) : descriptor_(descriptor), saved_(dup(descriptor)), file_(std::tmpfile()) {
    dup2(fileno(file_), descriptor);
  }
  ~Capture() {
    dup2(saved_, descriptor_);
    close(saved_);
    std::fclose(file_);
  }
  std::string text() const {
    std::string content;
    char buffer[4096];
    ssize_t count = 0;
    off_t at = 0;
    while ((count = pread(fileno(file_), buffer, sizeof buffer, at)) > 0) {
      content.append(buffer, static_cast<std::size_t>(count));
      at += count;
    }
    return content;
  }

private:
  int descriptor_;
  int saved_;
  std::FILE* file_;
};

} // namespace

TEST_CASE("a JSON line carries time, level, message, context and worker") {
  const auto line = boost::json::parse(line_of(LogFormat::json, "hello", {"streaming", "req-1", traceparent}));
  CHECK(line ==
        boost::json::parse(R"({"ts":"2023-11-14T22:13:20.042Z","level":"warn","msg":"hello","plugin":"streaming",
    "request_id":"req-1","trace_id":"0af7651916cd43dd8448eb211c80319c","worker_id":"w1"})"));
  CHECK(line_of(LogFormat::json, "x") ==
        R"({"ts":"2023-11-14T22:13:20.042Z","level":"warn","msg":"x","worker_id":"w1"})");
}

TEST_CASE("a console line is for people") {
  CHECK(line_of(LogFormat::console, "hello") == "2023-11-14T22:13:20.042Z warn  hello");
  CHECK(line_of(LogFormat::console, "hello", {"streaming", "req-1", traceparent}) ==
        "2023-11-14T22:13:20.042Z warn  [streaming] hello request_id=req-1 trace_id=0af7651916cd43dd8448eb211c80319c");
}

TEST_CASE("a malformed traceparent is left out") {
  for (const std::string_view text : {"00-short", "00-0af7651916cd43dd8448eb211c80319X-b7ad6b7169203331-01",
                                      "00x0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}) {
    CHECK_THAT(line_of(LogFormat::json, "x", {{}, {}, text}), !Contains("trace_id"));
  }
}

TEST_CASE("no text can forge a line or move the cursor") {
  const std::string evil = "a\nb\r\x1b[31m\x7f\xc2\x9b"
                           "2J\tc\\";
  const std::string console = line_of(LogFormat::console, evil, {"p\nq", "r\ns", {}});
  CHECK_THAT(console,
             Contains("a\\nb\\r\\x1b[31m\\x7f\\u009b2J\\tc\\") && Contains("[p\\nq]") && Contains("request_id=r\\ns"));
  const std::string json = line_of(LogFormat::json, evil);
  CHECK_THAT(json, Contains(R"(a\nb\r\u001b[31m\u007f\u009b2J\tc\\)"));
  for (const std::string& line : {console, json}) {
    for (const char c : line) CHECK(static_cast<unsigned char>(c) >= 0x20);
  }
  CHECK(boost::json::parse(json).at("msg") == boost::json::value(evil));
}

TEST_CASE("ill-formed UTF-8 is replaced byte by byte, well-formed kept") {
  const auto escaped = [](std::string_view text) {
    std::string out;
    append_json_escaped(out, text);
    return out;
  };
  const std::string bad = "\xEF\xBF\xBD";
  CHECK(escaped("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80") ==
        "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80");
  CHECK(escaped("\xff"
                "a") == bad + "a");
  CHECK(escaped("\xc0\xaf") == bad + bad);                     // overlong
  CHECK(escaped("\xed\xa0\x80") == bad + bad + bad);           // surrogate
  CHECK(escaped("\xf4\x90\x80\x80") == bad + bad + bad + bad); // above U+10FFFF
  CHECK(escaped("\xe2\x82") == bad + bad);                     // cut off
  CHECK(escaped("\xe0\x80\xaf") == bad + bad + bad);           // overlong
  CHECK(escaped(std::string_view("\0x", 2)) == "\\u0000x");
}

TEST_CASE("a very long text is cut between characters and says so") {
  std::string text(16 * 1024 - 1, 'a');
  text += "\xe2\x82\xac and more";
  const std::string line = line_of(LogFormat::console, text);
  CHECK_THAT(line, EndsWith("aaa... (12 bytes left out)"));
  CHECK_THAT(line_of(LogFormat::json, std::string(200'000, 'b')),
             Contains("left out") && EndsWith("\"worker_id\":\"w1\"}"));
}

TEST_CASE("lines go to stderr at once, stdout stays clean, levels hold") {
  std::string err;
  std::string out;
  {
    const Capture capture_err(STDERR_FILENO);
    const Capture capture_out(STDOUT_FILENO);
    start_log(LogLevel::warn, LogFormat::json, "w9");
    log(LogLevel::info, "not this");
    log(LogLevel::error, {"p", {}, {}}, "this {} %s");
    err = capture_err.text(); // before stop_log(): nothing waits in a buffer
    out = capture_out.text();
    stop_log();
    start_log(LogLevel::info, LogFormat::console, "");
  }
  CHECK_THAT(err, Contains("\"msg\":\"this {} %s\",\"plugin\":\"p\",\"worker_id\":\"w9\"}\n") && !Contains("not this"));
  CHECK(out.empty());
  CHECK(log_enabled(LogLevel::info));
  CHECK_FALSE(log_enabled(LogLevel::debug));
}

TEST_CASE("levels have names and ABI numbers") {
  CHECK(log_level_of("debug") == LogLevel::debug);
  CHECK(log_level_of("error") == LogLevel::error);
  CHECK(log_level_of("?") == LogLevel::info);
  CHECK(log_level_of(2) == LogLevel::warn);
  CHECK(log_level_of(-1) == LogLevel::error);
  CHECK(log_level_of(99) == LogLevel::error);
}
