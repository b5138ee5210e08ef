#include "jobs/job_run.hpp"

#include "base/text.hpp"
#include "engine/operation.hpp"
#include "jobs/job_json.hpp"
#include "jobs/kept_files.hpp"
#include "json/json.hpp"

#include <boost/json/object.hpp>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace crank {
namespace {

// Whoever looks on cannot follow more, and each is a write.
constexpr std::chrono::milliseconds progress_interval{250};

constexpr std::size_t longest_line = 16 * 1024; // as in the host's log

std::string_view name_of(LogLevel level) {
  constexpr std::string_view names[] = {"debug", "info", "warn", "error"};
  return names[static_cast<int>(level)];
}

} // namespace

JobAttributes::JobAttributes(const Job& job, std::string worker_id)
    : caller_(job.caller), id_(job.id), attempt_(std::to_string(job.attempt)), request_id_(job.request_id),
      traceparent_(job.traceparent), worker_id_(std::move(worker_id)) {}

std::optional<std::string_view> JobAttributes::get(std::string_view key) const {
  if (key == "job.id") return id_;
  if (key == "job.attempt") return attempt_;
  if (key == "method") return "JOB";
  if (key == "request_id") return request_id_;
  if (key == "worker_id") return worker_id_;
  if (key == "traceparent" && !traceparent_.empty()) return traceparent_;
  return std::nullopt;
}

// The request is long over: its fields and parameters were not kept.
bool JobAttributes::each(std::string_view prefix, const Visitor&) const {
  return prefix.substr(0, 7) == "header." || prefix.substr(0, 6) == "query." || prefix.substr(0, 5) == "path.";
}

std::int64_t JobInput::read(void* buffer, std::size_t capacity) {
  if (const std::int32_t status = aborted_; status != 0) return status;
  const std::int64_t got = read_at(read_, buffer, capacity);
  if (got > 0) read_ += static_cast<std::uint64_t>(got);
  return got;
}

