// The host's tables of crank.health/1 and crank.metrics/1.
#pragma once

#include <crank/ext/health.h>
#include <crank/ext/metrics.h>

namespace crank {

const crank_health* health_table();
const crank_metrics* metrics_table();

} // namespace crank
