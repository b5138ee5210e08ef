#include "abi/question.hpp"

#include "abi/text.hpp"
#include "base/text.hpp"
#include "json/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>

namespace crank {
namespace {

namespace json = boost::json;

constexpr std::size_t longest_name = 64, longest_message = 8192, longest_json = 65536, longest_url = 2048;

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= longest_name && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

bool is_message(std::string_view text) {
  return !text.empty() && text.size() <= longest_message && text == as_utf8(text);
}

// Addresses that a person may be asked to open: nobody on the way reads or changes what they say there.
bool is_url(std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (!plain || text.size() > longest_url) return false;
  constexpr std::string_view secure = "https://";
  if (text.starts_with(secure)) return text.size() > secure.size();
  for (const std::string_view local : {"http://localhost", "http://127.0.0.1", "http://[::1]"}) {
    if (!text.starts_with(local)) continue;
    const std::string_view rest = text.substr(local.size());
    if (rest.empty() || rest.front() == ':' || rest.front() == '/' || rest.front() == '?') return true;
  }
  return false;
}

bool is_text(const json::value* value, std::string_view text) {
  return value && value->is_string() && value->get_string() == text;
}

// MCP's clients draw a form of it, and can draw no other.
bool is_form_field(const json::value& schema) {
  const json::object* members = schema.if_object();
  const json::value* type = members ? members->if_contains("type") : nullptr;
  if (!type || members->contains("properties")) return false;
  for (const std::string_view plain : {"string", "number", "integer", "boolean"}) {
    if (is_text(type, plain)) return true;
  }
  if (!is_text(type, "array")) return false;
  const json::value* items = members->if_contains("items");
  const json::object* item = items ? items->if_object() : nullptr;
  return item && (item->contains("enum") || item->contains("anyOf"));
}

std::string form_fault(const json::object& schema) {
  if (!is_text(schema.if_contains("type"), "object")) return "the form's schema is not of type object";
  const json::value* properties = schema.if_contains("properties");
  if (!properties || !properties->is_object()) return "the form's schema has no properties";
  for (const auto& [name, property] : properties->get_object()) {
    if (!is_form_field(property))
      return "/properties/" + std::string(name) + " is not a string, a number, a boolean or a choice";
  }
  return {};
}

// Without what names an enumeration's values for people, which was MCP's before JSON Schema had words for it.
json::value without_titles(json::value schema) {
  for (auto& property : schema.get_object()["properties"].get_object())
    property.value().get_object().erase("enumNames");
  return schema;
}

std::string sampling_fault(const json::object& params) {
  const json::value* messages = params.if_contains("messages");
  if (!messages || !messages->is_array() || messages->get_array().empty()) return "sampling has no messages";
  const json::value* tokens = params.if_contains("maxTokens");
  return tokens && tokens->is_number() ? std::string() : "sampling has no maxTokens";
}

QuestionFault fault(std::string text) { return {CRANK_INVALID, std::move(text)}; }

std::optional<QuestionFault> take_json(std::string_view text, CheckedQuestion& checked) {
  if (text.size() > longest_json) return fault("its JSON is longer than " + std::to_string(longest_json) + " bytes");
  const auto parsed = parse_json(text);
  if (!parsed) return fault("its JSON is " + parsed.error());
  const json::object* members = parsed->if_object();
  if (!members) return fault("its JSON is no object");
  const bool form = checked.question.kind == QuestionKind::form;
  if (std::string wrong = form ? form_fault(*members) : sampling_fault(*members); !wrong.empty())
    return fault(std::move(wrong));
  checked.question.json = json_text(*parsed);
  if (!form) return std::nullopt;
  auto schema = Schema::compile(without_titles(*parsed));
  if (!schema) return fault("its schema cannot be used: " + schema.error());
  checked.schema = std::make_shared<const Schema>(*std::move(schema));
  return std::nullopt;
}

} // namespace

Result<CheckedQuestion, QuestionFault> question_from_abi(const crank_question* question) {
  if (!question || !CRANK_HAS_FIELD(crank_question, question, url)) return fault("it is shorter than its type");
  if (!is_readable(question->name) || !is_readable(question->message) || !is_readable(question->json) ||
      !is_readable(question->url))
    return fault("a text of it has a length and no pointer");
  if (question->kind < CRANK_ASK_FORM || question->kind > CRANK_ASK_ROOTS)
    return QuestionFault{CRANK_UNSUPPORTED, "its kind is not known here"};
  CheckedQuestion checked;
  Question& out = checked.question;
  out.kind = static_cast<QuestionKind>(question->kind);
  out.name = from_abi(question->name);
  if (!is_name(out.name)) return fault("its name is not of 1 to 64 letters, digits, '_' and '-'");
  const bool for_person = out.kind == QuestionKind::form || out.kind == QuestionKind::url;
  if (for_person && !is_message(from_abi(question->message)))
    return fault("its message is empty, no UTF-8, or longer than " + std::to_string(longest_message) + " bytes");
  if (for_person) out.message = from_abi(question->message);
  if (out.kind == QuestionKind::url) {
    if (!is_url(from_abi(question->url))) return fault("its url is not an https:// address");
    out.url = from_abi(question->url);
  }
  if (out.kind == QuestionKind::form || out.kind == QuestionKind::sampling) {
    if (auto wrong = take_json(from_abi(question->json), checked)) return *std::move(wrong);
  }
  return checked;
}

void check_answer(const Schema& schema, Answer& answer) {
  if (answer.status != CRANK_OK || answer.action != AnswerAction::accepted) return;
  const auto content = parse_json(answer.content);
  std::string wrong = content ? std::string() : "it is " + content.error();
  if (content) {
    const auto findings = schema.check(*content, 1);
    if (!findings.empty()) wrong = findings.front().pointer + " " + findings.front().message;
  }
  if (wrong.empty()) return;
  answer = Answer{
      std::move(answer.name), CRANK_INVALID, AnswerAction::none, {}, "the answer does not fit the form: " + wrong};
}

crank_answer answer_to_abi(const Answer& answer) {
  return {sizeof(crank_answer), answer.status,          static_cast<std::int32_t>(answer.action),
          to_abi(answer.name),  to_abi(answer.content), to_abi(answer.text)};
}

} // namespace crank
