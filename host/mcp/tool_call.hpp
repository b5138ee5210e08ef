// One call of a tool: the way of an invocation's answer to the client that called. Knows the engine and peers.
#pragma once

#include "engine/engine.hpp"
#include "mcp/artifact_contents.hpp"
#include "mcp/era.hpp"
#include "mcp/peer.hpp"
#include "mcp/progress.hpp"
#include "mcp/results.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace crank {

class ToolCall : public ReplySink {
public:
  struct Options {
    std::string id;             // of the request, JSON text
    std::string progress_token; // JSON text, or empty
    Era era = Era::legacy;
    std::string uri;                                     // of what it answers with, where that has to be a resource
    const McpIdentity* identity = nullptr;               // outlives it
    const AnswerFiles* places = nullptr;                 // outlives it
    std::string base;                                    // as artifact_contents() takes it
    std::shared_ptr<const RequestAttributes> attributes; // with the caller, whose its files are
    std::string request_id, traceparent;
    std::function<void()> over = {}; // called before the answer is given
  };
  // `operation` lives as long as the host.
  ToolCall(const OperationSpec& operation, std::shared_ptr<McpPeer> peer, Options options)
      : operation_(operation), peer_(std::move(peer)), options_(std::move(options)),
        progress_(options_.progress_token) {}

  // The client wants no answer any more. [any thread]
  void abandon();

  void reply(Reply reply) override;
  void fail(const Problem& problem) override;
  void begin(ReplyHead head) override;
  crank_status data(std::string chunk) override;
  crank_status item(std::string_view json) override;
  void end() override;
  void progress(double fraction, std::string_view note) override;
  Result<ScratchFile> make_file() override;
  std::uint64_t most_file_bytes() const override { return options_.places->most_bytes; }
  void artifact(Artifact artifact) override { artifacts_.push_back(std::move(artifact)); }

private:
  void answer_with_files(std::string_view media_type, std::string_view body);
  void answer(McpAnswer answer);
  void answer_with(const std::string& members);

  const OperationSpec& operation_;
  const std::shared_ptr<McpPeer> peer_;
  const Options options_;
  std::vector<Artifact> artifacts_; // of the thread that answers

  std::mutex mutex_; // fail, progress and abandon come from other threads than the rest
  bool over_ = false;
  std::string media_type_;
  std::string bytes_;
  std::uint64_t items_ = 0;
  McpProgress progress_;
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
