// What the operating system says about this process, under the names that Prometheus client libraries use.
// One source file per platform; a platform that cannot tell leaves the families out.
#pragma once

#include <prometheus/metric_family.h>

#include <vector>

namespace crank {

[[nodiscard]] std::vector<prometheus::MetricFamily> process_metrics();

} // namespace crank
