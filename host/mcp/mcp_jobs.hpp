// What an MCP client does with jobs: makes a call one, waits for it, looks at it, ends it; with tools, which every
// client has, and as tasks, in the form of its era. Knows the service of jobs.
#pragma once

#include "engine/engine.hpp"
#include "jobs/job_service.hpp"
#include "jobs/job_watch.hpp"
#include "mcp/artifact_contents.hpp"
#include "mcp/job_wait.hpp"
#include "mcp/request.hpp"
#include "mcp/running_requests.hpp"
#include "mcp/tool_list.hpp"
#include "mcp/wait_place.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

namespace crank {

class McpJobs {
public:
  // All of it must outlive it; `places` has jobs. `keep`: for which a job that is over can be asked for.
  McpJobs(const AnswerFiles& places, JobWatch& watch, TimerQueue& timers, const ToolList& tools,
          RunningRequests& running, std::chrono::milliseconds keep)
      : places_(places), service_(*places.jobs), watch_(watch), timers_(timers), tools_(tools), running_(running),
        keep_(keep) {}

  using Method = void (McpJobs::*)(const SharedRequest&);
  // Of tasks/...; nullptr: the era has none of that name.
  static Method method_of(std::string_view name, Era era);
  // Of the host's own tools; nullptr: it has none of that name.
  static Method tool_of(std::string_view name);

  // Whether the call of a tool, with an input of so many bytes, is to become a job: its client asks for it, or its
  // capability does.
  static bool is_asked_for(const McpRequest& request, const OperationSpec& operation, std::uint64_t bytes);
  // Makes it one, and says so in the way that its client understands. Its caller may use the operation.
  void accept(const SharedRequest& request, const Tool& tool, std::shared_ptr<RequestBody> body,
              std::string content_type);

  // Ends all waits, and those that begin from now on at once: the jobs go on. [any thread]
  void let_go();

private:
  using Found = std::function<void(const Job&)>;

  void wait_tool(const SharedRequest& request);
  void get_tool(const SharedRequest& request);
  void cancel_tool(const SharedRequest& request);
  void get_task(const SharedRequest& request);
  void task_result(const SharedRequest& request);
  void list_tasks(const SharedRequest& request);
  void update_task(const SharedRequest& request);
  void cancel_task(const SharedRequest& request);

  void with_job(const SharedRequest& request, std::string id, bool cancels, std::function<void(const Problem&)> failed,
                Found found);
  void with_tool_job(const SharedRequest& request, bool cancels, Found found);
  void with_task(const SharedRequest& request, bool cancels, Found found);
  // nullptr, and refused: a request of that id runs already.
  std::shared_ptr<WaitPlace> place_of(const SharedRequest& request);
  void wait(const SharedRequest& request, const std::shared_ptr<WaitPlace>& place, const Job& job,
            std::optional<std::chrono::milliseconds> most, Found over);
  void finish(const SharedRequest& request, const Job& seen, const Found& over);
  std::string result_members(const SharedRequest& request, const Job& job);

  const AnswerFiles& places_;
  JobService& service_;
  JobWatch& watch_;
  TimerQueue& timers_;
  const ToolList& tools_;
  RunningRequests& running_;
  const std::chrono::milliseconds keep_;

  std::mutex mutex_; // guards what follows
  bool letting_go_ = false;
  std::vector<std::weak_ptr<JobWait>> waits_;
};

} // namespace crank
