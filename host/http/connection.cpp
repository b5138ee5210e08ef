// The life of a connection, from the first bytes to the last.
#include "http/connection.hpp"

#include "http/server.hpp"

#include <algorithm>
#include <utility>

namespace crank {
namespace {

using Milliseconds = std::chrono::milliseconds;

// After the last answer: how long a client may pause in what it still sends, and how long it may go on in all.
constexpr Milliseconds linger_pause{5000};
constexpr Milliseconds longest_linger{30000};

} // namespace

Connection::Connection(ServerThread& owner, const Site& site, Stream stream, std::string remote,
                       std::shared_ptr<void> slot)
    : owner_(owner), site_(site), stream_(std::move(stream)), slot_(std::move(slot)) {
  caller_.address = std::move(remote);
  owner_.opened(*this);
}

Connection::~Connection() { close(); }

void Connection::start() {
  const HttpLimits& limits = owner_.server().limits();
  if (stream_.encrypted()) {
    phase_ = Phase::handshake;
    owner_.io().set_deadline(*this, time_of(limits.handshake_timeout_ms));
    look_at_first_bytes();
  } else {
    owner_.io().set_deadline(*this, time_of(limits.header_timeout_ms));
    arm_read();
  }
}

void Connection::expired() {
  Metrics& metrics = owner_.server().metrics();
  const HttpLimits& limits = owner_.server().limits();
  const auto self = shared_from_this();
  if (phase_ == Phase::handshake) {
    metrics.handshakes_timed_out.Increment();
    return close();
  }
  if (phase_ == Phase::header && has_unsent()) return wait_for_request(); // it is still busy with the last answer
  if (phase_ == Phase::header && !in_.empty()) {
    head_ = RequestHead();
    reject({408, "timeout",
            "the request header did not arrive within " + std::to_string(limits.header_timeout_ms) + " ms"});
    flush();
    return;
  }
  if (phase_ == Phase::body || body_arriving_) {
    if (backed_up()) forgive_body_time();
    const auto elapsed =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - body_started_).count();
    if (input_paused_ || body_received_ >= static_cast<std::uint64_t>(elapsed) * limits.body_min_rate) {
      return owner_.io().set_deadline(*this, Milliseconds(1000));
    }
    reject({408, "timeout",
            "the body arrives more slowly than " + std::to_string(limits.body_min_rate) + " bytes per second"});
    flush();
    return;
  }
  close();
}

// After the last response: says so, then reads until the peer has seen it, so that a reset does not overtake the
// response.
void Connection::linger() {
  phase_ = Phase::lingering;
  owner_.io().clear_deadline(*this);
  if (!flush() || has_unsent()) return;
  linger_end_ = std::chrono::steady_clock::now() + longest_linger;
  stream_.shutdown_write();
  if (peer_ended_) return close();
  in_.clear();
  linger_on();
  arm_read();
}

// A client that reads only when it has sent everything must be able to: it is waited for as long as data comes, within
// reason.
void Connection::linger_on() {
  if (has_unsent()) return;
  const auto left = std::chrono::ceil<Milliseconds>(linger_end_ - std::chrono::steady_clock::now());
  if (left <= Milliseconds::zero()) return close();
  owner_.io().set_deadline(*this, std::min(linger_pause, left));
}

void Connection::drain() {
  if (site_.management) return;
  draining_ = true;
  keep_alive_ = false;
  if (phase_ == Phase::handshake) return close();
  // A request may be on its way already: what has arrived is served.
  if (phase_ == Phase::header && in_.empty() && !has_unsent() && !stream_.has_arrived()) close();
}

void Connection::retire() {
  retiring_ = true;
  if (!head_sent_) keep_alive_ = false;
}

void Connection::abandon() { close(); }

void Connection::close() {
  if (phase_ == Phase::closed) return;
  phase_ = Phase::closed;
  if (std::exchange(in_handshake_, false)) owner_.handshake_over();
  owner_.io().forget(*this);
  owner_.io().forget(output_deadline_);
  held_body_.reset();
  if (streamed_body_) std::exchange(streamed_body_, nullptr)->abort(CRANK_CANCELLED);
  if (const auto exchange = std::exchange(exchange_, nullptr)) exchange->disconnected();
  stream_.close();
  owner_.closed(*this);
  slot_.reset();
}

} // namespace crank
