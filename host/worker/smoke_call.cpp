#include "worker/smoke_call.hpp"

#include "http/request_body.hpp"
#include "worker/local_attributes.hpp"

#include <future>

namespace crank {
namespace {

// Only whether it succeeds matters.
class Outcome : public ReplySink {
public:
  std::future<std::string> problem() { return problem_.get_future(); } // empty: none

  void reply(Reply) override { problem_.set_value({}); }
  void fail(const Problem& problem) override { problem_.set_value(problem.code + ": " + problem.detail); }
  void begin(ReplyHead) override {}
  crank_status data(std::string) override { return CRANK_OK; }
  crank_status item(std::string_view) override { return CRANK_OK; }
  void end() override { problem_.set_value({}); }
  void progress(double, std::string_view) override {}

private:
  std::promise<std::string> problem_;
};

std::optional<Failure> make_call(Engine& engine, const PluginSet& plugins, const Settings& settings,
                                 const VerifyCall& call) {
  Operation* operation = plugins.find_capability(call.capability);
  if (!operation) return Failure{"verify_call names " + call.capability + ", and no plugin has that capability", 2};
  const SpoolLimits limits{settings.spool_dir, UINT64_MAX, UINT64_MAX};
  Spool body(limits);
  body.append(call.input);
  const auto outcome = std::make_shared<Outcome>();
  auto problem = outcome->problem();
  engine.invoke_early(std::make_shared<Invocation>(
      *operation, std::make_shared<LocalAttributes>("VERIFY", settings.worker_id),
      std::make_unique<WholeBody>(std::move(body)), "application/json", "verify-call", "", outcome));
  const std::string text = problem.get(); // at the latest at the operation's deadline
  if (text.empty()) return std::nullopt;
  return Failure{"the verify_call " + call.capability + " failed: " + text, 3};
}

} // namespace

std::optional<Failure> make_smoke_calls(Engine& engine, const PluginSet& plugins, const Settings& settings) {
  if (!settings.verify_call.empty()) {
    const std::size_t space = settings.verify_call.find(' ');
    const std::string input = space == std::string::npos ? "{}" : settings.verify_call.substr(space + 1);
    return make_call(engine, plugins, settings, {settings.verify_call.substr(0, space), input});
  }
  for (const Manifest* manifest : plugins.manifests()) {
    if (!manifest->verify_call) continue;
    if (auto failure = make_call(engine, plugins, settings, *manifest->verify_call)) return failure;
  }
  return std::nullopt;
}

} // namespace crank
