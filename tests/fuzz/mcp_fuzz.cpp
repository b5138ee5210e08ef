// libFuzzer target for what a client of the MCP door sends: messages, their era, and fields in base 64.
#include "mcp/base64.hpp"
#include "mcp/client_abilities.hpp"
#include "mcp/client_requests.hpp"
#include "mcp/era.hpp"
#include "mcp/json_rpc.hpp"
#include "json/json.hpp"

#include <boost/json.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace crank;

void must(bool holds) {
  if (!holds) std::abort();
}

// Every field of the HTTP request says the same.
class Fields : public RequestAttributes {
public:
  explicit Fields(std::string_view text) : text_(text) {}
  std::optional<std::string_view> get(std::string_view) const override { return text_; }
  bool each(std::string_view, const Visitor&) const override { return true; }
  const Caller& caller() const override { return caller_; }

private:
  const std::string_view text_;
  const Caller caller_;
};

void check_out(const std::string& message) {
  must(message.find_first_of("\r\n") == std::string::npos);
  must(static_cast<bool>(parse_json(message)));
}

// What a plugin gets of an answer is JSON, and what it asked for.
void check_answer(const Answer& answer) {
  must((answer.status == CRANK_OK) == (answer.action != AnswerAction::none));
  must(answer.content.empty() || (answer.action == AnswerAction::accepted && parse_json(answer.content)));
}

void check_answers(const RpcMessage& message) {
  Question question;
  for (const QuestionKind kind : {QuestionKind::form, QuestionKind::url, QuestionKind::sampling, QuestionKind::roots}) {
    question.kind = kind;
    if (message.kind == RpcMessage::Kind::response) check_answer(answer_of(question, message.result, message.error));
    const auto responses = input_responses(message);
    if (!responses) continue;
    for (const auto& member : *responses) check_answer(answer_of_result(question, member.value()));
  }
}

void check_message(const RpcMessage& message, const RequestAttributes* headers) {
  must(message.kind == RpcMessage::Kind::response || !message.method.empty());
  check_out(rpc_result(message.id, "{}"));
  if (!message.arguments.empty()) {
    must(message.arguments.front() == '{' && message.arguments.back() == '}');
    std::string line;
    append_on_one_line(line, message.arguments);
    must(line.find_first_of("\r\n") == std::string::npos);
    const auto before = parse_json(message.arguments), after = parse_json(line);
    must(static_cast<bool>(before) == static_cast<bool>(after) && (!before || *before == *after));
  }
  const auto era = era_of(message, headers);
  if (!era) return check_out(rpc_error(message.id, era.error()));
  check_answers(message);
  static_cast<void>(abilities_of(declared_capabilities(message)));
  static_cast<void>(negotiated_mcp_version(message));
  static_cast<void>(declares_extension(message, tasks_extension));
  if (*era == Era::modern && headers) {
    if (const auto error = check_mirrors(message, *headers)) check_out(rpc_error(message.id, *error));
  }
}

// A message that another reader takes is taken here.
bool is_plain_request(std::string_view text) {
  const auto value = parse_json(text);
  const boost::json::object* members = value ? value->if_object() : nullptr;
  if (!members) return false;
  const auto* version = members->if_contains("jsonrpc");
  const auto* id = members->if_contains("id");
  const auto* method = members->if_contains("method");
  const auto* params = members->if_contains("params");
  return version && *version == "2.0" && id && id->is_int64() && method && method->is_string() &&
         !method->get_string().empty() && text.size() < 200 && (!params || params->is_object());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size); // its own allocation, so that overreads are seen
  const auto message = read_rpc(text);
  if (message) {
    const Fields modern(modern_mcp_version), same(message->method), odd(text);
    for (const RequestAttributes* headers : {static_cast<const Fields*>(nullptr), &modern, &same, &odd})
      check_message(*message, headers);
  } else {
    check_out(rpc_error(message.error().id, message.error().error));
    // "2.0" may be spelt with escapes, which nobody does.
    must(!is_plain_request(text) || text.find('\\') != std::string::npos);
  }
  if (const auto bytes = decode_base64(text)) {
    std::string again;
    append_base64(again, *bytes);
    must(again == text);
  }
  static_cast<void>(mirrored_text(text));
  static_cast<void>(abilities_of_session(text));
  return 0;
}
