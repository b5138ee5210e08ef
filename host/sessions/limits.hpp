// What a client may take of a session, whatever door it came through. Sizes in bytes, times in milliseconds.
#pragma once

#include <cstdint>

namespace crank {

struct SessionLimits {
  std::uint64_t session_queue_bytes = 256 * 1024; // per session
  std::uint64_t websocket_message_bytes = 1024 * 1024;
  std::uint64_t websocket_ping_ms = 30'000;  // idle time before a ping; the peer gets as long again to answer
  std::uint64_t event_keepalive_ms = 15'000; // comment lines on idle event streams
};

} // namespace crank
