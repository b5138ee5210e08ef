// The call that has to succeed before a worker is given clients. Knows the engine and manifests; knows nothing of doors.
#pragma once

#include "commands/worker_set.hpp"
#include "engine/engine.hpp"

namespace crank {

// Makes the call that `settings.verify_call` ("CAPABILITY [JSON]") names, or else the verify_call of each manifest, and waits for the
// answers. The failure says what was called and what came back. After WorkerSet::start(), not on an I/O thread.
[[nodiscard]] std::optional<Failure> make_smoke_calls(Engine& engine, const WorkerSet& workers,
                                                      const Settings& settings);

} // namespace crank
