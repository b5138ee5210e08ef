// The HTTP door to the Model Context Protocol: POST /mcp ("Streamable HTTP"), one message to a request, answered as
// JSON or, once there is something to say before the answer, as an event stream. Knows Exchange and the protocol's
// server.
#pragma once

#include "http/router.hpp"
#include "mcp/server.hpp"

#include <cstdint>
#include <memory>

namespace crank {

// For POST; all arguments must outlive it. `most_bytes`: of a message. `tls`: clients come with https.
[[nodiscard]] std::shared_ptr<Handler> make_mcp_door(McpServer& server, Engine& engine, std::uint64_t most_bytes,
                                                     bool tls);

} // namespace crank
