#include "metrics/plugin_metrics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace crank {
namespace {

bool is_name(std::string_view name, bool may_begin_with_underscore) {
  const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
  if (name.empty() || !(letter(name[0]) || (may_begin_with_underscore && name[0] == '_'))) return false;
  return std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '_'; });
}

bool begins_with(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }

bool is_metric_name(const PluginMetrics::Spec& spec) {
  const std::string& name = spec.name;
  const bool total = name.size() > 6 && name.compare(name.size() - 6, 6, "_total") == 0;
  return is_name(name, false) && !begins_with(name, "crank_") && !begins_with(name, "worker_") &&
         !begins_with(name, "process_") && total == (spec.kind == PluginMetrics::Kind::counter);
}

bool is_label_name(std::string_view name) {
  return is_name(name, true) && !begins_with(name, "__") && name != "plugin" && name != "worker_id" && name != "le" &&
         name != "quantile";
}

bool are_bounds(const PluginMetrics::Spec& spec) {
  if (spec.kind != PluginMetrics::Kind::histogram) return spec.bounds.empty();
  if (spec.bounds.empty() || spec.bounds.size() > PluginMetrics::most_bounds) return false;
  if (!std::all_of(spec.bounds.begin(), spec.bounds.end(), [](double bound) { return std::isfinite(bound); }))
    return false;
  return std::adjacent_find(spec.bounds.begin(), spec.bounds.end(), std::greater_equal<>()) == spec.bounds.end();
}

prometheus::MetricType type_of(PluginMetrics::Kind kind) {
  switch (kind) {
  case PluginMetrics::Kind::counter: return prometheus::MetricType::Counter;
  case PluginMetrics::Kind::gauge: return prometheus::MetricType::Gauge;
  case PluginMetrics::Kind::histogram: break;
  }
  return prometheus::MetricType::Histogram;
}

// std::atomic<double>::fetch_add is not everywhere yet.
void add_to(std::atomic<double>& sum, double amount) noexcept {
  double now = sum.load(std::memory_order_relaxed);
  while (!sum.compare_exchange_weak(now, now + amount, std::memory_order_relaxed)) {
  }
}

} // namespace

PluginMetrics::Series::Series(Kind kind, std::vector<double> bounds,
                              std::vector<prometheus::ClientMetric::Label> labels)
    : kind_(kind), bounds_(std::move(bounds)), labels_(std::move(labels)) {
  if (kind_ == Kind::histogram) counts_ = std::make_unique<std::atomic<std::uint64_t>[]>(bounds_.size() + 1);
}

void PluginMetrics::Series::add(double amount) noexcept {
  if (kind_ == Kind::histogram || std::isnan(amount) || (kind_ == Kind::counter && amount < 0)) return;
  add_to(value_, amount);
}

void PluginMetrics::Series::set(double value) noexcept {
  if (kind_ == Kind::gauge && !std::isnan(value)) value_.store(value, std::memory_order_relaxed);
}

void PluginMetrics::Series::observe(double value) noexcept {
  if (kind_ != Kind::histogram || std::isnan(value)) return;
  const auto bucket = std::lower_bound(bounds_.begin(), bounds_.end(), value); // the first bound that is not below it
  counts_[static_cast<std::size_t>(bucket - bounds_.begin())].fetch_add(1, std::memory_order_relaxed);
  add_to(value_, value);
}

prometheus::ClientMetric PluginMetrics::Series::collect() const {
  prometheus::ClientMetric metric;
  metric.label = labels_;
  const double value = value_.load(std::memory_order_relaxed);
  if (kind_ == Kind::counter) metric.counter.value = value;
  if (kind_ == Kind::gauge) metric.gauge.value = value;
  if (kind_ != Kind::histogram) return metric;
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i <= bounds_.size(); ++i) {
    cumulative += counts_[i].load(std::memory_order_relaxed);
    metric.histogram.bucket.push_back(
        {cumulative, i < bounds_.size() ? bounds_[i] : std::numeric_limits<double>::infinity()});
  }
  metric.histogram.sample_count = cumulative;
  metric.histogram.sample_sum = value;
  return metric;
}

PluginMetrics::Made PluginMetrics::make(const std::string& plugin, Spec spec) {
  if (!is_metric_name(spec) || spec.help.empty() || !are_bounds(spec)) return {};
  Labels labels = std::move(spec.labels);
  if (!std::all_of(labels.begin(), labels.end(), [](const auto& label) { return is_label_name(label.first); }))
    return {};
  labels.emplace_back("plugin", plugin);
  std::sort(labels.begin(), labels.end());
  std::vector<std::string> names;
  for (const auto& [name, value] : labels) names.push_back(name);
  if (std::adjacent_find(names.begin(), names.end()) != names.end()) return {};

  const std::lock_guard lock(mutex_);
  if (const auto known = families_.find(spec.name); known != families_.end()) {
    const Family& family = known->second;
    if (family.kind != spec.kind || family.help != spec.help || family.label_names != names ||
        family.bounds != spec.bounds)
      return {};
    if (const auto series = family.series.find(labels); series != family.series.end())
      return {series->second.get(), false, {}};
  }
  std::size_t& count = counts_[plugin];
  if (count >= most_series) return {nullptr, false, Refusal::too_many};
  ++count;
  std::vector<prometheus::ClientMetric::Label> shown;
  for (const auto& [name, value] : labels) shown.push_back({name, value});
  Family& family = families_.try_emplace(spec.name, Family{spec.kind, spec.help, names, spec.bounds, {}}).first->second;
  auto series = std::make_unique<Series>(spec.kind, std::move(spec.bounds), std::move(shown));
  return {family.series.emplace(std::move(labels), std::move(series)).first->second.get(), true, {}};
}

std::vector<prometheus::MetricFamily> PluginMetrics::collect() const {
  std::vector<prometheus::MetricFamily> all;
  const std::lock_guard lock(mutex_);
  for (const auto& [name, family] : families_) {
    prometheus::MetricFamily shown{name, family.help, type_of(family.kind), {}};
    for (const auto& [labels, series] : family.series) shown.metric.push_back(series->collect());
    all.push_back(std::move(shown));
  }
  return all;
}

std::uint64_t PluginSeries::make(PluginMetrics::Spec spec, PluginMetrics::Refusal& refusal) {
  const std::lock_guard lock(mutex_);
  const auto made = metrics_.make(plugin_, std::move(spec));
  refusal = made.refusal;
  if (!made.series) return 0;
  for (std::size_t i = 0; !made.is_new && i < count_; ++i) {
    if (series_[i].load(std::memory_order_relaxed) == made.series) return i + 1;
  }
  series_[count_].store(made.series, std::memory_order_release);
  return ++count_;
}

} // namespace crank
