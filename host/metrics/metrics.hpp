// What the host counts, and its text for Prometheus. Handles are resolved once; counting is atomic adds without locks.
// Knows prometheus-cpp; knows nothing of who counts.
#pragma once

#include "metrics/duration_histogram.hpp"
#include "metrics/job_metrics.hpp"
#include "metrics/plugin_metrics.hpp"

#include <crank/crank.h>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace crank {

// The label value of a status: ok, busy, invalid, not_found, cancelled, deadline, exhausted, unavailable, unsupported,
// internal.
[[nodiscard]] std::string_view status_label(crank_status status) noexcept;

// The counters of one operation: worker_requests_total, worker_request_duration_seconds, worker_active_requests and
// worker_queue_depth. No member function but the constructor locks or allocates. [any thread]
class OperationMetrics {
public:
  using Requests = std::array<prometheus::Counter*, 11>; // by status, in the order of status_label's list
  // What is referred to must outlive this object.
  OperationMetrics(const Requests& requests, prometheus::Gauge& active, prometheus::Gauge& queue_depth)
      : requests_(requests), active_(active), queue_depth_(queue_depth) {}

  void queued() noexcept { queue_depth_.Increment(); }         // begins to wait for a free slot
  void dequeued() noexcept { queue_depth_.Decrement(); }       // no longer waits, whatever the reason
  void started() noexcept { active_.Increment(); }             // the call begins
  void finished(crank_status status, double seconds) noexcept; // pairs with started(); seconds since admission
  void refused(crank_status status) noexcept;                  // never started: busy, invalid input, gone while queued
  [[nodiscard]] const DurationHistogram& durations() const noexcept { return durations_; }

private:
  Requests requests_;
  prometheus::Gauge& active_;
  prometheus::Gauge& queue_depth_;
  DurationHistogram durations_;
};

enum class SessionKind { websocket, events };

// The counters of one session operation; as cheap as those above.
struct SessionMetrics {
  prometheus::Gauge& open;          // crank_sessions_open{operation,kind}
  prometheus::Counter& received;    // crank_session_messages_total{operation,direction="in"}
  prometheus::Counter& sent;        // crank_session_messages_total{operation,direction="out"}
  prometheus::Counter& closed_slow; // crank_session_slow_total{operation,policy="close"}: sessions
  prometheus::Counter& dropped;     // crank_session_slow_total{operation,policy="drop"}: messages
};

class Metrics {
  prometheus::Registry registry_; // declared first: the public handles below refer to it

public:
  Metrics(const std::string& worker_id, const std::string& host_version);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // The same name gives the same counters, which live as long as this object. Take locks: resolve at start. [any
  // thread]
  [[nodiscard]] OperationMetrics& operation(std::string_view name);
  [[nodiscard]] SessionMetrics session(std::string_view operation, SessionKind kind);
  // crank_plugin_health{plugin}: 0 healthy, 1 degraded, 2 not ready.
  [[nodiscard]] prometheus::Gauge& plugin_health(std::string_view plugin);
  // Those of jobs, which are not told of before this is called.
  [[nodiscard]] JobMetrics& jobs();
  // The plugins' own.
  [[nodiscard]] PluginMetrics& plugins() { return plugins_; }
  // crank_bad_requests_total{reason}. For few, fixed reasons: every one is a series for ever.
  [[nodiscard]] prometheus::Counter& bad_requests(std::string_view reason);

  // crank_callbacks_total{outcome="delivered"|"retried"|"abandoned"}: attempts, by what became of them.
  [[nodiscard]] prometheus::Counter& callbacks(std::string_view outcome);

  // crank_program_runs_total{plugin,program,outcome}. Takes a lock. [any thread]
  [[nodiscard]] prometheus::Counter& program_runs(std::string_view plugin, std::string_view program,
                                                  std::string_view outcome);
  // crank_programs_running{plugin}; as above.
  [[nodiscard]] prometheus::Gauge& programs_running(std::string_view plugin);

  // crank_http_responses_total{code="1xx".."5xx"}; `http_status` below 100 or above 599 counts as 5xx. [any thread]
  void response(int http_status) noexcept;

  // What a supervisor counts over all generations of this worker.
  struct Supervision {
    std::uint64_t generation = 0, crashes = 0, swaps = 0, failed_swaps = 0, recycled = 0;
  };
  // Asked whenever text() is. Once, before the first text().
  void set_supervision(std::function<Supervision()> supervision) { supervision_ = std::move(supervision); }

  // crank_audit_records_total{result="written"|"dropped"}, of all generations.
  struct Audit {
    std::uint64_t written = 0, dropped = 0;
  };
  // As above.
  void set_audit(std::function<Audit()> audit) { audit_ = std::move(audit); }

  // Text exposition format 0.0.4, to be served as kContentType. Never blocks those who count. [any thread]
  [[nodiscard]] std::string text() const;
  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

private:
  template <class Metric>
  prometheus::Family<Metric>& family(const char* name, const char* help);
  OperationMetrics::Requests requests_of(const prometheus::Labels& labels);

  const prometheus::Labels worker_;
  std::function<Supervision()> supervision_;
  std::function<Audit()> audit_;
  PluginMetrics plugins_;
  mutable std::mutex mutex_; // guards operations_ and jobs_
  std::unique_ptr<JobMetrics> jobs_;
  std::map<std::string, std::unique_ptr<OperationMetrics>, std::less<>> operations_;
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<prometheus::Gauge>& active_;
  prometheus::Family<prometheus::Gauge>& queue_depth_;
  prometheus::Family<prometheus::Gauge>& plugin_health_;
  prometheus::Family<prometheus::Gauge>& sessions_open_;
  prometheus::Family<prometheus::Counter>& session_messages_;
  prometheus::Family<prometheus::Counter>& session_slow_;
  prometheus::Family<prometheus::Counter>& bad_requests_;
  prometheus::Family<prometheus::Counter>& handshakes_;
  prometheus::Family<prometheus::Counter>& callbacks_;
  prometheus::Family<prometheus::Counter>& program_runs_;
  prometheus::Family<prometheus::Gauge>& programs_running_;
  std::array<prometheus::Counter*, 5> responses_{};

public:
  prometheus::Gauge& connections_open;       // crank_connections_open
  prometheus::Counter& connections_accepted; // crank_connections_accepted_total
  prometheus::Counter& connections_refused;  // crank_connections_refused_total: over a limit
  prometheus::Counter& handshakes_ok;        // crank_tls_handshakes_total{result="ok"}
  prometheus::Counter& handshakes_failed;    // {result="failed"}
  prometheus::Counter& handshakes_timed_out; // {result="timeout"}
  prometheus::Gauge& start_seconds;          // crank_start_seconds: from exec to ready; set it once
  prometheus::Gauge& leading;                // crank_leading: 1 or 0
  prometheus::Gauge& callbacks_pending;      // crank_callbacks_pending, as who leads counts them
};

} // namespace crank
