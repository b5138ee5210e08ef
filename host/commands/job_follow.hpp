// Follows a job of a running worker to its end, for the commands that wait for one. Knows the worker's HTTP interface.
#pragma once

#include "commands/progress_bar.hpp"
#include "commands/worker_client.hpp"

#include <boost/json/object.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace crank {

// The job as it ended. `changed` is called for each change that is seen, the last one too. What breaks the stream off
// (a reload, a crash) is waited out for half a minute. Exit code 2: there is no such job, or no worker to ask.
using JobChanged = std::function<void(const boost::json::object& job)>;
Result<boost::json::object, Failure> follow_job(WorkerClient& client, const std::string& id, const JobChanged& changed);

// Shows a job on the bar.
void show_job(ProgressBar& bar, const boost::json::object& job);

// A member that is a text; empty where there is none.
[[nodiscard]] std::string text_of(const boost::json::object& object, std::string_view name);
// "failed: DETAIL (CODE)", or the state alone.
[[nodiscard]] std::string outcome_of(const boost::json::object& job);

// While it lives, Ctrl-C ends this process, and says that the job goes on. One at a time.
class InterruptNotice {
public:
  explicit InterruptNotice(const std::string& job);
  ~InterruptNotice();
  InterruptNotice(const InterruptNotice&) = delete;
  InterruptNotice& operator=(const InterruptNotice&) = delete;
};

} // namespace crank
