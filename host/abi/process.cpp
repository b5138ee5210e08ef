#include "abi/process.hpp"

#include "abi/call.hpp"
#include "abi/process_spec.hpp"
#include "abi/text.hpp"
#include "base/text.hpp"
#include "log/log.hpp"
#include "programs/program_files.hpp"

namespace crank {
namespace {

using By = ProgramEnd::By;
using RawLine = std::int32_t (*)(void*, crank_str); // as of instance.hpp's

constexpr unsigned most_error_lines = 200;

std::string_view outcome_of(const ProgramEnd& end) {
  switch (end.by) {
  case By::memory: return "memory";
  case By::cpu: return "cpu";
  case By::wall: return "wall";
  case By::file: return "file";
  case By::output: return "output";
  case By::cancelled: return "cancelled";
  case By::line: return "stopped";
  case By::itself: break;
  }
  return end.signal ? "crashed" : end.exit_code ? "failed" : "ok";
}

// What a program says, on its way to the plugin and into the log of its call.
class CallListener : public ProgramListener {
public:
  CallListener(Invocation& invocation, const crank_process_spec& spec)
      : invocation_(invocation), line_(spec.line), user_(spec.user), name_(from_abi(spec.program)) {}

  bool line(std::string_view text) override try { return line_(user_, to_abi(text)) == 0; } catch (...) {
    log(LogLevel::error, invocation_.log_context(),
        "plugin " + invocation_.operation().plugin().id() + " threw an exception out of line()");
    return false;
  }

  void error_line(std::string_view text) override {
    ++error_lines_;
    if (error_lines_ <= most_error_lines) say(as_utf8(text));
    if (error_lines_ == most_error_lines + 1) say("(it writes more to standard error, which is left out)");
  }

  // Also when it was answered: nobody listens any more.
  bool cancelled() override { return invocation_.cancelled() || invocation_.answered(); }

private:
  void say(std::string_view text) {
    const std::string whole = name_ + ": " + std::string(text);
    log(LogLevel::warn, invocation_.log_context(), whole);
    invocation_.sink().logged(LogLevel::warn, whole);
  }

  Invocation& invocation_;
  const RawLine line_;
  void* const user_;
  const std::string name_;
  unsigned error_lines_ = 0;
};

crank_status run(crank_call* call, const crank_process_spec* spec, crank_process_result* out) noexcept try {
  clear_result(out);
  if (!call) return CRANK_INVALID;
  CallProcess* const process = PluginCall::process_of(call);
  return process ? process->run(spec, out) : CRANK_CANCELLED;
} catch (...) {
  return CRANK_UNAVAILABLE;
}

} // namespace

PluginPrograms::PluginPrograms(const std::filesystem::path& plugin, const Manifest& manifest, Metrics& metrics)
    : manifest_(manifest), folder_(program_folder(plugin, manifest)), metrics_(metrics) {}

Result<ProgramEnd, Failure> PluginPrograms::run(const ProgramOrder& order, ProgramListener& listener) const {
  const std::string program = std::filesystem::path(order.path).filename().string();
  prometheus::Gauge& running = metrics_.programs_running(manifest_.id);
  running.Increment();
  auto end = run_program(order, listener);
  running.Decrement();
  metrics_.program_runs(manifest_.id, program, end ? outcome_of(*end) : "unavailable").Increment();
  return end;
}

const crank_processes* CallProcess::table() {
  static const crank_processes table{sizeof(crank_processes), &crank::run};
  return &table;
}

crank_status CallProcess::cancelled() const {
  return invocation_->cancel_reason() == CancelReason::deadline ? CRANK_DEADLINE : CRANK_CANCELLED;
}

crank_status CallProcess::run(const crank_process_spec* spec, crank_process_result* out) {
  errors_.clear();
  const auto order = program_order(spec, programs_.manifest(), programs_.folder());
  if (!order) {
    log(LogLevel::error, invocation_->log_context(), "cannot run a program: " + order.error().sentence);
    return order.error().status;
  }
  CallListener listener(*invocation_, *spec);
  if (listener.cancelled()) return cancelled();
  auto end = programs_.run(*order, listener);
  if (!end) {
    log(LogLevel::error, invocation_->log_context(), end.error().message);
    return CRANK_UNAVAILABLE;
  }
  errors_ = end->errors;
  fill_result(out, *end, errors_);
  return end->by == By::cancelled ? cancelled() : status_of(*end);
}

} // namespace crank
