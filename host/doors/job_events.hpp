// GET /v1/jobs/{id}/events: what becomes of a job, as server-sent events (WHATWG HTML, section "Server-sent events").
// Knows Exchange, the service of jobs and their watch; knows nothing of plugins.
//
// Nothing of a stream is kept beside the job: the id of an event is the version of the job that it shows, so a client
// that comes back with Last-Event-ID goes on wherever it comes to, in another process too.
#pragma once

#include "http/router.hpp"
#include "jobs/job_service.hpp"
#include "jobs/job_watch.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace crank {

class JobEvents {
public:
  // Both must outlive it. `keepalive`: time without an event after which a comment line is sent.
  JobEvents(JobService& jobs, JobWatch& watch, std::chrono::milliseconds keepalive)
      : jobs_(jobs), watch_(watch), keepalive_(keepalive) {}

  void add_routes(Router& router);
  // Ends all streams, and those that begin from now on behind what they have to say at once: another process can go on
  // with them. [any thread]
  void let_go();
  // Ends those whose caller is no longer welcome. `welcome` is asked on I/O threads, concurrently. [any thread]
  using Welcome = std::function<bool(const Caller&)>;
  void close_unwelcome(const Welcome& welcome);

private:
  class Endpoint;
  class Stream;

  void open(std::shared_ptr<Exchange> exchange);
  void each(const std::function<void(Stream&)>& visit); // on the stream's I/O thread, soon

  JobService& jobs_;
  JobWatch& watch_;
  const std::chrono::milliseconds keepalive_;

  std::mutex mutex_; // guards what follows
  bool letting_go_ = false;
  std::unordered_map<Stream*, std::weak_ptr<Stream>> streams_;
};

} // namespace crank
