#include "mcp/client_requests.hpp"

#include "base/text.hpp"
#include "json/json.hpp"

namespace crank {
namespace {

namespace json = boost::json;

// What clients answer who have asked somebody and got a no.
constexpr std::int64_t user_rejected = -1;
constexpr std::size_t longest_reason = 500;

Answer failed(const Question& question, crank_status status, std::string text) {
  return {question.name, status, AnswerAction::none, {}, std::move(text)};
}

RpcError wrong(std::string message) { return {RpcCode::invalid_params, std::move(message), {}, 200}; }

std::string_view text_in(const json::object& holder, std::string_view name) {
  const json::value* value = holder.if_contains(name);
  if (!value || !value->is_string()) return {};
  return {value->get_string().data(), value->get_string().size()};
}

Answer of_elicitation(const Question& question, const json::object& result) {
  const std::string_view action = text_in(result, "action");
  Answer answer;
  answer.name = question.name;
  if (action == "decline") {
    answer.action = AnswerAction::declined;
  } else if (action == "cancel") {
    answer.action = AnswerAction::dismissed;
  } else if (action == "accept") {
    answer.action = AnswerAction::accepted;
    const json::value* content = result.if_contains("content");
    if (question.kind == QuestionKind::form) answer.content = content ? json_text(*content) : "{}";
  } else {
    return failed(question, CRANK_INVALID, "the client's answer has no action that is known");
  }
  return answer;
}

} // namespace

std::string_view method_of(QuestionKind kind) {
  if (kind == QuestionKind::sampling) return "sampling/createMessage";
  return kind == QuestionKind::roots ? "roots/list" : "elicitation/create";
}

std::string params_of(const Question& question, std::string_view id) {
  std::string params = "{";
  switch (question.kind) {
  case QuestionKind::form:
    params += R"("message":)";
    append_json_string(params, question.message);
    params.append(R"(,"requestedSchema":)").append(question.json);
    break;
  case QuestionKind::url:
    params += R"("mode":"url","message":)";
    append_json_string(params, question.message);
    params += R"(,"url":)";
    append_json_string(params, question.url);
    if (!id.empty()) {
      params += R"(,"elicitationId":)";
      append_json_string(params, id);
    }
    break;
  case QuestionKind::sampling: return question.json;
  case QuestionKind::roots: break;
  }
  return params += '}';
}

std::string input_requests(const std::vector<Question>& questions) {
  std::string requests = "{";
  for (const Question& question : questions) {
    if (requests.size() > 1) requests += ',';
    append_json_string(requests, question.name);
    requests.append(R"(:{"method":")").append(method_of(question.kind));
    requests.append(R"(","params":)").append(params_of(question, {})).append("}");
  }
  return requests += '}';
}

Answer answer_of_result(const Question& question, const json::value& result) {
  const json::object* members = result.if_object();
  if (!members) return failed(question, CRANK_INVALID, "the client's answer is no object");
  if (question.kind == QuestionKind::form || question.kind == QuestionKind::url)
    return of_elicitation(question, *members);
  const bool sampled = members->contains("role") && members->contains("content");
  const json::value* roots = members->if_contains("roots");
  if (question.kind == QuestionKind::sampling ? !sampled : !roots || !roots->is_array())
    return failed(question, CRANK_INVALID,
                  "the client's answer is not one to " + std::string(method_of(question.kind)));
  return {question.name, CRANK_OK, AnswerAction::accepted, json_text(result), {}};
}

Answer answer_of_error(const Question& question, const json::value& error) {
  const json::object* members = error.if_object();
  const json::value* code = members ? members->if_contains("code") : nullptr;
  if (code && code->is_int64() && code->get_int64() == user_rejected)
    return {question.name, CRANK_OK, AnswerAction::declined, {}, {}};
  const bool unknown = code && code->is_int64() && code->get_int64() == static_cast<int>(RpcCode::method_not_found);
  std::string text = unknown ? "the client cannot be asked this" : "the client could not answer";
  const std::string_view reason = members ? text_in(*members, "message") : std::string_view();
  if (!reason.empty()) text.append(": ").append(as_utf8(shortened(reason, longest_reason)));
  return failed(question, unknown ? CRANK_UNSUPPORTED : CRANK_UNAVAILABLE, std::move(text));
}

Answer answer_of(const Question& question, std::string_view result, std::string_view error) {
  const std::string_view text = result.empty() ? error : result;
  if (text.size() > longest_client_answer)
    return failed(question, CRANK_INVALID,
                  "the client's answer is longer than " + std::to_string(longest_client_answer) + " bytes");
  const auto parsed = parse_json(text);
  if (!parsed) return failed(question, CRANK_INVALID, "the client's answer is " + parsed.error());
  return result.empty() ? answer_of_error(question, *parsed) : answer_of_result(question, *parsed);
}

Result<json::object, RpcError> input_responses(const RpcMessage& message) {
  const std::string_view text = message.input_responses;
  if (message.params.contains("inputResponses")) return wrong("params/inputResponses must be an object");
  if (text.size() > longest_client_answer)
    return wrong("params/inputResponses is longer than " + std::to_string(longest_client_answer) + " bytes");
  if (text.empty()) return json::object();
  auto parsed = parse_json(text);
  if (!parsed) return wrong("params/inputResponses is " + parsed.error());
  return std::move(parsed->get_object());
}

} // namespace crank
