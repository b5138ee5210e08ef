#include "metrics/metrics.hpp"

#include "log/log.hpp"
#include "metrics/process.hpp"

#include <prometheus/text_serializer.h>

#include <iterator>

namespace crank {
namespace {

using prometheus::Counter;
using prometheus::Gauge;

constexpr std::array<std::pair<crank_status, std::string_view>, 11> kStatuses = {{{CRANK_OK, "ok"},
                                                                                  {CRANK_BUSY, "busy"},
                                                                                  {CRANK_DEFER, "deferred"},
                                                                                  {CRANK_INVALID, "invalid"},
                                                                                  {CRANK_NOT_FOUND, "not_found"},
                                                                                  {CRANK_CANCELLED, "cancelled"},
                                                                                  {CRANK_DEADLINE, "deadline"},
                                                                                  {CRANK_EXHAUSTED, "exhausted"},
                                                                                  {CRANK_UNAVAILABLE, "unavailable"},
                                                                                  {CRANK_UNSUPPORTED, "unsupported"},
                                                                                  {CRANK_INTERNAL, "internal"}}};

static_assert(std::tuple_size_v<OperationMetrics::Requests> == kStatuses.size(), "one counter for each status");

// An unknown status reads as CRANK_INTERNAL (crank.h).
std::size_t index_of(crank_status status) noexcept {
  for (std::size_t i = 0; i + 1 < kStatuses.size(); ++i) {
    if (kStatuses[i].first == status) return i;
  }
  return kStatuses.size() - 1;
}

prometheus::Labels with(prometheus::Labels labels, const std::string& name, std::string_view value) {
  labels.emplace(name, value);
  return labels;
}

std::string abi_version() { return std::to_string(CRANK_ABI_MAJOR) + "." + std::to_string(CRANK_ABI_MINOR); }

} // namespace

std::string_view status_label(crank_status status) noexcept { return kStatuses[index_of(status)].second; }

void OperationMetrics::finished(crank_status status, double seconds) noexcept {
  active_.Decrement();
  durations_.observe(seconds);
  refused(status);
}

void OperationMetrics::refused(crank_status status) noexcept { requests_[index_of(status)]->Increment(); }

template <>
prometheus::Family<Counter>& Metrics::family(const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry_);
}

template <>
prometheus::Family<Gauge>& Metrics::family(const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry_);
}

namespace {

using Families = std::vector<prometheus::MetricFamily>;

void add_counter(Families& families, const char* name, const char* help, std::uint64_t value) {
  prometheus::ClientMetric metric;
  metric.counter.value = static_cast<double>(value);
  families.push_back({name, help, prometheus::MetricType::Counter, {metric}});
}

void add_supervision(Families& families, const Metrics::Supervision& counts) {
  const auto add = [&](const char* name, const char* help, std::uint64_t value) {
    add_counter(families, name, help, value);
  };
  prometheus::ClientMetric generation;
  generation.gauge.value = static_cast<double>(counts.generation);
  families.push_back(
      {"crank_generation", "Number of the generation that answers.", prometheus::MetricType::Gauge, {generation}});
  add("crank_generation_crashes_total", "Generations that crashed.", counts.crashes);
  add("crank_generation_swaps_total", "Generations that took over from another.", counts.swaps);
  add("crank_generation_failed_swaps_total", "Generations that were tried and not taken.", counts.failed_swaps);
  add("crank_generation_recycled_total", "Generations replaced for their memory, or because they hung.",
      counts.recycled);
}

void add_audit(Families& families, const Metrics::Audit& counts) {
  prometheus::MetricFamily records{"crank_audit_records_total",
                                   "Events for the audit log, by what became of them.",
                                   prometheus::MetricType::Counter,
                                   {}};
  for (const auto& [result, count] : {std::pair("written", counts.written), std::pair("dropped", counts.dropped)}) {
    prometheus::ClientMetric metric;
    metric.label.push_back({"result", result});
    metric.counter.value = static_cast<double>(count);
    records.metric.push_back(std::move(metric));
  }
  families.push_back(std::move(records));
}

} // namespace

