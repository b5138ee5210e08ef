#include "worker/drain.hpp"

#include "log/log.hpp"

#include <string>
#include <utility>

namespace crank {
namespace {

// For answers to reach clients that read them.
constexpr std::chrono::milliseconds flush_time{1000};

} // namespace

Drain::Drain(asio::io_context& loop, Engine& engine, SessionRegistry& sessions, Server& server, Hooks hooks)
    : engine_(engine), sessions_(sessions), server_(server), hooks_(std::move(hooks)), timer_(loop) {}

void Drain::retire(std::chrono::milliseconds time, std::chrono::milliseconds drain_time) {
  if (step_ != Step::serving) return;
  drain_time_ = drain_time;
  server_.retire();
  enter(Step::retiring, time);
}

void Drain::begin(std::chrono::milliseconds time) {
  if (begun()) return;
  engine_.set_state(EngineState::draining);
  server_.drain();
  sessions_.close_all(false);
  enter(Step::draining, time);
}

void Drain::enter(Step step, std::chrono::milliseconds time) {
  step_ = step;
  deadline_ = Clock::now() + time;
  look();
}

// Draining is rare and short: looking every few milliseconds is simpler than counting down from everywhere.
void Drain::look() {
  const Step before = step_;
  look_at_step();
  if (step_ != before) return; // entering the other one looked again
  timer_.expires_after(std::chrono::milliseconds(step_ == Step::retiring ? 20 : 5));
  timer_.async_wait([this](error_code ec) {
    if (!ec) look();
  });
}

void Drain::look_at_step() {
  const bool idle = is_idle();
  switch (step_) {
  case Step::retiring:
    if (late() || (idle && server_.all_connections() == 0 && !hooks_.adopting())) begin(drain_time_);
    return;
  case Step::draining:
    if (idle && server_.connections() == 0) break;
    if (late() && idle) break; // slow readers, or connections that nobody uses
    if (late()) cancel();
    return;
  case Step::cancelling:
    if (!idle) engine_.cancel_all(); // also what slipped in
    if (idle || late()) answer();
    return;
  case Step::answering:
    if (server_.connections() == 0 || late()) break;
    return;
  default: return;
  }
  step_ = Step::over;
  hooks_.over();
}

bool Drain::is_idle() const { return engine_.in_flight() == 0 && sessions_.total() == 0 && !hooks_.starting(); }

void Drain::cancel() {
  if (const auto calls = engine_.in_flight(); calls > 0) {
    log(LogLevel::warn,
        std::to_string(calls) + " call(s) still run at the end of the drain period: they are cancelled");
  }
  engine_.cancel_all();
  sessions_.close_all(true);
  enter(Step::cancelling, cancel_grace);
}

void Drain::answer() {
  for (const std::string& name : engine_.answer_all())
    log(LogLevel::error, name + " did not return although it was cancelled at the end of the drain period");
  enter(Step::answering, flush_time);
}

} // namespace crank
