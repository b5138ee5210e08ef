#include "commands/invoke.hpp"

#include "commands/artifact_files.hpp"
#include "commands/invoke_remotely.hpp"
#include "commands/progress_bar.hpp"
#include "http/request_body.hpp"
#include "http/response.hpp"
#include "log/log.hpp"
#include "os/result_output.hpp"
#include "version.hpp"
#include "worker/local_attributes.hpp"
#include "worker/plugin_set.hpp"

#include <unistd.h>

#include <array>
#include <fstream>
#include <future>
#include <iostream>
#include <sstream>
#include <vector>

namespace crank {
namespace {

class TerminalReply : public ReplySink {
public:
  TerminalReply(ResultOutput& output, ArtifactFiles files) : output_(output), files_(std::move(files)) {}

  std::future<int> exit_code() { return exit_code_.get_future(); }

  void reply(Reply reply) override {
    const bool json = reply.content_type == "application/json";
    const bool alone = reply.body.empty() && artifacts_.size() == 1 && !files_.are_wanted();
    if (alone) return finish(copy(artifacts_.front(), [this](std::string_view piece) { return put(piece); }) ? 0 : 1);
    const bool printed = (reply.body.empty() && !artifacts_.empty()) || (put(reply.body) && (!json || put("\n")));
    finish(keep_artifacts() && printed ? 0 : 1);
  }
  void fail(const Problem& problem) override {
    bar_.clear();
    std::cerr << problem_json(problem, "cli") << '\n';
    finish(1);
  }
  void begin(ReplyHead) override {}
  crank_status data(std::string chunk) override { return put(chunk) ? CRANK_OK : CRANK_CANCELLED; }
  crank_status item(std::string_view json) override { return put(json) && put("\n") ? CRANK_OK : CRANK_CANCELLED; }
  void end() override { finish(keep_artifacts() ? 0 : 1); }
  void artifact(Artifact artifact) override { artifacts_.push_back(std::move(artifact)); }

  void progress(double fraction, std::string_view note) override { bar_.show(fraction, note); }

private:
  bool put(std::string_view text) {
    bar_.clear();
    return output_.write(text);
  }
  bool keep_artifacts() {
    bar_.clear();
    bool all = true;
    for (const Artifact& artifact : artifacts_) {
      const auto read = [&](const ArtifactFiles::Take& take) { return copy(artifact, take); };
      all = files_.keep(artifact.facts.name, artifact.facts.bytes, read) && all;
    }
    return all;
  }
  static bool copy(const Artifact& artifact, const ArtifactFiles::Take& take) {
    std::array<char, 65536> piece;
    for (std::uint64_t done = 0; done < artifact.facts.bytes;) {
      const std::int64_t got = artifact.file->read_at(done, piece.data(), piece.size());
      if (got <= 0 || !take({piece.data(), static_cast<std::size_t>(got)})) return false;
      done += static_cast<std::uint64_t>(got);
    }
    return true;
  }
  void finish(int code) {
    bar_.clear();
    if (!output_.flush()) code = 1; // e.g. a full disk behind a redirection
    exit_code_.set_value(code);
  }

  ResultOutput& output_;
  const ArtifactFiles files_;
  std::vector<Artifact> artifacts_;
  ProgressBar bar_;
  std::promise<int> exit_code_;
};

std::string known_capabilities(const PluginSet& plugins) {
  std::string list;
  for (const Manifest* manifest : plugins.manifests()) {
    for (const CapabilitySpec& capability : manifest->capabilities)
      list += (list.empty() ? "" : ", ") + capability.operation.name;
  }
  return list.empty() ? "none" : list;
}

} // namespace

Result<std::string, Failure> read_input(const std::string& source) {
  std::ostringstream text;
  if (source == "-") {
    text << std::cin.rdbuf();
  } else {
    std::ifstream file(source, std::ios::binary);
    if (!file) return Failure{"cannot read the input file " + source, 2};
    text << file.rdbuf();
  }
  return text.str();
}

Result<int, Failure> run_invoke(const CommandLine& command, const Environment& environment) {
  if (!command.url.empty()) return invoke_remotely(command, environment);
  const Settings& settings = command.settings;
  start_log(log_level_of(settings.log_level), settings.log_format, settings.worker_id);
  ResultOutput output;
  auto plugins = PluginSet::load(settings, environment);
  if (!plugins) return std::move(plugins).error();
  Metrics metrics(settings.worker_id, host_version);
  Engine engine(4);
  Leadership leadership; // never: a worker may be running elsewhere
  if (auto failure = plugins->create({engine, leadership, metrics}, 1)) return std::move(*failure);
  Operation* operation = plugins->find_capability(command.capability);
  if (!operation)
    return Failure{"there is no capability " + command.capability +
                       "; the plugins given have: " + known_capabilities(*plugins),
                   2};
  auto input = read_input(command.input);
  if (!input) return std::move(input).error();
  if (auto failure = engine.start()) return std::move(*failure);
  if (auto failure = plugins->start()) return std::move(*failure);
  engine.set_state(EngineState::ready);

  const SpoolLimits limits{settings.spool_dir, UINT64_MAX, UINT64_MAX};
  Spool body(limits);
  body.append(*input);
  const auto reply = std::make_shared<TerminalReply>(output, ArtifactFiles(command.artifacts_directory));
  auto exit_code = reply->exit_code();
  auto invocation =
      std::make_shared<Invocation>(*operation, std::make_shared<LocalAttributes>("CLI", settings.worker_id),
                                   std::make_unique<WholeBody>(std::move(body)), "application/json", "cli", "", reply);
  engine.invoke(invocation);
  const bool in_time = !command.timeout_ms ||
                       exit_code.wait_for(std::chrono::milliseconds(*command.timeout_ms)) == std::future_status::ready;
  if (!in_time) {
    invocation->cancel(CancelReason::deadline);
    invocation->fail(Problem::of(CRANK_DEADLINE, command.capability + " did not finish within " +
                                                     std::to_string(*command.timeout_ms) + " ms"));
  }
  const int code = exit_code.get();
  invocation.reset();
  if (!engine.pool().stop(std::chrono::seconds(2))) { // the call ignores its deadline
    stop_log();
    _exit(code);
  }
  engine.timers().stop();
  plugins->stop();
  plugins->destroy();
  return code;
}

} // namespace crank
