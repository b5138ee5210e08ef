// The part of ToolCall that asks the client.
#include "mcp/client_requests.hpp"
#include "mcp/tool_call.hpp"

#include <algorithm>

namespace crank {
namespace {

// For which a parked call's answer waits longer than the call itself may take.
constexpr std::chrono::seconds time_to_fetch{30};

crank_status tell_known(std::vector<std::optional<Answer>> known, const Answered& answered) {
  std::vector<Answer> answers;
  for (auto& one : known) answers.push_back(*std::move(one));
  const bool none =
      std::all_of(answers.begin(), answers.end(), [](const Answer& one) { return one.status != CRANK_OK; });
  if (none) return CRANK_UNSUPPORTED;
  answered(std::move(answers));
  return CRANK_OK;
}

} // namespace

// In the legacy era a question needs the way of what comes before an answer.
bool ToolCall::can_ask(QuestionKind kind) const {
  return way_.abilities.covers(kind) && (options_.era == Era::modern || way_.peer->takes_requests());
}

// One that needs no asking, or cannot be had by it. What a client offers and is no answer is asked for.
std::optional<Answer> ToolCall::known_answer(const Question& question) {
  if (const auto* offered = options_.offered.if_contains(question.name)) {
    if (Answer answer = answer_of_result(question, *offered); answer.status == CRANK_OK) return answer;
  }
  if (can_ask(question.kind)) return std::nullopt;
  undeclared_ = question.kind;
  return Answer{question.name, CRANK_UNSUPPORTED, AnswerAction::none, {}, "the caller cannot be asked this"};
}

crank_status ToolCall::ask(std::vector<Question> questions, Answered answered) {
  std::vector<std::optional<Answer>> known;
  std::vector<Question> open;
  std::shared_ptr<McpPeer> watched;
  {
    const std::lock_guard lock(mutex_);
    if (over_ || cancelled_) return CRANK_CANCELLED;
    asked_ = true;
    for (const Question& question : questions) {
      known.push_back(known_answer(question));
      if (!known.back()) open.push_back(question);
    }
    if (!open.empty()) {
      crank_status status = options_.desk->admits(caller_, open.size());
      if (status == CRANK_OK) status = questions_.add(std::move(questions), std::move(known), std::move(answered));
      if (status != CRANK_OK) return status;
      options_.era == Era::modern ? hand_over() : send(open);
      if (options_.era == Era::legacy && !std::exchange(watched_, true)) watched = way_.peer;
    }
  }
  if (open.empty()) return tell_known(std::move(known), answered);
  if (watched) { // which may call at once
    watched->on_gone([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->nobody_answers("the client is gone");
    });
  }
  return CRANK_OK;
}

void ToolCall::send(const std::vector<Question>& questions) {
  for (const Question& question : questions) {
    const std::string id = options_.desk->open(weak_from_this(), question.name, caller_);
    if (id.empty()) continue; // it waits for the end of the call
    sent_[question.name] = id;
    way_.peer->notify(
        rpc_request(id, method_of(question.kind), params_of(question, std::string_view(id).substr(1, id.size() - 2))));
  }
}

// Everything that is open, in the place of an answer. While the client is away it waits until it is back.
void ToolCall::hand_over() {
  if (over_ || resuming_ || !way_.peer) return;
  const std::vector<Question> open = questions_.open();
  if (open.empty()) return;
  const auto time = std::chrono::milliseconds(operation_.limits.timeout_ms) + time_to_fetch;
  const std::string state = options_.desk->park(shared_from_this(), operation_.name, caller_, time);
  if (state.empty()) return;
  std::string members = R"("inputRequests":)" + input_requests(open);
  members.append(R"(,"requestState":")").append(state).append("\"");
  give({finished_result(options_.era, members, *options_.identity, "input_required"), std::nullopt});
}

void ToolCall::client_answered(std::string_view question, std::string_view result, std::string_view error) {
  {
    const std::lock_guard lock(mutex_);
    const auto sent = sent_.find(question);
    if (sent != sent_.end()) sent_.erase(sent);
  }
  for (const Question& open : questions_.open()) {
    if (open.name == question) questions_.answer(answer_of(open, result, error));
  }
}

void ToolCall::resume(Way way, const boost::json::object& responses) {
  {
    const std::lock_guard lock(mutex_);
    way_ = std::move(way);
    progress_.emplace(way_.progress_token);
    if (outcome_) return give(*std::exchange(outcome_, std::nullopt));
    if (over_) { // it was cancelled, and nobody waits for it
      if (way_.over) way_.over();
      return std::exchange(way_.peer, nullptr)->abandon();
    }
    resuming_ = true;
  }
  for (const Question& open : questions_.open()) {
    const auto* response = responses.if_contains(open.name);
    if (response) questions_.answer(answer_of_result(open, *response));
  }
  const std::lock_guard lock(mutex_);
  resuming_ = false;
  hand_over(); // again what had no answer, and what was asked meanwhile
}

void ToolCall::nobody_answers(std::string_view why) {
  {
    const std::lock_guard lock(mutex_);
    withdraw();
  }
  questions_.end(CRANK_UNAVAILABLE, why);
}

void ToolCall::cancelled(CancelReason reason) {
  {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    withdraw();
  }
  const bool late = reason == CancelReason::deadline;
  questions_.end(late ? CRANK_DEADLINE : CRANK_CANCELLED,
                 late ? "there was no answer in time" : "the call was cancelled");
}

// The client need not ask anybody any more.
void ToolCall::withdraw() {
  for (const auto& [question, id] : std::exchange(sent_, {})) {
    options_.desk->close(id);
    if (way_.peer) way_.peer->notify(rpc_notification("notifications/cancelled", R"({"requestId":)" + id + "}"));
  }
}

} // namespace crank
