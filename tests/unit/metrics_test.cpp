// Tests of host/metrics: what is counted comes out in the text.
#include "catch.hpp"

#include "metrics/metrics.hpp"

#include <cmath>
#include <limits>
#include <thread>
#include <vector>

using namespace crank;
using Catch::Matchers::Contains;

TEST_CASE("an operation is counted by status, with active, queued and durations") {
  Metrics metrics("w1", "1.2.3");
  OperationMetrics& operation = metrics.operation("text.stream");
  CHECK(&operation == &metrics.operation("text.stream"));
  operation.queued();
  operation.queued();
  operation.dequeued();
  operation.started();
  operation.started();
  operation.finished(CRANK_OK, 0.002);
  operation.refused(CRANK_BUSY);
  operation.refused(-99); // unknown reads as internal
  const std::string text = metrics.text();
  CHECK_THAT(text, Contains("# TYPE worker_requests_total counter\n"));
  CHECK_THAT(text, Contains("worker_requests_total{capability=\"text.stream\",status=\"ok\",worker_id=\"w1\"} 1\n"));
  CHECK_THAT(text, Contains("status=\"busy\",worker_id=\"w1\"} 1\n") &&
                       Contains("status=\"internal\",worker_id=\"w1\"} 1\n"));
  CHECK_THAT(text, Contains("status=\"deadline\",worker_id=\"w1\"} 0\n"));
  CHECK_THAT(text, Contains("worker_active_requests{capability=\"text.stream\",worker_id=\"w1\"} 1\n"));
  CHECK_THAT(text, Contains("worker_queue_depth{capability=\"text.stream\",worker_id=\"w1\"} 1\n"));
  CHECK_THAT(text, Contains("# TYPE worker_request_duration_seconds histogram\n"));
  CHECK_THAT(text, Contains("worker_request_duration_seconds_count{capability=\"text.stream\",worker_id=\"w1\"} 1\n"));
  CHECK_THAT(
      text,
      Contains("worker_request_duration_seconds_bucket{capability=\"text.stream\",worker_id=\"w1\",le=\"0.001\"} 0\n"));
  CHECK_THAT(text, Contains("le=\"0.0025\"} 1\n") && Contains("le=\"+Inf\"} 1\n"));
}

TEST_CASE("bounds of a histogram are inclusive; odd values do no harm") {
  DurationHistogram histogram;
  histogram.observe(DurationHistogram::bounds[0]);
  histogram.observe(std::nextafter(DurationHistogram::bounds[0], 1.0));
  histogram.observe(-1);
  histogram.observe(std::numeric_limits<double>::quiet_NaN());
  histogram.observe(std::numeric_limits<double>::infinity());
  const auto collected = histogram.collect();
  REQUIRE(collected.bucket.size() == DurationHistogram::bounds.size() + 1);
  CHECK(collected.bucket[0].cumulative_count == 3);
  CHECK(collected.bucket[1].cumulative_count == 4);
  CHECK(collected.bucket.back().cumulative_count == 5);
  CHECK(std::isinf(collected.bucket.back().upper_bound));
  CHECK(collected.sample_count == 5);
}

TEST_CASE("no observation is lost between threads") {
  Metrics metrics("w1", "1");
  OperationMetrics& operation = metrics.operation("a.b");
  constexpr int threads = 4, each = 5000;
  std::vector<std::thread> pool;
  for (int i = 0; i < threads; ++i) {
    pool.emplace_back([&operation] {
      for (int n = 0; n < each; ++n) {
        operation.started();
        operation.finished(CRANK_OK, 0.5);
      }
    });
  }
  for (std::thread& thread : pool) thread.join();
  const auto collected = operation.durations().collect();
  CHECK(collected.sample_count == threads * each);
  CHECK(collected.sample_sum == Approx(0.5 * threads * each));
  CHECK_THAT(metrics.text(), Contains("status=\"ok\",worker_id=\"w1\"} 20000\n") &&
                                 Contains("worker_active_requests{capability=\"a.b\",worker_id=\"w1\"} 0\n"));
}

TEST_CASE("connections, handshakes, responses, sessions and build are there") {
  Metrics metrics("w1", "1.2.3");
  metrics.connections_open.Increment();
  metrics.connections_accepted.Increment();
  metrics.connections_refused.Increment();
  metrics.handshakes_ok.Increment();
  metrics.handshakes_timed_out.Increment();
  metrics.start_seconds.Set(0.0125);
  metrics.response(200);
  metrics.response(499);
  metrics.response(999);
  metrics.bad_requests("header_too_large").Increment();
  const SessionMetrics session = metrics.session("ws", SessionKind::websocket);
  session.open.Increment();
  session.received.Increment();
  session.sent.Increment(3);
  session.closed_slow.Increment();
  const std::string text = metrics.text();
  CHECK_THAT(text, Contains("crank_connections_open 1\n") && Contains("crank_connections_accepted_total 1\n"));
  CHECK_THAT(text, Contains("crank_connections_refused_total 1\n"));
  CHECK_THAT(text, Contains("crank_tls_handshakes_total{result=\"ok\"} 1\n") && Contains("{result=\"failed\"} 0\n") &&
                       Contains("{result=\"timeout\"} 1\n"));
  CHECK_THAT(text, Contains("crank_start_seconds 0.0125"));
  CHECK_THAT(text, Contains("crank_http_responses_total{code=\"2xx\"} 1\n") && Contains("{code=\"4xx\"} 1\n") &&
                       Contains("{code=\"5xx\"} 1\n"));
  CHECK_THAT(text, Contains("crank_bad_requests_total{reason=\"header_too_large\"} 1\n"));
  CHECK_THAT(text, Contains("crank_sessions_open{kind=\"websocket\",operation=\"ws\"} 1\n"));
  CHECK_THAT(text, Contains("crank_session_messages_total{direction=\"out\",operation=\"ws\"} 3\n"));
  CHECK_THAT(text, Contains("crank_session_slow_total{operation=\"ws\",policy=\"close\"} 1\n"));
  CHECK_THAT(text, Contains("crank_build_info{abi=\"0.2\",version=\"1.2.3\"} 1\n"));
#ifdef __linux__
  CHECK_THAT(text, Contains("\nprocess_resident_memory_bytes ") && Contains("\nprocess_cpu_seconds_total ") &&
                       Contains("\nprocess_open_fds ") && Contains("\nprocess_start_time_seconds "));
#endif
}

TEST_CASE("label values are escaped") {
  Metrics metrics("w\"1\n", "1");
  static_cast<void>(metrics.operation("a"));
  CHECK_THAT(metrics.text(), Contains("worker_id=\"w\\\"1\\n\""));
}

TEST_CASE("every status has its label") {
  CHECK(status_label(CRANK_OK) == "ok");
  CHECK(status_label(CRANK_UNSUPPORTED) == "unsupported");
  CHECK(status_label(CRANK_PENDING) == "internal"); // no way for a call to end
  CHECK(status_label(-1000) == "internal");
}
