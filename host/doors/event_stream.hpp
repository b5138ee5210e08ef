// A session as a stream of server-sent events (WHATWG HTML, section "Server-sent events").
// Knows the framing of events; knows nothing of plugins.
#pragma once

#include "http/exchange.hpp"
#include "net/deadline_wheel.hpp"
#include "sessions/session.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace crank {

// How the head of every event stream begins. Nobody on the way may store, collect or compress what is meant to arrive
// now: no-transform is what compressing proxies go by, X-Accel-Buffering what nginx does.
constexpr std::string_view event_stream_type = "text/event-stream; charset=utf-8";
constexpr std::string_view event_stream_headers =
    "Cache-Control: no-cache, no-store, no-transform\r\nX-Accel-Buffering: no\r\n";

// Appends one event: "event:", "id:" and "data:" lines and an empty one. Line breaks in data make several data lines;
// those in event and id are left out, because they would end the field.
void append_event(std::string& out, std::string_view data, std::string_view event, std::string_view id);

class EventStream : public SessionTransport, public std::enable_shared_from_this<EventStream>, private Expiring {
public:
  // `keepalive`: time without an event after which a comment line is sent.
  EventStream(std::shared_ptr<Exchange> exchange, std::shared_ptr<Session> session,
              std::chrono::milliseconds keepalive);
  ~EventStream() override;

  void accept(const SessionAcceptance& acceptance) override;
  void refuse(const Problem& problem) override;
  void wake() override;
  void close(int code, std::string reason) override;
  bool offers(std::string_view) const override { return false; }

private:
  void expired() override;
  void end();

  std::shared_ptr<Exchange> exchange_;
  std::shared_ptr<Session> session_; // until it is over
  const std::chrono::milliseconds keepalive_;
  bool accepted_ = false;
  bool sending_ = false; // inside wake(), or the socket is full
  int closing_ = 0;      // the code, once close() was called
};

} // namespace crank
