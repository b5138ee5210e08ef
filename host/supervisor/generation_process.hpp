// One generation as its supervisor sees it: a child process with a channel and a scoreboard.
// Knows processes; what the generation is for and when it has to go is the supervisor's affair.
#pragma once

#include "net/descriptor_watch.hpp"
#include "os/channel.hpp"
#include "os/start_child.hpp"
#include "supervision/protocol.hpp"
#include "supervision/scoreboard.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace crank {

struct GenerationProcess {
  std::uint64_t number = 0;
  pid_t process = -1;
  Channel channel;
  Scoreboard scoreboard;
  Descriptor audit;               // its records come from there, until the writer has it
  std::vector<Address> addresses; // that it listens on
  std::optional<ReadyReport> ready;
  std::optional<FailedReport> failed;
  std::unique_ptr<DescriptorWatch> watch;
  std::int64_t beat = 0; // the scoreboard's slowest_beat() when it last moved on, and when that was seen
  std::chrono::steady_clock::time_point beat_seen{};
  std::optional<std::chrono::steady_clock::time_point>
      stuck_since; // calls that missed their deadline hold every pool thread

  GenerationProcess(Channel its_channel, Scoreboard its_scoreboard)
      : channel(std::move(its_channel)), scoreboard(std::move(its_scoreboard)) {}

  bool send(const Order& order, std::span<const int> descriptors = {}) {
    return channel.send(encode(order), descriptors, false); // its buffer holds all the orders of a life
  }
  // SIGKILL to it and whatever it started.
  void kill() const;
  // Whether it has ended. It need not have been waited for.
  bool is_gone() const;
  // "generation 3 (pid 4711)".
  std::string name() const;
};

// The first one, by a fork without exec: it takes half the time to start, and nobody has learnt anything of its memory
// layout yet. All later ones are started by exec, for that layout to be drawn anew. Call on the main thread of a
// single-threaded process that has no descriptors to hide. In the child, `process` is null and `channel` its end of it.
struct ForkedGeneration {
  std::unique_ptr<GenerationProcess> process;
  std::optional<Channel> channel;
};
[[nodiscard]] Result<ForkedGeneration, Failure> fork_generation(const StartOrder& order, bool core_dumps);

// Whether `path` is a program that can be run.
[[nodiscard]] bool is_runnable(const std::string& path);

// Starts one by fork and exec, so that its addresses are drawn anew: what a crash told about the layout is worth
// nothing. Its first order is on the way. `or_this`: when there is no file at that path, it is another one of the
// present program, which is still in memory (Linux).
[[nodiscard]] Result<std::unique_ptr<GenerationProcess>, Failure>
spawn_generation(const Program& program, const StartOrder& order, bool or_this, bool core_dumps);

} // namespace crank
