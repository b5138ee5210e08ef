// The call that has to succeed before a worker is given clients. Knows the engine and manifests; knows nothing of
// doors.
#pragma once

#include "engine/engine.hpp"
#include "worker/plugin_set.hpp"

namespace crank {

// Makes the call that `settings.verify_call` ("CAPABILITY [JSON]") names, or else the verify_call of each manifest, and
// waits for the answers. The failure says what was called and what came back. After PluginSet::start(), not on an I/O
// thread.
[[nodiscard]] std::optional<Failure> make_smoke_calls(Engine& engine, const PluginSet& plugins,
                                                      const Settings& settings);

} // namespace crank
