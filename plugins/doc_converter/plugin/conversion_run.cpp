#include "conversion_run.hpp"

#include "json_text.hpp"

#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <sys/stat.h>

namespace doc_converter {
namespace {

constexpr int input_number = 3; // descriptors in the child
constexpr int output_number = 4;
constexpr std::uint64_t most_result_bytes = 2ull << 30;

crank_status status_of(std::string_view code) {
  if (code == "LIMIT_EXCEEDED") return CRANK_EXHAUSTED;
  return code == "CONVERSION_FAILED" ? CRANK_INTERNAL : CRANK_INVALID;
}

[[noreturn]] void refuse(std::string code, std::string sentence) {
  const crank_status status = status_of(code);
  throw crank::Error(status, std::move(code), std::move(sentence));
}

// What the child says, line by line; it has read a hostile document, and is not to be trusted either.
class Listener {
public:
  explicit Listener(crank::Call& call) : call_(call) {}

  bool line(std::string_view text) {
    if (const auto progress = member(text, "progress")) {
      call_.progress(std::strtod(std::string(*progress).c_str(), nullptr), string_member(text, "note").value_or(""));
    } else if (const auto refused = member(text, "refused")) {
      code_ = string_member(*refused, "code").value_or("CONVERSION_FAILED");
      message_ = string_member(*refused, "message").value_or("the document could not be converted");
    } else if (const auto converted = member(text, "converted")) {
      from_ = doc::format_by_name(string_member(*converted, "from").value_or(""));
    }
    return true;
  }

  const std::string& code() const { return code_; }
  const std::string& message() const { return message_; }
  const std::optional<doc::Format>& from() const { return from_; }

private:
  crank::Call& call_;
  std::string code_, message_;
  std::optional<doc::Format> from_;
};

bool is_declared(std::string_view code) {
  for (const std::string_view one :
       {"INVALID_FORMAT", "CORRUPT_DOCUMENT", "ENCRYPTED_DOCUMENT", "CONVERSION_FAILED", "LIMIT_EXCEEDED"}) {
    if (code == one) return true;
  }
  return false;
}

[[noreturn]] void refuse_ended(const crank::Process::Result& end) {
  switch (end.ended_by) {
  case CRANK_PROCESS_MEMORY: refuse("LIMIT_EXCEEDED", "the document needs more memory than a conversion may use");
  case CRANK_PROCESS_CPU:
  case CRANK_PROCESS_WALL: refuse("LIMIT_EXCEEDED", "the document needs more time than a conversion may take");
  case CRANK_PROCESS_FILE: refuse("LIMIT_EXCEEDED", "the result is longer than a result may be");
  case CRANK_PROCESS_OUTPUT: refuse("CONVERSION_FAILED", "the converter said too much");
  default: break;
  }
  if (end.signal != 0)
    refuse("CONVERSION_FAILED",
           "the document crashed the converter (signal " + std::to_string(end.signal) + "); nothing else was harmed");
  refuse("CONVERSION_FAILED",
         "the converter ended with exit code " + std::to_string(end.exit_code) + "; the worker's log has more");
}

// A file that somebody writes to while it is read gives a result that was never a document.
class Unchanged {
public:
  explicit Unchanged(int descriptor) : descriptor_(descriptor), before_(look()) {}
  void check() const {
    const struct stat now = look();
    const timespec then = changed(before_), lately = changed(now);
    if (now.st_size != before_.st_size || then.tv_sec != lately.tv_sec || then.tv_nsec != lately.tv_nsec) {
      refuse("CONVERSION_FAILED", "the document was changed while it was read: send it again");
    }
  }

private:
  static timespec changed(const struct stat& status) {
#ifdef __APPLE__
    return status.st_mtimespec;
#else
    return status.st_mtim;
#endif
  }
  struct stat look() const {
    struct stat status = {};
    fstat(descriptor_, &status);
    return status;
  }
  int descriptor_;
  struct stat before_;
};

std::uint64_t size_of(int descriptor) {
  struct stat status = {};
  return fstat(descriptor, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

} // namespace

Converted run_conversion(const crank::Host& host, crank::Call& call, const Request& request, int output,
                         const ConversionLimits& limits) {
  Listener listener(call);
  const Unchanged unchanged(request.descriptor);
  crank::Process process = host.process(call, "doc-convert");
  process.argument("--json").argument("--to").argument(std::string(doc::names(request.to).name));
  if (request.from) process.argument("--from").argument(std::string(doc::names(*request.from).name));
  if (!request.name.empty()) process.argument("--name").argument(request.name);
  process.argument("fd:" + std::to_string(input_number)).argument("fd:" + std::to_string(output_number));
  process.hand_over(request.descriptor, input_number).hand_over(output, output_number);
  process.memory_bytes(limits.memory_bytes).cpu_ms(limits.cpu_ms).file_bytes(most_result_bytes);
  process.on_line([&listener](std::string_view line) { return listener.line(line); });
  const crank::Process::Result end = process.run();

  if (!listener.code().empty())
    refuse(is_declared(listener.code()) ? listener.code() : "CONVERSION_FAILED", listener.message());
  if (!end.ok() || !listener.from()) refuse_ended(end);
  unchanged.check();
  return {*listener.from(), size_of(output), end.wall_ms, end.cpu_ms, end.peak_memory_bytes};
}

} // namespace doc_converter
