// What a client sends: requests, their bodies, the end of its side.
#include "http/connection.hpp"

#include "base/text.hpp"
#include "http/authenticator.hpp"
#include "http/server.hpp"

#include <algorithm>
#include <utility>

namespace crank {
namespace {

// Pipelined bytes held while a request is being served; beyond it the client has to wait.
constexpr std::size_t most_held_input = 64 * 1024;

// Why a body cannot be kept; nullopt when it can.
std::optional<Problem> storage_problem(Spool::Outcome outcome) {
  if (outcome == Spool::Outcome::ok) return std::nullopt;
  Problem problem =
      outcome == Spool::Outcome::no_descriptor
          ? Problem::http(503, "UNAVAILABLE", "the host has no file descriptor left for the body of the request")
          : Problem::http(507, "INSUFFICIENT_STORAGE",
                          "the host cannot write the body of the request to a file: its disk is full, or the directory "
                          "not its own");
  problem.retryable = true;
  return problem;
}

// RFC 9110 15.5.6: a 405 says what is allowed.
Problem method_problem(std::string detail, const std::string& allowed) {
  Problem problem = Problem::http(405, "METHOD_NOT_ALLOWED", std::move(detail));
  problem.headers.emplace_back("Allow", allowed);
  return problem;
}

} // namespace

void Connection::arm_read(bool starved) {
  if (read_armed_) return;
  if (!may_read()) return watch_for_reset();
  if (!starved && stream_.has_pending()) {
    // No readiness event will announce what OpenSSL holds already. (It also counts part of a record as pending.)
    read_armed_ = true;
    owner_.io().post([self = shared_from_this()] {
      self->read_armed_ = false;
      self->on_readable();
    });
    return;
  }
  read_armed_ = true;
  stream_.wait_readable([self = shared_from_this()](error_code ec) {
    self->read_armed_ = false;
    if (!ec) self->on_readable();
  });
}

bool Connection::may_read() const {
  if (peer_ended_) return false;
  switch (phase_) {
  case Phase::closed: return false;
  case Phase::lingering: return true; // and forgets it
  case Phase::handling: return !input_paused_ && !backed_up() && in_.size() < most_held_input;
  default: return !backed_up();
  }
}

void Connection::on_readable() {
  const auto self = shared_from_this();
  auto& scratch = owner_.io().input_scratch();
  while (may_read()) {
    const IoResult got = stream_.read_some(scratch.data(), scratch.size());
    if (got.status == IoStatus::want_write) {
      read_armed_ = true;
      stream_.wait_writable([self](error_code ec) {
        self->read_armed_ = false;
        if (!ec) self->on_readable();
      });
      return;
    }
    if (got.status == IoStatus::want_read) return arm_read(true);
    if (got.status != IoStatus::ok) return input_ended(got.status == IoStatus::end);
    take_input({scratch.data(), got.bytes});
    if (!stream_.has_pending()) break;
  }
  arm_read();
}

void Connection::take_input(std::string_view data) {
  if (phase_ == Phase::lingering) return linger_on(); // what comes after the end is read and forgotten
  if (phase_ == Phase::handling && !body_arriving_) {
    in_.append(data);
    return;
  }
  if (in_.empty()) return process(data);
  in_.append(data);
  const std::string held = std::exchange(in_, {});
  process(held);
}

// Works through `data`; what cannot be used yet goes to in_.
void Connection::process(std::string_view data) {
  const auto self = shared_from_this();
  input_ = &data;
  if (out_.empty()) out_.swap(owner_.io().output_scratch()); // borrow its memory
  const auto served = [this] { return !backed_up() || (flush() && !backed_up()); };
  while (!data.empty() && served() && step(data)) {
  }
  input_ = nullptr;
  if (phase_ == Phase::closed || phase_ == Phase::lingering) {
    if (phase_ == Phase::lingering) flush();
    return;
  }
  in_.assign(data);
  if (in_.empty() && in_.capacity() > 1024) std::string().swap(in_);
  if (!backed_up()) finish_input();
  if (phase_ == Phase::closed || phase_ == Phase::lingering || !flush() || has_unsent())
    return; // on_writable() goes on
  if (phase_ != Phase::header || in_.empty() || header_begun_) return;
  // The pause between requests may be long, but what has begun must end soon, however steadily it drips.
  header_begun_ = true;
  owner_.io().set_deadline(*this, time_of(owner_.server().limits().header_timeout_ms));
}

// Takes what it can from the front of `data`; false when it needs more, or has to wait for something else.
bool Connection::step(std::string_view& data) {
  switch (phase_) {
  case Phase::header: return step_header(data);
  case Phase::body: return step_body(data);
  case Phase::handling: return body_arriving_ && !input_paused_ && step_body(data);
  default: return false;
  }
}

bool Connection::step_header(std::string_view& data) {
  if (data.substr(0, 2) == "\r\n") { // RFC 9112 2.2: an empty line before a request line is to be ignored
    data.remove_prefix(2);
    scanner_ = HeaderScanner();
    return true;
  }
  const std::uint64_t limit = owner_.server().limits().header_bytes;
  const std::size_t size = scanner_.scan(data);
  if (scanner_.error()) {
    reject(*scanner_.error());
    return false;
  }
  if (size > limit || (size == 0 && data.size() > limit)) {
    reject({431, "header_too_large", "the request header is longer than " + std::to_string(limit) + " bytes"});
    return false;
  }
  if (size == 0) return false;
  scanner_ = HeaderScanner();
  const std::string_view block = data.substr(0, size);
  data.remove_prefix(size);
  begin_request(block);
  return phase_ != Phase::closed;
}

void Connection::begin_request(std::string_view block) {
  header_begun_ = head_sent_ = false;
  head_ = RequestHead();
  if (const auto bad = parser_.parse_header(block, head_)) return reject(*bad);
  // Origin form, or absolute form, which the head has turned into it (RFC 9112 3.2). The others are not about a route.
  if (head_.target().empty() || head_.target().front() != '/') return answer_other_form();
  if (!is_percent_encoded(head_.path()))
    return reject({400, "malformed", "the path holds a % that no two hexadecimal digits follow"});
  keep_alive_ = parser_.keep_alive() && !draining_ && !retiring_;
  complete_head(head_);
  if (const auto problem = site_.policy.check(head_)) {
    owner_.server().rejected(
        {"page", caller_, head_.request_id, head_.traceparent, problem->code, {}, problem->http_status});
    return refuse(*problem);
  }
  choose_handler();
}

// Asterisk form asks about the server as a whole; authority form is for proxies (RFC 9112 3.2.3 and 3.2.4).
void Connection::answer_other_form() {
  complete_head(head_);
  keep_alive_ = parser_.keep_alive() && !draining_ && !retiring_;
  const std::string allowed = "GET, HEAD, POST, OPTIONS";
  if (head_.method() == "CONNECT") {
    keep_alive_ = false; // what follows is not HTTP
    return refuse(method_problem("this is no proxy: it makes no connections for others", allowed));
  }
  if (head_.target() != "*" || head_.method() != "OPTIONS")
    return reject({400, "malformed", "the request target must begin with a slash"});
  answer({204, {}, {}, "Allow: " + allowed + "\r\n"});
}

// What only the connection knows about a request.
void Connection::complete_head(RequestHead& head) {
  head.from = caller_;
  head.worker_id = owner_.server().worker_id();
  const std::string_view wanted_id = head.field("x-request-id");
  // The caller's id is kept where it is harmless in headers, logs and file names.
  const bool usable =
      !wanted_id.empty() && wanted_id.size() <= 64 && std::all_of(wanted_id.begin(), wanted_id.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
               c == '.';
      });
  head.request_id = usable ? std::string(wanted_id) : owner_.server().make_request_id();
  const std::string_view trace = head.field("traceparent");
  if (is_traceparent(trace)) head.traceparent = trace;
}

