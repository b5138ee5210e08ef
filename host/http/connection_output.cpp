// What a client gets: answers, streams, refusals.
#include "http/connection.hpp"

#include "http/server.hpp"

#include <utility>

namespace crank {
namespace {

// Responses of pipelined requests are written together, up to this size; beyond it the client has to read before it is
// served.
constexpr std::size_t cork_limit = 64 * 1024;

} // namespace

bool Connection::backed_up() const { return out_.size() - unsent_ > cork_limit; }

// A request that cannot be understood: nothing after it can be trusted to begin where it seems to.
void Connection::reject(const BadRequest& bad) {
  owner_.server().metrics().bad_requests(bad.reason).Increment();
  Problem problem =
      Problem::http(bad.http_status, bad.http_status == 431 ? "LIMIT_EXCEEDED" : "BAD_REQUEST", bad.detail);
  if (head_.request_id.empty()) head_.request_id = owner_.server().make_request_id();
  keep_alive_ = false;
  refuse(problem);
}

// Answers a request whose body has not been read. Where there is one, the connection cannot go on behind it.
void Connection::refuse(const Problem& problem) {
  if (exchange_) { // a streamed body went wrong while the plugin reads it
    body_arriving_ = false;
    if (streamed_body_) std::exchange(streamed_body_, nullptr)->abort(CRANK_CANCELLED);
    keep_alive_ = false;
    if (exchange_->begun()) return close();
    return exchange_->fail(problem);
  }
  answer(problem_response(problem, head_.request_id));
}

// Answers a request that reaches no handler.
void Connection::answer(const Response& response) {
  if (keep_alive_ && (phase_ == Phase::body || parser_.has_body())) keep_alive_ = false;
  body_.reset();
  phase_ = Phase::handling;
  const Framing framing = response.status == 204 ? Framing::none : Framing::length; // RFC 9110 8.6
  queue_head(response.status, response.content_type, framing, response.body.size(), response.extra);
  if (head_.method() != "HEAD") out_ += response.body;
  head_ = RequestHead();
  response_complete();
}

void Connection::queue_head(int status, std::string_view content_type, Framing framing, std::uint64_t length,
                            std::string_view extra) {
  const RequestHead& head = exchange_ ? exchange_->head() : head_;
  if (out_.empty()) out_.swap(owner_.io().output_scratch());
  head_sent_ = true;
  if (peer_ended_ && !has_more_input()) keep_alive_ = false;
  append_head(out_, {.status = status,
                     .content_type = content_type,
                     .framing = framing,
                     .content_length = length,
                     .keep_alive = keep_alive_,
                     .http_1_0 = head.version() == 10,
                     .request_id = head.request_id,
                     .date = owner_.io().http_date(),
                     .extra = extra});
  owner_.server().metrics().response(status);
}

void Connection::send_response(const Response& response) {
  if (phase_ != Phase::handling) return;
  if (body_arriving_) keep_alive_ = false;                // answered before the body was all there
  if (response.status == 204 || response.status == 304) { // no content, and no length of it (RFC 9110 8.6)
    queue_head(response.status, {}, Framing::none, 0, response.extra);
  } else {
    queue_head(response.status, response.content_type, Framing::length, response.body.size(), response.extra);
    if (exchange_->head().method() != "HEAD") out_ += response.body;
  }
  response_complete();
}

void Connection::send_stream_head(int status, std::string_view content_type, std::string_view extra,
                                  std::optional<std::uint64_t> length) {
  if (phase_ != Phase::handling) return;
  const RequestHead& head = exchange_->head();
  const Framing framing = length ? Framing::length : head.version() >= 11 ? Framing::chunked : Framing::until_close;
  framing_ = head.method() == "HEAD" ? Framing::none : framing;
  if (framing_ == Framing::until_close || body_arriving_) keep_alive_ = false;
  queue_head(status, content_type, framing, length.value_or(0),
             extra); // of HEAD, too: as GET would have it (RFC 9110 9.3.2)
  flush();
}

void Connection::send_piece(std::string_view data) {
  if (phase_ != Phase::handling || data.empty() || framing_ == Framing::none) return;
  if (out_.empty()) out_.swap(owner_.io().output_scratch());
  if (framing_ == Framing::chunked) append_chunk_start(out_, data.size());
  out_ += data;
  if (framing_ == Framing::chunked) out_ += "\r\n";
  flush();
}

void Connection::end_stream() {
  if (phase_ != Phase::handling) return;
  if (framing_ == Framing::chunked) out_ += "0\r\n\r\n";
  response_complete();
}

void Connection::break_off() {
  if (phase_ != Phase::closed) close();
}

void Connection::response_complete() {
  if (exchange_) std::exchange(exchange_, nullptr)->completed();
  if (body_arriving_ && streamed_body_) streamed_body_->abort(CRANK_CANCELLED);
  streamed_body_.reset();
  body_arriving_ = input_paused_ = false;
  if (!keep_alive_ || draining_) return linger();
  phase_ = Phase::header;
  wait_for_request();
  if (input_) return; // process() goes on with the next request and flushes
  if (!flush()) return;
  use_held_input();
}

// The pause between two requests.
void Connection::wait_for_request() {
  owner_.io().set_deadline(*this, time_of(owner_.server().limits().idle_timeout_ms));
}

// Writes what it can. False when the connection is gone.
bool Connection::flush() {
  while (has_unsent()) {
    const IoResult put = stream_.write_some(out_.data() + unsent_, out_.size() - unsent_);
    if (put.status == IoStatus::ok) {
      unsent_ += put.bytes;
      owner_.io().clear_deadline(output_deadline_);
      output_stalls_ = false;
      continue;
    }
    if (put.status == IoStatus::failed || put.status == IoStatus::end) {
      close();
      return false;
    }
    arm_write(put.status);
    return true;
  }
  out_.clear();
  unsent_ = 0;
  auto& scratch = owner_.io().output_scratch();
  if (out_.capacity() > scratch.capacity()) out_.swap(scratch); // give the memory back
  if (out_.capacity() > 1024) std::string().swap(out_);
  return true;
}

void Connection::arm_write(IoStatus wanted) {
  // What is added meanwhile gives the client no more time: only reading does.
  if (!std::exchange(output_stalls_, true))
    owner_.io().set_deadline(output_deadline_, time_of(owner_.server().limits().idle_timeout_ms));
  if (std::exchange(write_armed_, true)) return;
  const auto again = [self = shared_from_this()](error_code ec) {
    self->write_armed_ = false;
    if (!ec) self->on_writable();
  };
  if (wanted == IoStatus::want_read)
    stream_.wait_readable(again);
  else
    stream_.wait_writable(again);
}

void Connection::on_writable() {
  if (phase_ == Phase::closed || !flush() || backed_up()) return;
  if (!has_unsent()) {
    if (phase_ == Phase::lingering) return linger();
    if (held_body_) dispatch(std::exchange(held_body_, nullptr));
    if (const auto exchange = exchange_) exchange->drained();
    if (phase_ == Phase::header && in_.empty()) wait_for_request();
  }
  if (phase_ != Phase::closed) use_held_input();
}

Exchange::Detached Connection::detach() {
  if (phase_ != Phase::handling || !flush()) return {};
  error_code ignored;
  stream_.socket().cancel(ignored); // the pending waits
  std::string unread = input_ ? std::string(*input_) : std::exchange(in_, {});
  Exchange::Detached detached{std::make_unique<Stream>(std::move(stream_)), std::move(unread), std::move(slot_)};
  exchange_.reset();
  phase_ = Phase::closed;
  owner_.io().forget(*this);
  owner_.io().forget(output_deadline_);
  owner_.closed(*this);
  return detached;
}

} // namespace crank
