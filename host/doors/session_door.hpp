// The HTTP door to operations that are sessions: WebSockets and streams of server-sent events.
#pragma once

#include "config/settings.hpp"
#include "engine/engine.hpp"
#include "http/router.hpp"
#include "metrics/metrics.hpp"

#include <memory>

namespace crank {

// A handler for `operation`, whose kind must be websocket or events; the references must outlive it.
std::shared_ptr<Handler> make_session_door(Engine& engine, SessionRegistry& registry, Operation& operation,
                                           SessionMetrics metrics, const Settings& settings);

} // namespace crank
