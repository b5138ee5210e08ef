// PluginMetrics and PluginSeries: what plugins may count, and how it is shown.
#include "catch.hpp"

#include "metrics/plugin_metrics.hpp"

#include <cmath>
#include <limits>
#include <thread>

using namespace crank;

namespace {

using Kind = PluginMetrics::Kind;

PluginMetrics::Spec spec_of(std::string name, Kind kind = Kind::gauge) {
  PluginMetrics::Spec spec;
  spec.kind = kind;
  spec.name = std::move(name);
  spec.help = "A number.";
  if (kind == Kind::histogram) spec.bounds = {1, 2};
  return spec;
}

} // namespace

TEST_CASE("plugin metrics: the same name and labels are the same series, in whatever order") {
  PluginMetrics metrics;
  auto spec = spec_of("a_total", Kind::counter);
  spec.labels = {{"x", "1"}, {"y", "2"}};
  const auto first = metrics.make("p", spec);
  spec.labels = {{"y", "2"}, {"x", "1"}};
  const auto second = metrics.make("p", spec);
  REQUIRE(first.series);
  CHECK(first.is_new);
  CHECK(second.series == first.series);
  CHECK_FALSE(second.is_new);
  CHECK(metrics.make("q", spec).series != first.series);
  spec.labels = {{"x", "1"}};
  CHECK_FALSE(metrics.make("p", spec).series); // other label names
}

TEST_CASE("plugin metrics: what is refused") {
  PluginMetrics metrics;
  const auto refused = [&](PluginMetrics::Spec spec) { return metrics.make("p", std::move(spec)).series == nullptr; };
  for (const char* name : {"", "A", "a-b", "1a", "_a", "crank_a", "worker_a", "process_a", "a_total", "\xc3\xa4"}) {
    INFO(name);
    CHECK(refused(spec_of(name)));
  }
  CHECK(refused(spec_of("a", Kind::counter)));
  auto spec = spec_of("a");
  spec.help.clear();
  CHECK(refused(spec));
  for (const char* label : {"", "A", "__a", "plugin", "worker_id", "le", "quantile", "a b"}) {
    spec = spec_of("a");
    spec.labels = {{label, "1"}};
    INFO(label);
    CHECK(refused(spec));
  }
  spec = spec_of("a");
  spec.labels = {{"x", "1"}, {"x", "2"}};
  CHECK(refused(spec));
  spec = spec_of("a");
  spec.bounds = {1};
  CHECK(refused(spec));
  for (const std::vector<double>& bounds : {std::vector<double>{},
                                            {2, 1},
                                            {1, 1},
                                            {1, std::numeric_limits<double>::infinity()},
                                            {std::nan("")},
                                            std::vector<double>(65, 1)}) {
    spec = spec_of("a", Kind::histogram);
    spec.bounds = bounds;
    CHECK(refused(spec));
  }
  CHECK(metrics.collect().empty());
}

TEST_CASE("plugin metrics: a family is of one kind, with one help and the same bounds, over all plugins") {
  PluginMetrics metrics;
  REQUIRE(metrics.make("p", spec_of("a", Kind::histogram)).series);
  CHECK(metrics.make("q", spec_of("a", Kind::histogram)).series);
  CHECK_FALSE(metrics.make("q", spec_of("a")).series);
  auto spec = spec_of("a", Kind::histogram);
  spec.bounds = {1, 3};
  CHECK_FALSE(metrics.make("q", spec).series);
  spec = spec_of("a", Kind::histogram);
  spec.help = "Another.";
  CHECK_FALSE(metrics.make("q", spec).series);
  const auto families = metrics.collect();
  REQUIRE(families.size() == 1);
  CHECK(families[0].metric.size() == 2);
}

TEST_CASE("plugin metrics: what a kind does not do, it leaves undone") {
  PluginMetrics metrics;
  auto* const counter = metrics.make("p", spec_of("a_total", Kind::counter)).series;
  auto* const gauge = metrics.make("p", spec_of("b")).series;
  auto* const histogram = metrics.make("p", spec_of("c", Kind::histogram)).series;
  for (auto* const series : {counter, gauge, histogram}) {
    series->add(2);
    series->add(std::nan(""));
    series->set(std::nan(""));
    series->observe(std::nan(""));
  }
  counter->add(-1);
  counter->set(9);
  counter->observe(9);
  gauge->observe(9);
  gauge->add(-5);
  histogram->set(9);
  histogram->observe(1);
  histogram->observe(1.5);
  histogram->observe(-7);
  histogram->observe(8);
  const auto families = metrics.collect();
  REQUIRE(families.size() == 3);
  CHECK(families[0].metric[0].counter.value == 2);
  CHECK(families[1].metric[0].gauge.value == -3);
  const auto& shown = families[2].metric[0].histogram;
  REQUIRE(shown.bucket.size() == 3);
  CHECK(shown.bucket[0].cumulative_count == 2);
  CHECK(shown.bucket[1].cumulative_count == 3);
  CHECK(shown.bucket[2].cumulative_count == 4);
  CHECK(shown.sample_count == 4);
  CHECK(shown.sample_sum == 3.5);
}

TEST_CASE("plugin metrics: a plugin has so many series and no more, and numbers find them") {
  PluginMetrics metrics;
  PluginSeries series(metrics, "p"), other(metrics, "q");
  PluginMetrics::Refusal refusal{};
  auto spec = spec_of("a");
  for (std::size_t i = 0; i < PluginMetrics::most_series; ++i) {
    spec.labels = {{"n", std::to_string(i)}};
    REQUIRE(series.make(spec, refusal) == i + 1);
  }
  CHECK(series.make(spec, refusal) == PluginMetrics::most_series); // known
  spec.labels = {{"n", "more"}};
  CHECK(series.make(spec, refusal) == 0);
  CHECK(refusal == PluginMetrics::Refusal::too_many);
  CHECK(other.make(spec, refusal) == 1); // it has its own
  CHECK(other.make(spec_of("A"), refusal) == 0);
  CHECK(refusal == PluginMetrics::Refusal::invalid);
  CHECK(series.find(1));
  CHECK(series.find(PluginMetrics::most_series));
  for (const std::uint64_t id : {std::uint64_t(0), std::uint64_t(PluginMetrics::most_series + 1), UINT64_MAX})
    CHECK_FALSE(series.find(id));
  CHECK_FALSE(other.find(2));
}

TEST_CASE("plugin metrics: threads feed and read at once") {
  PluginMetrics metrics;
  PluginSeries series(metrics, "p");
  PluginMetrics::Refusal refusal{};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      PluginMetrics::Refusal mine{};
      const auto id = series.make(spec_of("a_total", Kind::counter), mine);
      for (int n = 0; n < 1000; ++n) series.find(id)->add(1);
      static_cast<void>(metrics.collect());
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(series.make(spec_of("a_total", Kind::counter), refusal) == 1);
  CHECK(metrics.collect().at(0).metric.at(0).counter.value == 4000);
}
