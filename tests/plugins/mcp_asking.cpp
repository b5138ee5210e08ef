// mcp_asking: well-behaved. Tools that ask their caller: those of the official conformance suite of the Model Context
// Protocol, and a few for our own tests. In C++ with crank.hpp, blocking and deferred.
#include <crank/crank.hpp>
#include <crank/json.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

using crank::Answer;
using crank::Answers;
using crank::Question;

// A form of one required property.
std::string form(std::string_view property, std::string_view schema) {
  std::string text = R"({"type":"object","properties":{")";
  text.append(property).append(R"(":)").append(schema);
  return text.append(R"(},"required":[")").append(property).append(R"("]})");
}

constexpr std::string_view a_string = R"({"type":"string"})", a_flag = R"({"type":"boolean"})";

// For the questions that a person is asked by name in ask_*: what an answer must fit.
const std::string person_form = R"({"type":"object","properties":{
  "name":{"type":"string","minLength":1},"age":{"type":"integer","minimum":0}},"required":["name"]})";

const std::string account_form = R"({"type":"object","properties":{
  "username":{"type":"string","description":"User's response"},
  "email":{"type":"string","description":"User's email address"}},"required":["username","email"]})";

const std::string defaults_form = R"({"type":"object","properties":{
  "name":{"type":"string","default":"John Doe"},"age":{"type":"integer","default":30},
  "score":{"type":"number","default":95.5},
  "status":{"type":"string","enum":["active","inactive","pending"],"default":"active"},
  "verified":{"type":"boolean","default":true}},"required":[]})";

const std::string choices_form = R"({"type":"object","properties":{
  "untitledSingle":{"type":"string","enum":["option1","option2","option3"]},
  "titledSingle":{"type":"string","oneOf":[{"const":"value1","title":"First Option"},
    {"const":"value2","title":"Second Option"},{"const":"value3","title":"Third Option"}]},
  "legacyEnum":{"type":"string","enum":["opt1","opt2","opt3"],"enumNames":["Option One","Option Two","Option Three"]},
  "untitledMulti":{"type":"array","items":{"type":"string","enum":["option1","option2","option3"]}},
  "titledMulti":{"type":"array","items":{"anyOf":[{"const":"value1","title":"First Choice"},
    {"const":"value2","title":"Second Choice"},{"const":"value3","title":"Third Choice"}]}}},"required":[]})";

std::string prompt(std::string_view json_text, int tokens) {
  return R"({"messages":[{"role":"user","content":{"type":"text","text":)" + std::string(json_text) +
         R"(}}],"maxTokens":)" + std::to_string(tokens) + "}";
}

std::string quoted(std::string_view text) {
  std::string out(text.size() * 6 + 2, '"');
  const std::size_t size = crank_json_escape(text.data(), text.size(), out.data() + 1, out.size() - 2);
  out.resize(size + 1);
  return out + '"';
}

// The member of an object that passed a schema, as JSON; `otherwise` without it.
std::string member(std::string_view object, std::string_view name, std::string_view otherwise) {
  crank_json_cursor cursor = crank_json_each({object.data(), object.size()});
  crank_str key{}, value{};
  while (crank_json_next(&cursor, &key, &value)) {
    if (std::string_view(key.ptr, key.len) == "\"" + std::string(name) + "\"") return std::string(value.ptr, value.len);
  }
  return std::string(otherwise);
}

std::string_view action_of(const Answer& answer) {
  if (answer.accepted()) return "accept";
  if (answer.action == CRANK_ANSWER_DECLINED) return "decline";
  return answer.action == CRANK_ANSWER_DISMISSED ? "cancel" : "none";
}

std::string report(const Answers& answers) {
  std::string out = R"({"answers":[)";
  for (const Answer& one : answers) {
    if (out.back() != '[') out += ',';
    out.append(R"({"name":")").append(one.name).append(R"(","status":)").append(std::to_string(one.status));
    out.append(R"(,"action":")").append(action_of(one)).append(R"(","content":)");
    out.append(one.content.empty() ? "null" : one.content).append(R"(,"text":)").append(quoted(one.text)).append("}");
  }
  return out + "]}";
}

