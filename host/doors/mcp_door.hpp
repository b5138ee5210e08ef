// The HTTP door to the Model Context Protocol: POST /mcp ("Streamable HTTP"), one message to a request, answered as
// JSON or, once there is something to say before the answer, as an event stream. Knows Exchange and the protocol's
// server.
#pragma once

#include "http/router.hpp"
#include "mcp/server.hpp"

#include <chrono>
#include <cstdint>
#include <memory>

namespace crank {

struct McpDoorOptions {
  std::uint64_t most_bytes = 0;           // of a message
  bool tls = true;                        // clients come with https
  std::chrono::milliseconds keepalive{0}; // time without an event after which a comment line is sent
};

// For POST; server and engine must outlive it.
[[nodiscard]] std::shared_ptr<Handler> make_mcp_door(McpServer& server, Engine& engine, McpDoorOptions options);

} // namespace crank
