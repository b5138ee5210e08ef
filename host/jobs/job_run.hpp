// One run of a job: what the engine sees of it as a request, and where its answer goes.
#pragma once

#include "engine/invocation.hpp"
#include "jobs/job_runner.hpp"

#include <deque>
#include <memory>
#include <mutex>
#include <string>

namespace crank {

class JobAttributes : public RequestAttributes {
public:
  JobAttributes(const Job& job, std::string worker_id);
  std::optional<std::string_view> get(std::string_view key) const override;
  bool each(std::string_view prefix, const Visitor& visit) const override;
  const Caller& caller() const override { return caller_; }

private:
  const Caller caller_;
  const std::string id_, attempt_, request_id_, traceparent_, worker_id_;
};

class JobInput : public RequestBody {
public:
  explicit JobInput(StoredBytes input) : input_(std::move(input)) {}
  std::uint64_t size() const override { return input_.size; }
  std::optional<std::string_view> whole() const override {
    return input_.file ? std::nullopt : std::optional<std::string_view>(input_.text);
  }
  std::int64_t read(void* buffer, std::size_t capacity) override;
  std::int64_t read_at(std::uint64_t offset, void* buffer, std::size_t capacity) const override;
  FilePlace place_of(std::uint64_t offset) const override { return {input_.file.get(), offset}; }
  int descriptor() const override { return input_.file.get(); }
  void abort(std::int32_t status) override { aborted_ = status; }

private:
  const StoredBytes input_;
  std::uint64_t read_ = 0;
  std::atomic<std::int32_t> aborted_{0};
};

class JobRun : public ReplySink, public std::enable_shared_from_this<JobRun> {
public:
  JobRun(JobRunner& runner, const Job& job, bool streaming);
  ~JobRun() override;
  // Whose answer it is; set before the engine sees it.
  void belongs_to(std::weak_ptr<Invocation> invocation) { invocation_ = std::move(invocation); }

  void reply(Reply reply) override;
  void fail(const Problem& problem) override;
  void begin(ReplyHead head) override;
  crank_status data(std::string chunk) override;
  crank_status item(std::string_view json) override;
  void end() override;
  void progress(double fraction, std::string_view note) override;
  Result<ScratchFile> make_file() override;
  Result<KeptFile> open_kept(std::string_view address, const Caller& caller) override;
  std::uint64_t most_file_bytes() const override;
  void artifact(Artifact artifact) override;
  void logged(LogLevel level, std::string_view text) override;
  crank_status ask(std::vector<Question> questions, Answered answered) override;
  void cancelled(CancelReason reason) override;

private:
  Result<bool> write_log();
  crank_status append(std::string_view bytes);
  void succeed(std::string media_type);
  void fail_with(JobState state, const Problem& problem);

  JobRunner& runner_;
  const std::string id_, operation_;
  const bool streaming_;
  std::weak_ptr<Invocation> invocation_;

  std::mutex mutex_; // fail and progress come from other threads than the rest
  bool over_ = false;
  std::string media_type_;
  JobBytesWriter result_;
  std::vector<Artifact> artifacts_;
  std::uint64_t artifact_bytes_ = 0; // of them; with the result they have one limit
  std::uint64_t items_ = 0;
  std::chrono::steady_clock::time_point noted_{};

  const unsigned attempt_;
  std::mutex log_mutex_;          // guards what follows
  std::deque<std::string> log_;   // lines that are not written yet
  std::uint64_t log_bytes_ = 0;   // of them
  std::uint64_t log_dropped_ = 0; // since lines were last written
};

} // namespace crank
