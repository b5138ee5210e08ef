// The part of a connection before its first request: TLS, or the finding that nobody here speaks it.
#include "http/connection.hpp"
#include "http/server.hpp"
#include "tls/server_context.hpp"

namespace crank {

void Connection::look_at_first_bytes() {
  if (phase_ != Phase::handshake) return;
  switch (stream_.look_at_first_bytes()) {
  case FirstBytes::incomplete:
    stream_.wait_readable([self = shared_from_this()](error_code ec) {
      if (!ec) self->look_at_first_bytes();
    });
    return;
  case FirstBytes::client_hello:
    if (owner_.may_handshake(shared_from_this())) begin_handshake();
    return;
  case FirstBytes::plain_text: return answer_plain_text();
  case FirstBytes::garbage: owner_.server().metrics().handshakes_failed.Increment(); [[fallthrough]];
  case FirstBytes::ended: return close();
  }
}

// Somebody typed http:// for https://; TLS would only tell them that it failed.
void Connection::answer_plain_text() {
  owner_.server().metrics().handshakes_failed.Increment();
  Problem problem = Problem::http(400, "PLAIN_HTTP", "this port speaks HTTPS: use https:// in the URL");
  const Response response = problem_response(problem, {});
  std::string text;
  append_head(text, {.status = response.status,
                     .content_type = response.content_type,
                     .content_length = response.body.size(),
                     .keep_alive = false,
                     .request_id = {},
                     .date = owner_.io().http_date(),
                     .extra = {}});
  text += response.body;
  error_code ignored;
  stream_.socket().non_blocking(true, ignored);
  auto& scratch = owner_.io().input_scratch();
  stream_.socket().read_some(asio::buffer(scratch), ignored); // unread bytes would turn the close into a reset
  stream_.socket().write_some(asio::buffer(text), ignored);   // it fits an empty send buffer
  phase_ = Phase::lingering;
  stream_.socket().shutdown(Socket::shutdown_send, ignored);
  close();
}

void Connection::begin_handshake() {
  in_handshake_ = true;
  if (phase_ != Phase::handshake) { // it timed out while it waited for its turn
    in_handshake_ = false;
    owner_.handshake_over();
    return;
  }
  step_handshake();
}

void Connection::step_handshake() {
  if (phase_ != Phase::handshake) return;
  const auto again = [self = shared_from_this()](error_code ec) {
    if (!ec) self->step_handshake();
  };
  switch (stream_.handshake()) {
  case IoStatus::want_read: return stream_.wait_readable(again);
  case IoStatus::want_write: return stream_.wait_writable(again);
  case IoStatus::ok: break;
  case IoStatus::end:
  case IoStatus::failed:
    owner_.server().metrics().handshakes_failed.Increment();
    if (const auto fault = certificate_fault(stream_.ssl()))
      owner_.server().rejected({"certificate", caller_, {}, {}, "CERTIFICATE_REFUSED", *fault, 0});
    return close();
  }
  in_handshake_ = false;
  owner_.handshake_over();
  owner_.server().metrics().handshakes_ok.Increment();
  caller_.subject = peer_identity(stream_.ssl());
  if (!caller_.subject.empty()) caller_.kind = CallerKind::certificate;
  phase_ = Phase::header;
  owner_.io().set_deadline(*this, std::chrono::milliseconds(owner_.server().limits().header_timeout_ms));
  if (stream_.has_pending())
    on_readable();
  else
    arm_read();
}

} // namespace crank
