// A generation's end of the line to its supervisor. Knows the protocol; knows nothing of what the orders mean to the
// worker.
#pragma once

#include "net/descriptor_watch.hpp"
#include "net/listener.hpp"
#include "os/channel.hpp"
#include "supervision/protocol.hpp"
#include "supervision/scoreboard.hpp"

#include <functional>
#include <memory>
#include <mutex>

namespace crank {

class SupervisorLink {
public:
  // nullptr when this process is no generation. Otherwise waits for the supervisor's first order. Takes the variable
  // out of the environment: children of plugins are not generations. Before other threads exist.
  static Result<std::unique_ptr<SupervisorLink>, Failure> from_environment();

  // The same for a process that was forked by its supervisor and has the channel already.
  static Result<std::unique_ptr<SupervisorLink>, Failure> over(Channel channel);

  const StartOrder& order() const { return order_; }
  ScoreboardPage& page() { return scoreboard_.page(); }
  // Where records for the audit log go to; none where there is no audit log. Once.
  Descriptor take_audit() { return std::move(audit_); }

  struct Listeners {
    std::vector<ListenSocket> main;
    std::vector<ListenSocket> management; // empty: none
  };
  // Waits for the answer. Before watch().
  Result<Listeners, Failure> listeners(const ListenRequest& request);

  // [any thread]; nothing happens when the supervisor is gone.
  void report(const Report& report);

  // What to do about an order, on the thread of the loop. `lost`: the supervisor has died, or speaks nonsense.
  struct Handlers {
    std::function<void()> go;
    std::function<void(const DrainOrder&)> drain;
    std::function<void(std::uint64_t per_mille, Descriptor to)> canary;
    std::function<void(Descriptor from)> adopt;
    std::function<void(const LeadOrder&)> lead;
    std::function<void()> follow;
    std::function<void()> lost;
  };
  void watch(asio::io_context& loop, Handlers handlers);
  // Ends watch(). On the thread of the loop.
  void unwatch();

private:
  SupervisorLink(Channel channel, StartOrder order, Scoreboard scoreboard, Descriptor audit)
      : channel_(std::move(channel)), order_(std::move(order)), scoreboard_(std::move(scoreboard)),
        audit_(std::move(audit)) {}

  void take_orders();
  void obey(Order order, std::vector<Descriptor> descriptors);

  std::mutex sending_;
  Channel channel_;
  const StartOrder order_;
  Scoreboard scoreboard_;
  Descriptor audit_;
  bool go_came_ = false; // before there was anything to accept on
  Handlers handlers_;
  std::optional<DescriptorWatch> watch_;
};

} // namespace crank