class Asking : public crank::Plugin {
public:
  using crank::Plugin::Plugin;

  crank_status call(crank::Call& call) override {
    static const std::map<std::string_view, crank_status (Asking::*)(crank::Call&) const> tools{
        {"ask_person", &Asking::person},
        {"ask_later", &Asking::later},
        {"ask_page", &Asking::page},
        {"test_input_required_result_multi_round", &Asking::rounds},
        {"test_elicitation", &Asking::elicitation},
        {"test_sampling", &Asking::sampling}};
    const auto special = tools.find(call.operation());
    if (special != tools.end()) return (this->*special->second)(call);
    const auto found = questions.find(call.operation());
    if (found == questions.end()) return call.fail(CRANK_NOT_FOUND, "there is no such operation");
    call.write(report(host().ask_all(call, found->second)));
    return CRANK_OK;
  }

private:
  static const std::map<std::string_view, std::vector<Question>> questions;

  // `twice`: one after the other.
  crank_status person(crank::Call& call) const {
    const bool twice = member(call.body(), "twice", "false") == "true";
    Answers all = host().ask_all(call, {Question::form("person", "Who are you?", person_form)});
    if (twice) all.push_back(host().ask(call, Question::form("friend", "And your friend?", person_form)));
    call.write(report(all));
    return CRANK_OK;
  }

  crank_status later(crank::Call& call) const {
    const auto later = std::make_shared<crank::Deferred>(call.defer());
    try {
      host().ask_all(
          *later,
          {Question::form("person", "Who are you?", person_form), Question::form("pet", "And your pet?", person_form)},
          [later](const Answers& answers) {
            const crank_status status = later->try_write(report(answers));
            later->finish(status == CRANK_OK ? answers.front().status : status);
          });
    } catch (const crank::Error& error) {
      later->finish(later->fail(error));
    }
    return CRANK_PENDING;
  }

  crank_status page(crank::Call& call) const {
    call.write(report({host().ask(call, Question::open_url("page", "Sign in there", "https://example.org/sign-in"))}));
    return CRANK_OK;
  }

  crank_status rounds(crank::Call& call) const {
    Answers all{host().ask(call, Question::form("step1", "Step 1: What is your name?", form("name", a_string)))};
    all.push_back(
        host().ask(call, Question::form("step2", "Step 2: What is your favorite color?", form("color", a_string))));
    call.write(report(all));
    return CRANK_OK;
  }

  crank_status elicitation(crank::Call& call) const {
    std::string message = member(call.body(), "message", {});
    const bool plain = std::all_of(message.begin(), message.end(), [](char c) { return c >= ' ' && c <= '~'; });
    if (message.size() <= 2 || message.size() > 502 || message.front() != '"' || !plain)
      message = "\"Who are you?\""; // input that broke the schema
    const Answer answer =
        host().ask(call, Question::form("account", message.substr(1, message.size() - 2), account_form));
    call.write(report({answer}));
    return CRANK_OK;
  }

  crank_status sampling(crank::Call& call) const {
    call.write(report(
        {host().ask(call, Question::sampling("prompt", prompt(member(call.body(), "prompt", "\"Hello\""), 100)))}));
    return CRANK_OK;
  }
};