std::int64_t JobInput::read_at(std::uint64_t offset, void* buffer, std::size_t capacity) const {
  const auto count =
      static_cast<std::size_t>(std::min<std::uint64_t>(capacity, input_.size - std::min(offset, input_.size)));
  if (!input_.file) {
    if (count > 0) std::memcpy(buffer, input_.text.data() + offset, count);
    return static_cast<std::int64_t>(count);
  }
  std::size_t done = 0;
  while (done < count) {
    const ssize_t got =
        ::pread(input_.file.get(), static_cast<char*>(buffer) + done, count - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return CRANK_INTERNAL; // shorter than it was
    done += static_cast<std::size_t>(got);
  }
  return static_cast<std::int64_t>(done);
}

JobRun::JobRun(JobRunner& runner, const Job& job, bool streaming)
    : runner_(runner), id_(job.id), operation_(job.operation), streaming_(streaming),
      result_([this] { return make_file(); }), attempt_(job.attempt) {}

JobRun::~JobRun() { runner_.questions().end(id_, CRANK_CANCELLED, "the job is over"); }

crank_status JobRun::ask(std::vector<Question> questions, Answered answered) {
  return runner_.questions().ask(id_, std::move(questions), std::move(answered));
}

void JobRun::cancelled(CancelReason reason) {
  const bool late = reason == CancelReason::deadline;
  runner_.questions().end(id_, late ? CRANK_DEADLINE : CRANK_CANCELLED,
                          late ? "there was no answer in time" : "the job was cancelled");
}

void JobRun::succeed(std::string media_type) {
  auto result = result_.finish();
  if (!result) return fail_with(JobState::failed, result.error());
  const auto outcome = std::make_shared<JobOutcome>();
  outcome->result = *result;
  for (const Artifact& artifact : artifacts_) {
    if (const auto problem = artifact.file->sync()) return fail_with(JobState::failed, *problem);
  }
  // Without a body the artefacts are the answer.
  if (result->size > 0 || artifacts_.empty()) outcome->media_type = std::move(media_type);
  outcome->artifacts = std::move(artifacts_);
  runner_.over(id_, operation_, [runner = &runner_, id = id_, outcome] {
    return runner->counted(runner->store_.succeed(id, runner->owner_.name(), *outcome, job_clock()),
                           JobState::succeeded);
  });
}

void JobRun::fail_with(JobState state, const Problem& problem) {
  runner_.over(id_, operation_, [runner = &runner_, id = id_, state, problem] {
    return runner->counted(runner->store_.fail(id, runner->owner_.name(), state, problem, job_clock()), state);
  });
}

crank_status JobRun::append(std::string_view bytes) {
  if (over_) return CRANK_CANCELLED;
  if (artifact_bytes_ + result_.size() + bytes.size() > runner_.options_.result_bytes) return CRANK_EXHAUSTED;
  return result_.append(bytes) ? CRANK_UNAVAILABLE : CRANK_OK;
}

void JobRun::reply(Reply reply) {
  const std::lock_guard lock(mutex_);
  const crank_status taken = append(reply.body);
  over_ = true;
  if (taken == CRANK_EXHAUSTED)
    return fail_with(JobState::failed,
                     Problem::http(500, "LIMIT_EXCEEDED", "the result is longer than the host keeps"));
  succeed(std::move(reply.content_type));
}

void JobRun::fail(const Problem& problem) {
  const std::lock_guard lock(mutex_);
  over_ = true;
  const auto invocation = invocation_.lock();
  const CancelReason reason = invocation ? invocation->cancel_reason() : CancelReason::none;
  // Cancelled because the host ends, or refused by an engine that takes nothing any more.
  const bool refused = reason == CancelReason::none && invocation && !invocation->begun() &&
                       runner_.engine_.state() == EngineState::draining && problem.status == CRANK_UNAVAILABLE;
  const bool stopped_for_us = reason == CancelReason::draining || refused;
  if (stopped_for_us) {
    const bool begun = invocation && invocation->begun();
    return runner_.over(id_, operation_, [runner = &runner_, id = id_, begun] {
      const auto given = runner->store_.give_back(id, runner->owner_.name(), begun, job_clock());
      const auto job = given && *given ? runner->store_.find(id) : Result<Job>(Problem());
      return job ? runner->counted(given, job->state) : given;
    });
  }
  const JobState state = reason == CancelReason::job_cancelled ? JobState::cancelled : JobState::failed;
  fail_with(state, problem);
}

void JobRun::begin(ReplyHead head) {
  const std::lock_guard lock(mutex_);
  media_type_ = std::move(head.media_type);
}

crank_status JobRun::data(std::string chunk) {
  const std::lock_guard lock(mutex_);
  return append(chunk);
}

// As who asks for JSON gets them (doors/call_reply.cpp).
crank_status JobRun::item(std::string_view json) {
  const std::lock_guard lock(mutex_);
  std::string text = items_++ == 0 ? "{\"items\":[" : ",";
  return append(text.append(json));
}

void JobRun::end() {
  const std::lock_guard lock(mutex_);
  if (std::exchange(over_, true)) return;
  if (!streaming_) return succeed(std::move(media_type_));
  static_cast<void>(result_.append(items_ == 0 ? "{\"items\":[]}" : "]}")); // what goes wrong, succeed() says
  succeed("application/json");
}

Result<KeptFile> JobRun::open_kept(std::string_view address, const Caller& caller) {
  return crank::open_kept(runner_.store_, address, caller);
}

Result<ScratchFile> JobRun::make_file() { return runner_.store_.make_file(runner_.owner_.name()); }

std::uint64_t JobRun::most_file_bytes() const { return runner_.options_.result_bytes; }

void JobRun::artifact(Artifact artifact) {
  const std::lock_guard lock(mutex_);
  artifact_bytes_ += artifact.facts.bytes;
  artifacts_.push_back(std::move(artifact));
}

void JobRun::progress(double fraction, std::string_view note) {
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (over_ || now - noted_ < progress_interval) return;
  noted_ = now;
  runner_.later([runner = &runner_, id = id_, fraction, text = std::string(note.substr(0, 1000))] {
    return runner->store_.progress(id, runner->owner_.name(), fraction, text);
  });
}

// A line that says nothing to whoever reads the host's log says nothing here either.
void JobRun::logged(LogLevel level, std::string_view text) {
  if (!log_enabled(level)) return;
  std::string line = json_text(boost::json::object{{"time", text_of(job_clock())},
                                                   {"level", name_of(level)},
                                                   {"attempt", attempt_},
                                                   {"message", shortened(text, longest_line)}});
  line += '\n';
  const std::lock_guard lock(log_mutex_);
  const bool first = log_.empty();
  log_bytes_ += line.size();
  log_.push_back(std::move(line));
  while (log_.size() > JobLimits{}.most_log_lines || log_bytes_ > JobLimits{}.most_log_bytes) {
    log_bytes_ -= log_.front().size();
    log_.pop_front();
    ++log_dropped_;
  }
  if (first) runner_.later([self = shared_from_this()] { return self->write_log(); });
}

Result<bool> JobRun::write_log() {
  JobLog part;
  {
    const std::lock_guard lock(log_mutex_);
    part.lines = log_.size();
    part.dropped = std::exchange(log_dropped_, 0);
    for (const std::string& line : log_) part.text += line;
    log_.clear();
    log_bytes_ = 0;
  }
  return runner_.store_.append_log(id_, part);
}

} // namespace crank
