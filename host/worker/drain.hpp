// The way to the end of a serving worker: everybody is served to their end; then within the drain period; then what
// still runs is cancelled and gets a grace; then the host answers in its place. Knows what is served, not how it came
// to be or is taken down.
#pragma once

#include "engine/engine.hpp"
#include "http/server.hpp"
#include "net/asio.hpp"
#include "sessions/session.hpp"

#include <chrono>
#include <functional>

namespace crank {

class Drain {
public:
  struct Hooks {
    std::function<bool()> starting; // plugins are: they can be stopped only afterwards
    std::function<bool()> adopting; // connections may still come from another generation
    std::function<void()> over;     // nothing runs any more, or time is up; the last thing it calls
  };

  // A call that was cancelled has this long to return. Who needs longer to stop gets it as drain_timeout_ms.
  static constexpr std::chrono::milliseconds cancel_grace{2000};

  // All of them must outlive it; `loop` is where everything here happens.
  Drain(asio::io_context& loop, Engine& engine, SessionRegistry& sessions, Server& server, Hooks hooks);

  // Another generation takes the new clients; ours are served until they leave, at most for `time`, before begin().
  void retire(std::chrono::milliseconds time, std::chrono::milliseconds drain_time);
  // No new work; what runs has `time`.
  void begin(std::chrono::milliseconds time);
  bool begun() const { return step_ >= Step::draining; }

private:
  enum class Step { serving, retiring, draining, cancelling, answering, over };
  using Clock = std::chrono::steady_clock;

  void enter(Step step, std::chrono::milliseconds time);
  void look();
  void look_at_step();
  void cancel();
  void answer();
  bool is_idle() const;
  bool late() const { return Clock::now() >= deadline_; }

  Engine& engine_;
  SessionRegistry& sessions_;
  Server& server_;
  const Hooks hooks_;
  asio::basic_waitable_timer<Clock> timer_;
  Step step_ = Step::serving;
  Clock::time_point deadline_;
  std::chrono::milliseconds drain_time_{};
};

} // namespace crank
