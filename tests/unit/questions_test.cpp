// Questions to callers: what a plugin may ask, what waits, and what clients of MCP answer.
#include "catch.hpp"

#include "abi/question.hpp"
#include "abi/text.hpp"
#include "engine/open_questions.hpp"
#include "mcp/client_abilities.hpp"
#include "mcp/client_requests.hpp"
#include "mcp/question_desk.hpp"
#include "mcp/tool_call.hpp"
#include "json/json.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <vector>

using namespace crank;

namespace {

const std::string name_form = R"({"type":"object","properties":{"name":{"type":"string"}},"required":["name"]})";

struct Raw {
  std::int32_t kind = CRANK_ASK_FORM;
  std::string name = "who", message = "Who are you?", json = name_form, url = {};
};

Result<CheckedQuestion, QuestionFault> checked(const Raw& raw) {
  const crank_question question{sizeof(crank_question), raw.kind,       0, to_abi(raw.name), to_abi(raw.message),
                                to_abi(raw.json),       to_abi(raw.url)};
  return question_from_abi(&question);
}

Question named(std::string name) {
  Question question;
  question.name = std::move(name);
  return question;
}

Answer yes(std::string name) { return {std::move(name), CRANK_OK, AnswerAction::accepted, "{}", {}}; }

// A set of questions and what it is told.
struct Told {
  std::vector<Answer> answers;
  int times = 0;
  Answered answered() {
    return [this](std::vector<Answer> all) {
      answers = std::move(all);
      ++times;
    };
  }
};

} // namespace

TEST_CASE("questions that a plugin may ask") {
  CHECK(checked({}));
  CHECK(checked({CRANK_ASK_ROOTS, "r", "", "", ""}));
  CHECK(checked({CRANK_ASK_URL, "page", "Open it", "", "https://example.org/x?y=1"}));
  CHECK(checked({CRANK_ASK_URL, "page", "Open it", "", "http://localhost:8080/x"}));
  CHECK(checked({CRANK_ASK_SAMPLING, "s", "", R"({"messages":[{}],"maxTokens":10})", ""}));
  for (const char* field :
       {R"({"type":"number"})", R"({"type":"boolean"})", R"({"type":"string","enum":["a"],"enumNames":["A"]})",
        R"({"type":"array","items":{"anyOf":[{"const":"a","title":"A"}]}})", R"({"type":"string","format":"email"})"}) {
    CAPTURE(field);
    CHECK(
        checked({CRANK_ASK_FORM, "f", "m", R"({"type":"object","properties":{"x":)" + std::string(field) + "}}", ""}));
  }
}

TEST_CASE("questions that a plugin must not ask") {
  for (const char* json :
       {"", "{", "[]", "{}", R"({"type":"object"})", R"({"type":"string","properties":{}})",
        R"({"type":"object","properties":[]})", R"({"type":"object","properties":{"x":{"type":"object"}}})",
        R"({"type":"object","properties":{"x":{"type":"array"}}})", R"({"type":"object","properties":{"x":{}}})",
        R"({"type":"object","properties":{"x":true}})",
        R"({"type":"object","properties":{"x":{"type":"string","minLength":"x"}}})"}) {
    CAPTURE(json);
    const auto question = checked({CRANK_ASK_FORM, "f", "m", json, ""});
    REQUIRE(!question);
    CHECK(question.error().status == CRANK_INVALID);
    CHECK(!question.error().text.empty());
  }
  for (const char* name : {"", "a b", "a.b", "\xc3\xa4"}) CHECK(!checked({CRANK_ASK_FORM, name, "m", name_form, ""}));
  CHECK(!checked({CRANK_ASK_FORM, std::string(65, 'a'), "m", name_form, ""}));
  CHECK(!checked({CRANK_ASK_FORM, "f", "", name_form, ""}));
  CHECK(!checked({CRANK_ASK_FORM, "f", "\xff", name_form, ""}));
  CHECK(!checked({CRANK_ASK_FORM, "f", std::string(8193, 'a'), name_form, ""}));
  for (const char* url : {"", "https://", "ftp://x", "http://example.org", "http://localhost.evil.org",
                          "javascript:alert(1)", "https://example.org/ x", "https://example.org/\n"})
    CHECK(!checked({CRANK_ASK_URL, "u", "m", "", url}));
  for (const char* json : {"", "{}", R"({"messages":[],"maxTokens":1})", R"({"messages":[{}]})"})
    CHECK(!checked({CRANK_ASK_SAMPLING, "s", "", json, ""}));
  CHECK(checked({9, "f", "m", name_form, ""}).error().status == CRANK_UNSUPPORTED);
  crank_question shorter{};
  shorter.size = 16;
  CHECK(!question_from_abi(&shorter));
  CHECK(!question_from_abi(nullptr));
}

TEST_CASE("an answer that breaks the form is none") {
  const auto question = checked({});
  REQUIRE(question);
  for (const auto& [content, fits] : {std::pair(R"({"name":"Ann"})", true), std::pair(R"({"name":7})", false),
                                      std::pair("{}", false), std::pair("[]", false)}) {
    Answer answer{"who", CRANK_OK, AnswerAction::accepted, content, {}};
    check_answer(*question->schema, answer);
    CAPTURE(content);
    CHECK((answer.status == CRANK_OK) == fits);
    CHECK(answer.content.empty() == !fits);
  }
  Answer declined{"who", CRANK_OK, AnswerAction::declined, {}, {}};
  check_answer(*question->schema, declined);
  CHECK(declined.status == CRANK_OK);
}

