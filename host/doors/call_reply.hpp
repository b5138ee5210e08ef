// The answer of an invocation as an HTTP response, in the representation the client chose.
// Knows the engine's ReplySink and Exchange; knows nothing of plugins.
#pragma once

#include "engine/invocation.hpp"
#include "http/exchange.hpp"
#include "jobs/answer_files.hpp"
#include "manifest/manifest.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace crank {

// How a response is written. For operations that stream items: events (text/event-stream), lines (application/jsonl) or
// one JSON object {"items": [...]}; for the others: as it is, or as events that carry progress and end with the result.
enum class Representation { plain, events, lines, array };

Representation choose_representation(const OperationSpec& spec, const RequestHead& head);

class CallReply : public ReplySink {
public:
  // `places` must outlive it.
  CallReply(std::shared_ptr<Exchange> exchange, const OperationSpec& spec, Representation representation,
            const AnswerFiles& places, std::function<void(std::shared_ptr<Invocation>)> become_job = {})
      : exchange_(std::move(exchange)), spec_(spec), representation_(representation), places_(places),
        become_job_(std::move(become_job)) {}

  void reply(Reply reply) override;
  void fail(const Problem& problem) override;
  void begin(ReplyHead head) override;
  crank_status data(std::string chunk) override;
  crank_status item(std::string_view json) override;
  void end() override;
  void progress(double fraction, std::string_view note) override;
  Result<ScratchFile> make_file() override;
  Result<KeptFile> open_kept(std::string_view address, const Caller& caller) override {
    return places_.open(address, caller);
  }
  std::uint64_t most_file_bytes() const override { return places_.most_bytes; }
  void artifact(Artifact artifact) override;
  bool takes_deferral() const override { return become_job_ != nullptr; }
  void deferred(std::shared_ptr<Invocation> call) override;

private:
  // Gives the artefacts an address, once there are any; not with the mutex held, for it waits for the disk. The problem
  // is the call's end.
  std::optional<Problem> announce();
  // These with the mutex held.
  void drop_kept();
  void refuse(const Problem& problem);
  void send_alone();
  void begin_items();
  void begin_result();
  void tell_artifacts();
  int status() const;
  std::string header_lines() const;
  crank_status write_event(std::string_view event, std::string_view data, std::string_view id);

  std::shared_ptr<Exchange> exchange_;
  const OperationSpec& spec_; // lives as long as the host
  const Representation representation_;
  const AnswerFiles& places_;
  const std::function<void(std::shared_ptr<Invocation>)> become_job_; // nullptr: it cannot

  std::vector<Artifact> artifacts_; // those without an address; the call's thread alone, as the next
  std::optional<Problem> not_kept_; // why they have none

  std::mutex mutex_; // fail and progress come from other threads than the rest
  ReplyHead head_;   // what the plugin said before the first byte
  bool begun_ = false;
  bool over_ = false;
  bool in_result_ = false; // the last event of a stream has begun
  std::uint64_t items_ = 0;
  std::unique_ptr<Job> kept_; // the artefacts are its
  bool told_ = false;         // the event stream's client knows them
  std::chrono::steady_clock::time_point last_progress_{};
};

} // namespace crank
