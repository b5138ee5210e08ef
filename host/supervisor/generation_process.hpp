// One generation as its supervisor sees it: a child process with a channel and a scoreboard.
// Knows processes; what the generation is for and when it has to go is the supervisor's affair.
#pragma once

#include "generation/protocol.hpp"
#include "generation/scoreboard.hpp"
#include "process/channel.hpp"
#include "process/descriptor_watch.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace crank {

enum class GenerationState { loading, ready, canary, active, retiring, stopping };
[[nodiscard]] std::string_view name_of(GenerationState state);

// How to make one: the program, its arguments without the program's name, and variables to add to the environment.
struct Program {
  std::string path;
  std::vector<std::string> arguments;
  std::vector<std::string> variables; // "NAME=value"
  bool core_dumps = false;
};

struct GenerationProcess {
  std::uint64_t number = 0;
  std::string reason; // why it was made: "start", "reload", ...
  pid_t process = -1;
  Channel channel;
  Scoreboard scoreboard;
  GenerationState state = GenerationState::loading;
  std::chrono::steady_clock::time_point made;
  std::optional<std::chrono::steady_clock::time_point> serving_since;
  std::vector<Address> addresses; // that it listens on
  std::optional<ReadyReport> ready;
  std::optional<FailedReport> failed;
  std::unique_ptr<DescriptorWatch> watch;
  std::unique_ptr<Timer> patience; // SIGKILL when it is over
  std::int64_t stuck_since_ms = 0; // 0: not every pool thread is held by a call that missed its deadline
  bool condemned = false;          // got SIGKILL from us
  std::string condemned_for;

  GenerationProcess(Channel its_channel, Scoreboard its_scoreboard)
      : channel(std::move(its_channel)), scoreboard(std::move(its_scoreboard)) {}

  bool send(const Order& order, std::span<const int> descriptors = {}) {
    return channel.send(encode(order), descriptors);
  }
  // SIGKILL to it and whatever it started.
  void kill(std::string why);
  // "generation 3 (pid 4711)".
  std::string name() const;
};

// The first one, by a fork without exec: it takes half the time to start, and nobody has learnt anything of its memory layout yet.
// Call on the main thread of a single-threaded process that has no descriptors to hide. In the child, `process` is null and
// `channel` its end of it.
struct ForkedGeneration {
  std::unique_ptr<GenerationProcess> process;
  std::optional<Channel> channel;
};
[[nodiscard]] Result<ForkedGeneration, Failure> fork_generation(const StartOrder& order, bool core_dumps);

// Starts one by fork and exec, so that its addresses are drawn anew: what a crash told about the layout is worth nothing. Its first
// order is on the way. Call on the main thread of a single-threaded process.
[[nodiscard]] Result<std::unique_ptr<GenerationProcess>, Failure> spawn_generation(const Program& program,
                                                                                   const StartOrder& order);

} // namespace crank