TEST_CASE("a set of questions is told when all are answered") {
  OpenQuestions questions;
  Told first, second;
  REQUIRE(questions.add({named("a"), named("b"), named("c")}, {std::nullopt, yes("b"), std::nullopt},
                        first.answered()) == CRANK_OK);
  CHECK(questions.add({named("d"), named("a")}, {}, second.answered()) == CRANK_INVALID);
  REQUIRE(questions.add({named("d")}, {}, second.answered()) == CRANK_OK);
  CHECK(questions.open().size() == 3);
  CHECK(questions.answer(yes("c")));
  CHECK(!questions.answer(yes("c")));
  CHECK(!questions.answer(yes("b")));
  CHECK(!questions.answer(yes("nobody")));
  CHECK(first.times == 0);
  CHECK(questions.answer(yes("a")));
  REQUIRE(first.times == 1);
  CHECK(first.answers[0].name == "a");
  CHECK(first.answers[2].name == "c");
  REQUIRE(questions.add({named("a")}, {}, first.answered()) == CRANK_OK);
  questions.end(CRANK_CANCELLED, "gone");
  CHECK(first.times == 2);
  CHECK(second.answers.front().status == CRANK_CANCELLED);
  CHECK(questions.add({named("e")}, {}, second.answered()) == CRANK_CANCELLED);
  CHECK(second.times == 1);
}

TEST_CASE("a call has so many open questions") {
  OpenQuestions questions;
  Told told;
  std::vector<Question> many;
  for (std::size_t i = 0; i < OpenQuestions::most; ++i) many.push_back(named("q" + std::to_string(i)));
  REQUIRE(questions.add(many, {}, told.answered()) == CRANK_OK);
  CHECK(questions.add({named("one more")}, {}, told.answered()) == CRANK_EXHAUSTED);
}

TEST_CASE("what a client can be asked is in its session's id") {
  const auto abilities = [](const char* text) { return abilities_of(parse_json(text)->get_object()); };
  CHECK(abilities(R"({"elicitation":{}})").form);
  CHECK(!abilities(R"({"elicitation":{}})").url);
  CHECK(!abilities(R"({"elicitation":{"url":{}}})").form);
  CHECK(abilities(R"({"elicitation":{"form":{},"url":{}}})").url);
  CHECK(abilities(R"({})").kinds().empty());
  CHECK(abilities(R"({"sampling":{},"roots":{"listChanged":true}})").kinds() ==
        std::vector<QuestionKind>{QuestionKind::sampling, QuestionKind::roots});
  for (unsigned bits = 0; bits < 16; ++bits) {
    const ClientAbilities given{(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0};
    CHECK(abilities_of_session("0123abcd" + session_mark(given)).kinds() == given.kinds());
  }
  for (const char* id : {"", "f", "-c", "-cg", "0123", "-xf", "-cF"}) CHECK(abilities_of_session(id).kinds().empty());
}

TEST_CASE("what clients answer") {
  Question form = named("who"), sampling = named("s"), roots = named("r");
  form.message = "Who \"are\" you?";
  form.json = name_form;
  sampling.kind = QuestionKind::sampling;
  sampling.json = R"({"messages":[{}],"maxTokens":1})";
  roots.kind = QuestionKind::roots;
  CHECK(parse_json(params_of(form, "")));
  CHECK(parse_json(input_requests({form, sampling, roots}))->get_object().size() == 3);
  CHECK(answer_of(form, R"({"action":"accept","content":{"name":"Ann"}})", {}).content == R"({"name":"Ann"})");
  CHECK(answer_of(form, R"({"action":"cancel"})", {}).action == AnswerAction::dismissed);
  CHECK(answer_of(form, R"({"action":"decline","content":{}})", {}).content.empty());
  CHECK(answer_of(sampling, R"({"role":"assistant","content":{},"model":"m"})", {}).action == AnswerAction::accepted);
  CHECK(answer_of(roots, R"({"roots":[]})", {}).action == AnswerAction::accepted);
  for (const char* result : {"{}", "[]", "7", R"({"action":1})", R"({"roots":{}})", "{\"a\":\"\\ud800\"}"}) {
    CAPTURE(result);
    for (const Question& question : {form, sampling, roots})
      CHECK(answer_of(question, result, {}).status == CRANK_INVALID);
  }
  CHECK(answer_of(form, {}, R"({"code":-1,"message":"no"})").action == AnswerAction::declined);
  CHECK(answer_of(form, {}, R"({"code":-32601})").status == CRANK_UNSUPPORTED);
  CHECK(answer_of(form, {}, R"({"code":"x"})").status == CRANK_UNAVAILABLE);
  CHECK(answer_of(form, "\"" + std::string(longest_client_answer, 'x') + "\"", {}).status == CRANK_INVALID);
}

TEST_CASE("a caller has so many questions open, and nobody else answers them") {
  TimerQueue timers;
  QuestionDesk desk(timers);
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < QuestionDesk::most_of_caller; ++i) {
    REQUIRE(desk.admits("ann", 1) == CRANK_OK);
    ids.push_back(desk.open({}, "who", "ann"));
  }
  CHECK(ids.front() != ids.back());
  CHECK(desk.admits("ann", 1) == CRANK_EXHAUSTED);
  CHECK(desk.admits("bob", 1) == CRANK_OK);
  CHECK(!desk.take(ids.front(), "bob"));
  CHECK(desk.admits("ann", 1) == CRANK_EXHAUSTED);
  CHECK(!desk.take("\"crank-0\"", "ann"));
  CHECK(!desk.resume(ids.front(), "who", "ann"));
  desk.close(ids.front());
  desk.close(ids.front());
  CHECK(desk.admits("ann", 1) == CRANK_OK);
  CHECK(desk.admits("ann", 2) == CRANK_EXHAUSTED);
  desk.close_all("gone");
  CHECK(desk.admits("bob", 1) == CRANK_UNAVAILABLE);
}