const std::map<std::string_view, std::vector<Question>> Asking::questions{
    {"test_elicitation_sep1034_defaults", {Question::form("details", "Check your details", defaults_form)}},
    {"test_elicitation_sep1330_enums", {Question::form("choices", "Choose", choices_form)}},
    {"test_input_required_result_elicitation",
     {Question::form("user_name", "What is your name?", form("name", a_string))}},
    {"test_input_required_result_sampling",
     {Question::sampling("capital_question", prompt("\"What is the capital of France?\"", 100))}},
    {"test_input_required_result_list_roots", {Question::roots("client_roots")}},
    {"test_input_required_result_request_state", {Question::form("confirm", "Please confirm", form("ok", a_flag))}},
    {"test_input_required_result_tampered_state", {Question::form("confirm", "Please confirm", form("ok", a_flag))}},
    {"test_input_required_result_multiple_inputs",
     {Question::form("user_name", "What is your name?", form("name", a_string)),
      Question::sampling("greeting", prompt("\"Generate a greeting\"", 50)), Question::roots("client_roots")}},
    {"test_input_required_result_capabilities",
     {Question::form("user_name", "What is your name?", form("name", a_string)),
      Question::sampling("greeting", prompt("\"Generate a greeting\"", 50))}},
    {"test_missing_capability", {Question::sampling("thought", prompt("\"Think of a number\"", 10))}},
    {"test_streaming_elicitation", {Question::form("user_name", "What is your name?", form("name", a_string))}},
    {"ask_short", {Question::form("person", "Who are you?", person_form)}},
    {"confirm_delete", {Question::form("confirm", "Delete it?", form("confirm", a_flag))}},
    {"multi_input",
     {Question::form("first", "First?", form("confirm", a_flag)),
      Question::form("second", "Second?", form("confirm", a_flag))}},
};

} // namespace

CRANK_PLUGIN(Asking, R"json({
  "id": "mcp_asking", "version": "1.0.0", "description": "test plugin: tools that ask their caller",
  "capabilities": [
    {"id": "ask_person", "verb": "ask", "version": "1.0.0", "description": "Asks who the person is.",
     "input_schema": {"type": "object", "properties": {"twice": {"type": "boolean"}}}, "limits": {"timeout_ms": 60000, "max_concurrency": 8}},
    {"id": "ask_later", "verb": "ask", "version": "1.0.0", "description": "Asks two things at once, and holds no thread."},
    {"id": "ask_short", "verb": "ask", "version": "1.0.0", "description": "Asks, and waits for half a second.", "limits": {"timeout_ms": 500}},
    {"id": "ask_page", "verb": "ask", "version": "1.0.0", "description": "Asks to open a page."},
    {"id": "test_sampling", "verb": "test", "version": "1.0.0", "description": "Asks the model.",
     "input_schema": {"type": "object", "properties": {"prompt": {"type": "string"}}}},
    {"id": "test_elicitation", "verb": "test", "version": "1.0.0", "description": "Asks the person.",
     "input_schema": {"type": "object", "properties": {"message": {"type": "string", "minLength": 1, "maxLength": 500}}}},
    {"id": "test_elicitation_sep1034_defaults", "verb": "test", "version": "1.0.0", "description": "Asks with defaults."},
    {"id": "test_elicitation_sep1330_enums", "verb": "test", "version": "1.0.0", "description": "Asks for choices."},
    {"id": "test_input_required_result_elicitation", "verb": "test", "version": "1.0.0", "description": "Asks for a name."},
    {"id": "test_input_required_result_sampling", "verb": "test", "version": "1.0.0", "description": "Asks for a capital."},
    {"id": "test_input_required_result_list_roots", "verb": "test", "version": "1.0.0", "description": "Asks for folders."},
    {"id": "test_input_required_result_request_state", "verb": "test", "version": "1.0.0", "description": "Asks to confirm."},
    {"id": "test_input_required_result_tampered_state", "verb": "test", "version": "1.0.0", "description": "Asks to confirm."},
    {"id": "test_input_required_result_multiple_inputs", "verb": "test", "version": "1.0.0", "description": "Asks three things."},
    {"id": "test_input_required_result_multi_round", "verb": "test", "version": "1.0.0", "description": "Asks twice."},
    {"id": "test_input_required_result_capabilities", "verb": "test", "version": "1.0.0", "description": "Asks what can be asked."},
    {"id": "test_missing_capability", "verb": "test", "version": "1.0.0", "description": "Needs the model."},
    {"id": "test_streaming_elicitation", "verb": "test", "version": "1.0.0", "description": "Asks for a name."},
    {"id": "confirm_delete", "verb": "delete", "version": "1.0.0", "description": "Asks before it acts.",
     "input_schema": {"type": "object", "properties": {"filename": {"type": "string"}}}, "limits": {"timeout_ms": 120000}},
    {"id": "multi_input", "verb": "ask", "version": "1.0.0", "description": "Asks two things at once.", "limits": {"timeout_ms": 120000}}
  ]
})json")
