// The Model Context Protocol over standard input and output: one message to a line. Knows the protocol's server and
// descriptors; knows nothing of HTTP or plugins.
#pragma once

#include "mcp/server.hpp"
#include "os/ending_signals.hpp"
#include "os/line_writer.hpp"

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

namespace crank {

// Serves until its input ends, the parent is gone, nobody reads its output, or a signal says so.
class McpStdio {
public:
  struct Options {
    int input = 0;                          // a descriptor
    std::chrono::milliseconds last_calls{}; // for calls that run when the input ends
  };

  // All of it must outlive it. `attributes`: of every call.
  McpStdio(McpServer& server, Engine& engine, ResultOutput& output, std::shared_ptr<const RequestAttributes> attributes,
           Options options);

  // Returns when everything that was asked has its answer, or is not worth one any more. A failure says what the
  // system refused.
  [[nodiscard]] std::optional<Failure> run();
  // After run(): the client does not take what was written for it, and would keep this object from its end.
  bool is_stuck() const { return writer_.waiting() > 0; }

private:
  class Peer;
  using Clock = std::chrono::steady_clock;

  static constexpr std::size_t longest_line = 80 * 1024 * 1024;
  static constexpr std::size_t most_waiting = 64 * 1024 * 1024; // of output; more input has to wait for it
  static constexpr std::size_t most_waiting_progress = 1024 * 1024;
  static constexpr unsigned most_requests = 256; // at once
  static constexpr std::chrono::milliseconds cancel_grace{2000};

  bool is_over();
  void wait();
  void look_around();
  void read_some();
  void take_lines(std::size_t from);
  void receive(std::string line);
  void stop_reading(std::chrono::milliseconds time);
  void cancel();

  McpServer& server_;
  Engine& engine_;
  const std::shared_ptr<const RequestAttributes> attributes_;
  const Options options_;
  const pid_t parent_;
  EndingSignals signals_;
  std::atomic<unsigned> open_{0}; // requests without an answer
  std::atomic<bool> hears_{true}; // what the client says
  std::atomic<ClientAbilities> abilities_{};
  LineWriter writer_;

  bool readable_ = false;
  bool reading_ = true;
  bool cancelled_ = false;
  bool late_ = false;     // what was cancelled does not end
  bool skipping_ = false; // the rest of a line that is too long
  std::string pending_;   // the beginning of a line
  Clock::time_point end_ = Clock::time_point::max();
  std::uint64_t requests_ = 0;
};

} // namespace crank