void Connection::choose_handler() {
  std::string allow;
  handler_ = site_.router->find(head_, allow);
  if (site_.authenticator) {
    if (const auto problem = site_.authenticator->identify(head_, handler_ && handler_->open_to_all())) {
      owner_.server().rejected(
          {"credentials", head_.from, head_.request_id, head_.traceparent, problem->code, {}, problem->http_status});
      return refuse(*problem);
    }
  }
  if (!handler_) {
    const std::string path(shortened(head_.path(), 200));
    if (allow.empty()) return refuse(Problem::http(404, "NOT_FOUND", "there is nothing at " + path));
    return refuse(method_problem(path + " takes " + allow, allow));
  }
  auto plan = handler_->plan(head_);
  if (const auto* problem = std::get_if<Problem>(&plan)) return refuse(*problem);
  const std::string_view expect = head_.field("expect");
  if (!expect.empty() && head_.version() >= 11) {
    if (!head_.field_has_token("expect", "100-continue")) {
      return refuse(Problem::http(417, "EXPECTATION_FAILED", "only Expect: 100-continue is understood"));
    }
  }
  begin_body(std::get<BodyPlan>(plan));
}

void Connection::begin_body(const BodyPlan& plan) {
  body_limit_ = plan.max_bytes;
  body_received_ = 0;
  body_problem_.reset();
  const auto length = parser_.content_length();
  if (length && *length > body_limit_) {
    return refuse(
        Problem::http(413, "LIMIT_EXCEEDED", "the body is longer than " + std::to_string(body_limit_) + " bytes"));
  }
  if (!parser_.has_body()) return dispatch(std::make_unique<WholeBody>(Spool(owner_.server().body_spool())));
  if (head_.field_has_token("expect", "100-continue") && head_.version() >= 11) out_ += "HTTP/1.1 100 Continue\r\n\r\n";
  const HttpLimits& limits = owner_.server().limits();
  body_started_ = std::chrono::steady_clock::now();
  owner_.io().set_deadline(*this, time_of(limits.body_timeout_ms));
  if (!plan.stream) {
    body_.emplace(owner_.server().body_spool());
    phase_ = Phase::body;
    return;
  }
  streamed_body_ =
      std::make_shared<StreamedBody>(length.value_or(CRANK_UNKNOWN), [weak = weak_from_this(), &io = owner_.io()] {
        io.post([weak] {
          if (const auto self = weak.lock()) self->resume_body();
        });
      });
  body_arriving_ = true;
  dispatch(std::make_unique<StreamedBodyReader>(streamed_body_));
}

