#include "mcp/tool_call.hpp"

#include "engine/operation.hpp"
#include "mcp/client_requests.hpp"
#include "json/json.hpp"

#include <cstring>

namespace crank {
namespace {

namespace json = boost::json;

// A client has to hold it, too, and most give up long before.
constexpr std::size_t longest_result = 64 * 1024 * 1024;

} // namespace

std::int64_t MessageSlice::read(void* buffer, std::size_t capacity) {
  if (const std::int32_t status = aborted_; status != 0) return status;
  const std::size_t count = std::min(capacity, slice_.size() - read_);
  if (count > 0) std::memcpy(buffer, slice_.data() + read_, count);
  read_ += count;
  return static_cast<std::int64_t>(count);
}

ToolCall::ToolCall(const OperationSpec& operation, Way way, Options options)
    : operation_(operation), options_(std::move(options)), caller_(caller_key(options_.attributes->caller())),
      way_(std::move(way)) {
  progress_.emplace(way_.progress_token);
}

void ToolCall::abandon() {
  const std::lock_guard lock(mutex_);
  if (std::exchange(over_, true)) return;
  withdraw();
  if (!way_.peer) return;
  if (way_.over) way_.over();
  std::exchange(way_.peer, nullptr)->abandon();
}

void ToolCall::finish(Outcome outcome) {
  if (std::exchange(over_, true)) return;
  withdraw();
  if (way_.peer)
    give(outcome);
  else
    outcome_ = std::move(outcome);
}

void ToolCall::give(const Outcome& outcome) {
  if (way_.over) way_.over();
  const auto peer = std::exchange(way_.peer, nullptr);
  if (outcome.error)
    peer->answer({rpc_error(way_.id, *outcome.error), outcome.error->http_status, {}});
  else
    peer->answer({rpc_result(way_.id, outcome.result), 200, {}});
}

void ToolCall::answer_with(const std::string& members) {
  finish({finished_result(options_.era, members, *options_.identity), std::nullopt});
}

// Keeping them waits for a disk, and nobody else shall.
void ToolCall::answer_with_files(std::string_view media_type, std::string_view body) {
  std::string blocks;
  if (!artifacts_.empty()) {
    NewJob call;
    call.operation = operation_.name;
    call.caller = options_.attributes->caller();
    call.request_id = options_.request_id;
    call.traceparent = options_.traceparent;
    auto contents = artifact_contents(std::exchange(artifacts_, {}), call, *options_.places, options_.base);
    if (!contents) return fail(contents.error());
    blocks = *std::move(contents);
  }
  const std::string members = tool_result(operation_, media_type, body, options_.uri, blocks);
  const std::lock_guard lock(mutex_);
  answer_with(members);
}

Result<ScratchFile> ToolCall::make_file() { return options_.places->make_file(); }

void ToolCall::reply(Reply reply) { answer_with_files(reply.content_type, reply.body); }

void ToolCall::deferred(std::shared_ptr<Invocation> call) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(over_, true)) return; // its client wants no job either
    if (way_.over) way_.over();
    way_.peer.reset(); // the job's acceptance is its answer
  }
  options_.become_job(std::move(call));
}

void ToolCall::fail(const Problem& problem) {
  const std::lock_guard lock(mutex_);
  // It cannot go on without: the client learns what to declare. (SEP-2575)
  if (options_.era == Era::modern && undeclared_ && problem.status == CRANK_UNSUPPORTED) {
    const json::object needed{{"requiredCapabilities", capability_for(*undeclared_)}};
    return finish({{}, RpcError{RpcCode::missing_client_capability, problem.detail, json_text(needed), 400}});
  }
  answer_with(tool_problem(problem));
}

void ToolCall::begin(ReplyHead head) {
  const std::lock_guard lock(mutex_);
  if (!operation_.streaming) media_type_ = std::move(head.media_type);
}

crank_status ToolCall::data(std::string chunk) {
  const std::lock_guard lock(mutex_);
  if (over_) return CRANK_CANCELLED;
  if (bytes_.size() + chunk.size() > longest_result) return CRANK_EXHAUSTED;
  bytes_ += chunk;
  return CRANK_OK;
}

crank_status ToolCall::item(std::string_view json) {
  const std::lock_guard lock(mutex_);
  if (over_) return CRANK_CANCELLED;
  if (bytes_.size() + json.size() + 16 > longest_result) return CRANK_EXHAUSTED;
  bytes_ += items_++ == 0 ? "{\"items\":[" : ",";
  bytes_ += json;
  if (!way_.peer || !way_.peer->listens()) return CRANK_OK;
  if (auto message = progress_->items(items_)) way_.peer->notify(*std::move(message));
  return CRANK_OK;
}

void ToolCall::end() {
  std::string bytes, media_type;
  {
    const std::lock_guard lock(mutex_);
    if (over_) return;
    if (operation_.streaming) bytes_ += items_ == 0 ? "{\"items\":[]}" : "]}";
    bytes = std::move(bytes_);
    media_type = operation_.streaming ? "application/json" : std::move(media_type_);
  }
  answer_with_files(media_type, bytes);
}

void ToolCall::progress(double fraction, std::string_view note) {
  const std::lock_guard lock(mutex_);
  if (over_ || !progress_->wanted() || !way_.peer || !way_.peer->listens()) return;
  if (auto message = progress_->at(fraction, note)) way_.peer->notify(*std::move(message));
}

} // namespace crank
