// Tests of host/log: the two formats, escaping, levels, and where lines go.
#include "catch.hpp"

#include "log/escape.hpp"
#include "log/log.hpp"
#include "log/output.hpp"
#include "os/descriptor.hpp"

#include <boost/json/parse.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

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

struct Ends {
  Descriptor reading, writing;
};

Ends new_pipe() {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("no pipe");
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

Ends new_socket_pair() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) throw std::runtime_error("no sockets");
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

std::string read_what_is_there(const Descriptor& from) {
  fcntl(from.get(), F_SETFL, fcntl(from.get(), F_GETFL) | O_NONBLOCK);
  std::string text;
  char buffer[4096];
  for (ssize_t count = 0; (count = read(from.get(), buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(count));
  return text;
}

// The numbers of "line N ...\n" in order; throws at anything that is not such a line.
std::vector<int> numbers_in(const std::string& text) {
  std::vector<int> numbers;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word, filler, end;
    int number = 0;
    if (!(words >> word >> number >> filler >> end) || word != "line" || end != "end")
      throw std::runtime_error("not a line: " + line);
    numbers.push_back(number);
  }
  return numbers;
}

std::string numbered(int number, std::size_t filler) {
  return "line " + std::to_string(number) + " " + std::string(filler, '.') + " end\n";
}

} // namespace

TEST_CASE("a reader that does not read loses lines and stops nobody") {
  const auto filler = GENERATE(std::size_t{100}, std::size_t{50'000});
  const bool sockets = GENERATE(false, true);
  INFO((sockets ? "socket, " : "pipe, ") << filler);
  const Ends ends = sockets ? new_socket_pair() : new_pipe();
  LogOutput output;
  REQUIRE(output.open(ends.writing.get()));
  int taken = 0;
  while (output.write(numbered(taken, filler))) ++taken; // would never end if it blocked
  CHECK(taken > 0);
  CHECK((fcntl(ends.writing.get(), F_GETFL) & O_NONBLOCK) == 0); // it is the shell's as well
  for (int i = 0; i < 1000; ++i) REQUIRE_FALSE(output.write(numbered(-1, filler)));

  std::string text = read_what_is_there(ends.reading);
  for (int i = taken; i < taken + 3; ++i) {
    REQUIRE(output.write(numbered(i, filler))); // it reads again
    text += read_what_is_there(ends.reading);
  }
  const std::vector<int> numbers = numbers_in(text);
  REQUIRE(numbers.size() == static_cast<std::size_t>(taken) + 3);
  for (std::size_t i = 0; i < numbers.size(); ++i) CHECK(numbers[i] == static_cast<int>(i));
}

TEST_CASE("a slow reader gets every line while it keeps reading") {
  const Ends ends = new_pipe();
  LogOutput output;
  REQUIRE(output.open(ends.writing.get()));
  std::string text;
  while (output.write(numbered(0, 100), std::chrono::milliseconds(0))) {
  }
  std::thread reader([&] { // the pipe is full: the writer waits for it
    char buffer[4096];
    for (ssize_t count = 0; (count = read(ends.reading.get(), buffer, sizeof buffer)) > 0;)
      text.append(buffer, static_cast<std::size_t>(count));
  });
  for (int i = 0; i < 2000; ++i) CHECK(output.write(numbered(1, 100), std::chrono::seconds(60)));
  REQUIRE(output.open(STDERR_FILENO));
  const_cast<Descriptor&>(ends.writing).reset();
  reader.join();
  const std::vector<int> numbers = numbers_in(text);
  CHECK(std::count(numbers.begin(), numbers.end(), 1) == 2000);
}

TEST_CASE("the log's descriptor is its own, above 2 and of no use to a child") {
  Ends ends = new_pipe();
  LogOutput output;
  REQUIRE(output.open(ends.writing.get()));
  ends.writing.reset(); // whoever closes it, or gets its number next
  const Ends next = new_pipe();
  REQUIRE(output.write("a line\n"));
  CHECK(read_what_is_there(ends.reading) == "a line\n");
  CHECK(read_what_is_there(next.reading).empty());

  LogOutput nowhere;
  CHECK_FALSE(nowhere.open(-1));
  CHECK_FALSE(nowhere.write("a line\n"));
}

TEST_CASE("lines that were lost are counted, and the next one says so") {
  const Ends ends = new_pipe();
  const std::uint64_t before = lost_log_lines();
  REQUIRE(open_log(ends.writing.get()));
  while (lost_log_lines() == before) log(LogLevel::warn, "x");
  for (int i = 0; i < 9; ++i) log(LogLevel::warn, "x");
  CHECK(lost_log_lines() == before + 10);
  CHECK_THAT(read_what_is_there(ends.reading), !Contains("lost"));
  log(LogLevel::warn, "y");
  log(LogLevel::warn, "z");
  const std::string text = read_what_is_there(ends.reading);
  open_log(STDERR_FILENO);
  CHECK_THAT(text, Contains("warn  10 log lines before this one were lost: nobody read them\n") &&
                       Contains("warn  y\n") && Contains("warn  z\n"));
  CHECK(text.find("lost") == text.rfind("lost"));
}

TEST_CASE("a JSON line carries time, level, message, context and worker") {
  const auto line = boost::json::parse(line_of(LogFormat::json, "hello", {"streaming", "req-1", traceparent}));
  CHECK(line ==
        boost::json::parse(R"({"ts":"2023-11-14T22:13:20.042Z","level":"warn","msg":"hello","plugin":"streaming",
    "request_id":"req-1","trace_id":"0af7651916cd43dd8448eb211c80319c","worker_id":"w1"})"));
  CHECK(line_of(LogFormat::json, "x") ==
        R"({"ts":"2023-11-14T22:13:20.042Z","level":"warn","msg":"x","worker_id":"w1"})");
  CHECK(line_of(LogFormat::json, "x", {{}, {}, {}, "CN=\"ann\""}) ==
        R"({"ts":"2023-11-14T22:13:20.042Z","level":"warn","msg":"x","caller":"CN=\"ann\"","worker_id":"w1"})");
}

TEST_CASE("a console line is for people") {
  CHECK(line_of(LogFormat::console, "hello") == "2023-11-14T22:13:20.042Z warn  hello");
  CHECK(line_of(LogFormat::console, "hello", {"streaming", "req-1", traceparent}) ==
        "2023-11-14T22:13:20.042Z warn  [streaming] hello request_id=req-1 trace_id=0af7651916cd43dd8448eb211c80319c");
  CHECK(line_of(LogFormat::console, "hello", {"streaming", "req-1", {}, "ann"}) ==
        "2023-11-14T22:13:20.042Z warn  [streaming] hello request_id=req-1 caller=ann");
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
    REQUIRE(open_log(STDERR_FILENO));
    start_log(LogLevel::warn, LogFormat::json, "w9");
    log(LogLevel::info, "not this");
    log(LogLevel::error, {"p", {}, {}}, "this {} %s");
    err = capture_err.text(); // before stop_log(): nothing waits in a buffer
    out = capture_out.text();
    stop_log();
    start_log(LogLevel::info, LogFormat::console, "");
  }
  open_log(STDERR_FILENO);
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
