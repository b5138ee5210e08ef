// One call of a tool: the way of an invocation's answer, and of what it asks, to the client that called. Knows the
// engine and peers.
#pragma once

#include "engine/engine.hpp"
#include "engine/open_questions.hpp"
#include "mcp/artifact_contents.hpp"
#include "mcp/client_abilities.hpp"
#include "mcp/era.hpp"
#include "mcp/peer.hpp"
#include "mcp/progress.hpp"
#include "mcp/question_desk.hpp"
#include "mcp/results.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace crank {

// A call that asks has several exchanges with its client in the modern era: an answer that says what is asked ends one,
// and the client begins the next with what it was asked for. Between them the call is parked at the desk, and its own
// answer, should there be one, waits here.
class ToolCall : public ReplySink, public std::enable_shared_from_this<ToolCall> {
public:
  struct Options {
    Era era = Era::legacy;
    std::string uri;                                     // of what it answers with, where that has to be a resource
    const McpIdentity* identity = nullptr;               // outlives it
    const AnswerFiles* places = nullptr;                 // outlives it
    QuestionDesk* desk = nullptr;                        // outlives it
    std::string base;                                    // as artifact_contents() takes it
    std::shared_ptr<const RequestAttributes> attributes; // with the caller, whose its files are
    std::string request_id, traceparent;
    std::function<void(std::shared_ptr<Invocation>)> become_job = {}; // nullptr: it cannot
    boost::json::object offered; // answers that the client has given before it was asked, by the questions' names
  };
  // One exchange with the client.
  struct Way {
    std::shared_ptr<McpPeer> peer;
    std::string id;                  // of the request, JSON text
    std::string progress_token;      // JSON text, or empty
    ClientAbilities abilities;       // of the client
    std::function<void()> over = {}; // called before the answer is given
  };
  // `operation` lives as long as the host.
  ToolCall(const OperationSpec& operation, Way way, Options options);

  // The client wants no answer any more. [any thread]
  void abandon();
  // How it is stopped from outside; before anything can be asked.
  void stops_by(std::function<void()> stop) { stop_ = std::move(stop); }
  const std::function<void()>& stop() const { return stop_; }

  // The client has answered to a question: as answer_of() takes it. [any thread]
  void client_answered(std::string_view question, std::string_view result, std::string_view error);
  // The client is back, with what it has for the questions: by their names. Takes it off the desk before. [any thread]
  void resume(Way way, const boost::json::object& responses);
  // Nobody will answer to what is open. [any thread]
  void nobody_answers(std::string_view why);

  void reply(Reply reply) override;
  void fail(const Problem& problem) override;
  void begin(ReplyHead head) override;
  crank_status data(std::string chunk) override;
  crank_status item(std::string_view json) override;
  void end() override;
  void progress(double fraction, std::string_view note) override;
  Result<ScratchFile> make_file() override;
  Result<KeptFile> open_kept(std::string_view address, const Caller& caller) override {
    return options_.places->open(address, caller);
  }
  std::uint64_t most_file_bytes() const override { return options_.places->most_bytes; }
  void artifact(Artifact artifact) override { artifacts_.push_back(std::move(artifact)); }
  // Not once it has asked: the questions and their answers are this call's.
  bool takes_deferral() const override { return options_.become_job && !asked_; }
  void deferred(std::shared_ptr<Invocation> call) override;
  crank_status ask(std::vector<Question> questions, Answered answered) override;
  void cancelled(CancelReason reason) override;

private:
  struct Outcome {
    std::string result; // JSON
    std::optional<RpcError> error;
  };

  void answer_with_files(std::string_view media_type, std::string_view body);

  // With mutex_ held.
  void finish(Outcome outcome);
  void give(const Outcome& outcome);
  void answer_with(const std::string& members);
  bool can_ask(QuestionKind kind) const;
  std::optional<Answer> known_answer(const Question& question);
  void send(const std::vector<Question>& questions);
  void hand_over();
  void withdraw();

  const OperationSpec& operation_;
  const Options options_;
  const std::string caller_; // as the desk knows it
  std::function<void()> stop_;
  std::vector<Artifact> artifacts_; // of the thread that answers
  OpenQuestions questions_;

  std::atomic<bool> asked_{false};
  std::mutex mutex_; // fail, progress, ask and abandon come from other threads than the rest
  Way way_;          // without a peer: the client is away
  bool over_ = false;
  bool cancelled_ = false;
  bool resuming_ = false;                                // what is open may have its answer already
  bool watched_ = false;                                 // somebody says when the client is gone
  std::optional<Outcome> outcome_;                       // that the client has yet to come for
  std::optional<QuestionKind> undeclared_;               // was to be asked of a client that cannot be
  std::map<std::string, std::string, std::less<>> sent_; // ids of the requests that ask, by question; JSON texts
  std::string media_type_;
  std::string bytes_;
  std::uint64_t items_ = 0;
  std::optional<McpProgress> progress_;
};

// The body of an invocation: a slice of the message that brought it.
class MessageSlice : public RequestBody {
public:
  MessageSlice(std::shared_ptr<const std::string> message, std::string_view slice)
      : message_(std::move(message)), slice_(slice) {}
  std::uint64_t size() const override { return slice_.size(); }
  std::optional<std::string_view> whole() const override { return slice_; }
  std::int64_t read(void* buffer, std::size_t capacity) override;
  void abort(std::int32_t status) override { aborted_ = status; }

private:
  const std::shared_ptr<const std::string> message_;
  const std::string_view slice_;
  std::size_t read_ = 0;
  std::atomic<std::int32_t> aborted_{0};
};

} // namespace crank
