// What becomes of requests, told to whoever keeps a record of it. Engine and sessions report; they do not know to whom.
#pragma once

#include "base/caller.hpp"
#include "base/problem.hpp"

#include <optional>
#include <string_view>

namespace crank {

class Operation;

// Who wants what; good for the time of one call.
struct CallFacts {
  const Operation& operation;
  const Caller& caller;
  std::string_view request_id, traceparent;
  std::string_view job_id = {}; // empty: it is no job's
};

struct CallOutcome {
  crank_status status = CRANK_OK;
  std::string_view code; // of the problem; empty: none
  int http_status = 0;   // what an HTTP door answers; 0: it is not known yet
  double seconds = 0;    // since it was admitted
};

// None of it may block. [any thread]
class CallObserver {
public:
  virtual ~CallObserver() = default;
  // Why nothing new may begin now; nullopt: it may. What was accepted before is not asked about.
  virtual std::optional<Problem> refusal() const = 0;
  // Every invocation, once, when its answer is known.
  virtual void answered(const CallFacts& call, const CallOutcome& outcome) noexcept = 0;
  // The caller may not: by the access policy, or because a session's plugin says so.
  virtual void denied(const CallFacts& call, const Problem& problem) noexcept = 0;
  virtual void session_opened(const CallFacts& session) noexcept = 0;
  virtual void session_closed(const CallFacts& session, int code, double seconds) noexcept = 0;
};

} // namespace crank
