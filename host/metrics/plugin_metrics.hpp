// The numbers of plugins, beside the host's own. Feeding them takes no lock. Knows prometheus-cpp's data model; knows
// nothing of the plugin ABI's structs.
#pragma once

#include <prometheus/metric_family.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace crank {

// The rules and kinds are those of plugin_api/include/crank/ext/metrics.h.
class PluginMetrics {
public:
  enum class Kind { counter = 1, gauge = 2, histogram = 3 };

  struct Spec {
    Kind kind = Kind::counter;
    std::string name, help;
    std::vector<std::pair<std::string, std::string>> labels;
    std::vector<double> bounds;
  };

  // One line of the exposition, or one histogram. What it is asked to do and cannot, it leaves undone. [any thread]
  class Series {
  public:
    Series(Kind kind, std::vector<double> bounds, std::vector<prometheus::ClientMetric::Label> labels);
    void add(double amount) noexcept;
    void set(double value) noexcept;
    void observe(double value) noexcept;

  private:
    friend PluginMetrics;
    prometheus::ClientMetric collect() const;

    const Kind kind_;
    const std::vector<double> bounds_;
    const std::vector<prometheus::ClientMetric::Label> labels_;
    std::atomic<double> value_{0};                         // of a histogram: the sum
    std::unique_ptr<std::atomic<std::uint64_t>[]> counts_; // one more than bounds
  };

  enum class Refusal { invalid, too_many };
  struct Made {
    Series* series = nullptr; // lives as long as this object
    bool is_new = false;
    Refusal refusal = Refusal::invalid; // where there is no series
  };

  static constexpr std::size_t most_series = 1000; // of one plugin
  static constexpr std::size_t most_bounds = 64;

  // The series of that plugin, made or found. [any thread]
  Made make(const std::string& plugin, Spec spec);
  [[nodiscard]] std::vector<prometheus::MetricFamily> collect() const;

private:
  using Labels = std::vector<std::pair<std::string, std::string>>; // sorted by name, the plugin's among them
  struct Family {
    Kind kind;
    std::string help;
    std::vector<std::string> label_names;
    std::vector<double> bounds;
    std::map<Labels, std::unique_ptr<Series>> series;
  };

  mutable std::mutex mutex_; // guards what follows
  std::map<std::string, Family> families_;
  std::map<std::string, std::size_t> counts_; // of series, by plugin
};

// The series of one plugin, by numbers that a plugin may mistake.
class PluginSeries {
public:
  PluginSeries(PluginMetrics& metrics, std::string plugin) : metrics_(metrics), plugin_(std::move(plugin)) {}

  // 0: refused.
  std::uint64_t make(PluginMetrics::Spec spec, PluginMetrics::Refusal& refusal);
  // nullptr for a number that is none. [any thread]
  PluginMetrics::Series* find(std::uint64_t id) const noexcept {
    return id - 1 < series_.size() ? series_[id - 1].load(std::memory_order_acquire) : nullptr;
  }

private:
  PluginMetrics& metrics_;
  const std::string plugin_;
  std::mutex mutex_; // guards what follows, but for reading
  std::size_t count_ = 0;
  std::array<std::atomic<PluginMetrics::Series*>, PluginMetrics::most_series> series_{};
};

} // namespace crank
