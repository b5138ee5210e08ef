// A session as a WebSocket (RFC 6455), framed by Beast. Compiled in one translation unit; knows nothing of plugins.
#pragma once

#include "http/exchange.hpp"
#include "sessions/session.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace crank {

struct WebSocketOptions {
  std::uint64_t message_bytes; // a longer message closes the session with 1009
  std::chrono::milliseconds ping_interval;
  bool deflate; // offer permessage-deflate (RFC 7692)
};

// What is wrong with a request that should open a WebSocket (RFC 6455 4.2.1); nullopt when nothing is.
std::optional<Problem> check_websocket_request(const RequestHead& head);

// The first of the subprotocols that the client offers, over all fields, which `spoken` lists; empty: none (RFC
// 6455 4.2.2, /subprotocol/).
std::string choose_subprotocol(const RequestHead& head, const std::vector<std::string>& spoken);

// The transport of one session. `exchange` is answered with 101 once the plugin accepts.
std::shared_ptr<SessionTransport> make_websocket(std::shared_ptr<Exchange> exchange, std::shared_ptr<Session> session,
                                                 const WebSocketOptions& options);

} // namespace crank
