// The HTTP door to operations that are sessions: WebSockets and streams of server-sent events.
#pragma once

#include "engine/engine.hpp"
#include "http/router.hpp"
#include "metrics/metrics.hpp"
#include "sessions/limits.hpp"
#include "sessions/session.hpp"

#include <memory>

namespace crank {

struct SessionDoorOptions {
  std::uint64_t body_bytes; // of a request that opens a stream of events
  SessionLimits limits;
  bool websocket_deflate;
};

// A handler for `operation`, whose kind must be websocket or events; the references must outlive it.
std::shared_ptr<Handler> make_session_door(Engine& engine, SessionRegistry& registry, Operation& operation,
                                           SessionMetrics metrics, const SessionDoorOptions& options);

} // namespace crank
