// A job: an invocation that outlives its request. Data only.
#pragma once

#include "base/caller.hpp"
#include "base/problem.hpp"
#include "engine/artifact.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crank {

// Of the machine's wall clock: it must mean the same to the process that comes after.
using JobTime = std::chrono::sys_time<std::chrono::milliseconds>;

//   accept()      claim()        finish()
//   ------> queued -----> running -------> succeeded, failed, cancelled
//             ^  |           |  |
//             |  | cancel()  |  | recover(): its process is gone, and it must not be repeated
//             |  +-> cancelled  +------> interrupted
//             +--------------+
//       give_back(), or recover(): it may be repeated
//
// The numbers are what the store holds: they never change their meaning.
enum class JobState : int { queued = 0, running = 1, succeeded = 2, failed = 3, cancelled = 4, interrupted = 5 };
[[nodiscard]] std::string_view name_of(JobState state);
[[nodiscard]] std::optional<JobState> job_state_of(std::string_view name);
[[nodiscard]] inline bool is_over(JobState state) { return state > JobState::running; }

// What the plugin answered; its bytes are asked for apart from it.
struct JobResult {
  std::string media_type;
  std::uint64_t bytes = 0;
  std::string sha256; // hexadecimal
};

//             the job ends          an answer of 2xx
//   waiting ---------------> pending -----------------> delivered
//                             ^  |  |
//                failed, again|  |  | failed for a day, or answered 410
//                             +--+  +----------------> abandoned
//
// The numbers are what the store holds: they never change their meaning.
enum class CallbackState : int { waiting = 0, pending = 1, delivered = 2, abandoned = 3 };
[[nodiscard]] std::string_view name_of(CallbackState state);

// What became of telling somebody of the job's end.
struct JobCallback {
  std::string place; // the URL without its query
  CallbackState state = CallbackState::waiting;
  unsigned attempts = 0;       // that began
  std::string error;           // of the last one that ended, if it failed
  std::optional<JobTime> next; // pending: when it is due
};

struct Job {
  std::string id; // 32 hexadecimal digits, nobody can guess it
  std::string operation;
  Caller caller; // who asked for it
  std::string request_id;
  std::string traceparent;
  std::string content_type;
  std::uint64_t input_bytes = 0;
  bool repeatable = false; // running it twice does what running it once does
  JobState state = JobState::queued;
  unsigned attempt = 0;          // 1 while it runs for the first time
  bool cancel_requested = false; // its plugin is to be told, if it was not
  JobTime created{};
  std::optional<JobTime> started; // this attempt
  std::optional<JobTime> ended;
  double fraction = -1; // in [0,1]; negative: not known
  std::string note;
  std::uint64_t version = 0; // grows with every change of this job
  std::optional<JobResult> result;
  std::vector<ArtifactFacts> artifacts; // in their order; of one that succeeded
  std::optional<Problem> problem;       // why it failed, was cancelled or interrupted
  std::optional<JobCallback> callback;
};

// Whether a text can be the id of a job.
[[nodiscard]] bool is_job_id(std::string_view text);
// 128 random bits. Empty where the system gives none.
[[nodiscard]] std::string new_job_id();

} // namespace crank