Metrics::Metrics(const std::string& worker_id, const std::string& host_version)
    : worker_{{"worker_id", worker_id}},
      requests_(family<Counter>("worker_requests_total", "Requests for an operation, by how they ended.")),
      active_(family<Gauge>("worker_active_requests", "Calls that run now.")),
      queue_depth_(family<Gauge>("worker_queue_depth", "Calls that wait for a free slot.")),
      plugin_health_(family<Gauge>("crank_plugin_health", "What a plugin says: 0 healthy, 1 degraded, 2 not ready.")),
      sessions_open_(family<Gauge>("crank_sessions_open", "WebSockets and event streams that are open.")),
      session_messages_(family<Counter>("crank_session_messages_total", "Messages of sessions, by direction.")),
      session_slow_(family<Counter>("crank_session_slow_total",
                                    "Sessions closed or messages dropped because a client was slow.")),
      bad_requests_(family<Counter>("crank_bad_requests_total", "Requests refused before any operation, by reason.")),
      handshakes_(family<Counter>("crank_tls_handshakes_total", "TLS handshakes, by result.")),
      callbacks_(family<Counter>("crank_callbacks_total", "Attempts at callbacks of jobs, by what became of them.")),
      program_runs_(family<Counter>("crank_program_runs_total", "Programs that calls ran, by how they ended.")),
      programs_running_(family<Gauge>("crank_programs_running", "Programs of calls that run now.")),
      connections_open(family<Gauge>("crank_connections_open", "Connections that are open.").Add({})),
      connections_accepted(family<Counter>("crank_connections_accepted_total", "Connections accepted.").Add({})),
      connections_refused(
          family<Counter>("crank_connections_refused_total", "Connections closed at once, over a limit.").Add({})),
      handshakes_ok(handshakes_.Add({{"result", "ok"}})), handshakes_failed(handshakes_.Add({{"result", "failed"}})),
      handshakes_timed_out(handshakes_.Add({{"result", "timeout"}})),
      start_seconds(family<Gauge>("crank_start_seconds", "Seconds from exec to ready.").Add({})),
      leading(family<Gauge>("crank_leading", "1 where what must run once runs, else 0.").Add({})),
      callbacks_pending(
          family<Gauge>("crank_callbacks_pending", "Callbacks of jobs that are over, not delivered yet.").Add({})) {
  auto& responses = family<Counter>("crank_http_responses_total", "HTTP responses, by class of status code.");
  for (std::size_t i = 0; i < responses_.size(); ++i)
    responses_[i] = &responses.Add({{"code", std::to_string(i + 1) + "xx"}});
  family<Gauge>("crank_build_info", "Always 1.").Add({{"version", host_version}, {"abi", abi_version()}}).Set(1);
}

Metrics::~Metrics() = default;

OperationMetrics::Requests Metrics::requests_of(const prometheus::Labels& labels) {
  OperationMetrics::Requests requests{};
  for (std::size_t i = 0; i < requests.size(); ++i)
    requests[i] = &requests_.Add(with(labels, "status", kStatuses[i].second));
  return requests;
}

OperationMetrics& Metrics::operation(std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto found = operations_.find(name);
  if (found != operations_.end()) return *found->second;
  const prometheus::Labels labels = with(worker_, "capability", name);
  auto made = std::make_unique<OperationMetrics>(requests_of(labels), active_.Add(labels), queue_depth_.Add(labels));
  return *operations_.emplace(name, std::move(made)).first->second;
}

JobMetrics& Metrics::jobs() {
  const std::lock_guard lock(mutex_);
  if (!jobs_) jobs_ = std::make_unique<JobMetrics>(registry_);
  return *jobs_;
}

SessionMetrics Metrics::session(std::string_view operation, SessionKind kind) {
  const prometheus::Labels labels = with({}, "operation", operation);
  return {sessions_open_.Add(with(labels, "kind", kind == SessionKind::websocket ? "websocket" : "events")),
          session_messages_.Add(with(labels, "direction", "in")),
          session_messages_.Add(with(labels, "direction", "out")), session_slow_.Add(with(labels, "policy", "close")),
          session_slow_.Add(with(labels, "policy", "drop"))};
}

Gauge& Metrics::plugin_health(std::string_view plugin) { return plugin_health_.Add(with({}, "plugin", plugin)); }

Counter& Metrics::bad_requests(std::string_view reason) { return bad_requests_.Add(with({}, "reason", reason)); }

Counter& Metrics::callbacks(std::string_view outcome) { return callbacks_.Add(with({}, "outcome", outcome)); }

Counter& Metrics::program_runs(std::string_view plugin, std::string_view program, std::string_view outcome) {
  return program_runs_.Add(with(with(with({}, "plugin", plugin), "program", program), "outcome", outcome));
}

Gauge& Metrics::programs_running(std::string_view plugin) { return programs_running_.Add(with({}, "plugin", plugin)); }

void Metrics::response(int http_status) noexcept {
  const int code_class = http_status >= 100 && http_status <= 599 ? http_status / 100 : 5;
  responses_[static_cast<std::size_t>(code_class - 1)]->Increment();
}

std::string Metrics::text() const {
  std::vector<prometheus::MetricFamily> families = registry_.Collect();
  prometheus::MetricFamily durations;
  durations.name = "worker_request_duration_seconds";
  durations.help = "Seconds from admission to the end of a call.";
  durations.type = prometheus::MetricType::Histogram;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, operation] : operations_) {
      prometheus::ClientMetric metric;
      for (const auto& [label, value] : with(worker_, "capability", name)) metric.label.push_back({label, value});
      metric.histogram = operation->durations().collect();
      durations.metric.push_back(std::move(metric));
    }
  }
  if (!durations.metric.empty()) families.push_back(std::move(durations));
  add_counter(families, "crank_log_lines_lost_total", "Log lines lost because nobody read them.", lost_log_lines());
  std::vector<prometheus::MetricFamily> of_plugins = plugins_.collect();
  std::move(of_plugins.begin(), of_plugins.end(), std::back_inserter(families));
  if (audit_) add_audit(families, audit_());
  if (supervision_) add_supervision(families, supervision_());
  std::vector<prometheus::MetricFamily> process = process_metrics();
  std::move(process.begin(), process.end(), std::back_inserter(families));
  return prometheus::TextSerializer().Serialize(families);
}

} // namespace crank