bool Connection::step_body(std::string_view& data) {
  std::optional<BadRequest> bad;
  const std::size_t used = parser_.parse_body(data, *this, bad);
  data.remove_prefix(used);
  if (bad) {
    reject(*bad);
    return false;
  }
  if (body_problem_) {
    refuse(*std::exchange(body_problem_, std::nullopt));
    return false;
  }
  if (parser_.done()) {
    body_complete();
    return true;
  }
  return used > 0;
}

void Connection::on_body(std::string_view part) {
  body_received_ += part.size();
  if (body_problem_) return;
  if (body_received_ > body_limit_) {
    body_problem_ =
        Problem::http(413, "LIMIT_EXCEEDED", "the body is longer than " + std::to_string(body_limit_) + " bytes");
  } else if (streamed_body_) {
    if (!streamed_body_->append(part)) input_paused_ = true;
  } else {
    body_problem_ = storage_problem(body_->append(part));
  }
}

void Connection::body_complete() {
  if (streamed_body_) {
    body_arriving_ = false;
    std::exchange(streamed_body_, nullptr)->finish();
    owner_.io().clear_deadline(*this);
    return;
  }
  dispatch(std::make_unique<WholeBody>(std::move(*body_)));
}

void Connection::dispatch(std::unique_ptr<RequestBody> body) {
  phase_ = Phase::handling;
  if (!body_arriving_) owner_.io().clear_deadline(*this);
  body_.reset();
  // Who takes the socket over must not find answers on it that are still to be written.
  if (has_unsent() && !body_arriving_ && !head_.field("upgrade").empty()) {
    if (!flush()) return;
    if (has_unsent()) {
      held_body_ = std::move(body);
      return;
    }
  }
  exchange_ = std::make_shared<Exchange>(owner_.io(), shared_from_this(), std::exchange(head_, {}),
                                         owner_.server().response_spool());
  const auto exchange = exchange_; // handle() may complete the response and with it exchange_
  handler_->handle(exchange, std::move(body));
}

// The plugin has made room for more of a streamed body.
void Connection::resume_body() {
  if (phase_ == Phase::closed || !std::exchange(input_paused_, false)) return;
  forgive_body_time(); // what the plugin took is not the client's
  use_held_input();
}

// While nothing is read the client cannot be too slow.
void Connection::forgive_body_time() {
  body_started_ =
      std::chrono::steady_clock::now() -
      std::chrono::seconds(body_received_ / std::max<std::uint64_t>(owner_.server().limits().body_min_rate, 1));
}

void Connection::use_held_input() {
  if (in_.empty()) {
    finish_input();
  } else {
    const std::string held = std::exchange(in_, {});
    process(held);
  }
  arm_read();
}

// A client may end its side once it has asked for everything (RFC 9112 9.6): what has arrived whole is answered.
void Connection::input_ended(bool in_order) {
  const bool whole = !body_arriving_ && (phase_ != Phase::lingering || has_unsent());
  if (!in_order || !whole) return close();
  peer_ended_ = true;
  if (phase_ == Phase::handling) watch_for_reset();
  finish_input();
}

// Behind the last whole request of a client that has ended its side.
void Connection::finish_input() {
  if (peer_ended_ && (phase_ == Phase::header || phase_ == Phase::body)) linger();
}

// While nothing is read, a reset is all that tells that nobody waits for the answer any more.
void Connection::watch_for_reset() {
  if (phase_ != Phase::handling || std::exchange(watching_, true)) return;
  stream_.wait_failed([self = shared_from_this()](error_code ec) {
    // Urgent data ends the wait as well. Nobody here reads that, so it would do so again at once: then no more
    // watching.
    if (!ec && self->phase_ != Phase::closed && self->stream_.has_failed()) self->close();
  });
}

} // namespace crank
