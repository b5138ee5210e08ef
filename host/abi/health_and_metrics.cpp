#include "abi/health_and_metrics.hpp"

#include "abi/instance.hpp"
#include "abi/text.hpp"
#include "base/text.hpp"

#include <optional>

namespace crank {
namespace {

constexpr std::size_t longest_reason = 1000;
constexpr std::uint32_t most_labels = 16;

crank_status report(const crank_host* host, const crank_health_report* given) noexcept try {
  if (!host || !given || !CRANK_HAS_FIELD(crank_health_report, given, reason) || !is_readable(given->reason))
    return CRANK_INVALID;
  if (given->state < CRANK_HEALTHY || given->state > CRANK_UNREADY) return CRANK_INVALID;
  if (given->state != CRANK_HEALTHY && given->reason.len == 0) return CRANK_INVALID;
  Instance::of(host).report_health(static_cast<HealthState>(given->state),
                                   as_utf8(shortened(from_abi(given->reason), longest_reason)));
  return CRANK_OK;
} catch (...) {
  return CRANK_EXHAUSTED;
}

std::optional<PluginMetrics::Spec> spec_from_abi(const crank_metric_spec* given) {
  if (!given || !CRANK_HAS_FIELD(crank_metric_spec, given, reserved)) return std::nullopt;
  if (given->kind < CRANK_COUNTER || given->kind > CRANK_HISTOGRAM) return std::nullopt;
  if (given->label_count > most_labels || (given->label_count > 0 && !given->labels)) return std::nullopt;
  if (given->bound_count > PluginMetrics::most_bounds || (given->bound_count > 0 && !given->bounds))
    return std::nullopt;
  PluginMetrics::Spec spec;
  spec.kind = static_cast<PluginMetrics::Kind>(given->kind);
  spec.name = from_abi(given->name);
  spec.help = as_utf8(from_abi(given->help));
  for (std::uint32_t i = 0; i < given->label_count; ++i)
    spec.labels.emplace_back(from_abi(given->labels[i].name), as_utf8(from_abi(given->labels[i].value)));
  spec.bounds.assign(given->bounds, given->bounds + given->bound_count);
  return spec;
}

crank_status make(const crank_host* host, const crank_metric_spec* given, std::uint64_t* id) noexcept try {
  auto spec = spec_from_abi(given);
  if (!host || !id || !spec) return CRANK_INVALID;
  PluginMetrics::Refusal refusal{};
  *id = Instance::of(host).series().make(*std::move(spec), refusal);
  if (*id != 0) return CRANK_OK;
  return refusal == PluginMetrics::Refusal::too_many ? CRANK_EXHAUSTED : CRANK_INVALID;
} catch (...) {
  return CRANK_EXHAUSTED;
}

PluginMetrics::Series* find(const crank_host* host, std::uint64_t id) noexcept {
  return host ? Instance::of(host).series().find(id) : nullptr;
}

void add(const crank_host* host, std::uint64_t id, double amount) noexcept {
  if (auto* const series = find(host, id)) series->add(amount);
}

void set(const crank_host* host, std::uint64_t id, double value) noexcept {
  if (auto* const series = find(host, id)) series->set(value);
}

void observe(const crank_host* host, std::uint64_t id, double value) noexcept {
  if (auto* const series = find(host, id)) series->observe(value);
}

} // namespace

const crank_health* health_table() {
  static const crank_health table{sizeof(crank_health), &report};
  return &table;
}

const crank_metrics* metrics_table() {
  static const crank_metrics table{sizeof(crank_metrics), &make, &add, &set, &observe};
  return &table;
}

} // namespace crank
