#include "conformance/recording_ask.hpp"

#include "abi/question.hpp"
#include "abi/text.hpp"
#include "conformance/recording_call.hpp"

#include <set>
#include <vector>

namespace crank {
namespace {

constexpr std::uint32_t most_questions = 16;

crank_status ask(crank_call* call, const crank_question* const* questions, std::uint32_t count,
                 void (*answered)(void*, const crank_answer* const*, std::uint32_t) noexcept, void* user) noexcept try {
  if (!RecordingCall::takes(call, "ask()")) return CRANK_CANCELLED;
  if (!questions || count == 0 || !answered) {
    RecordingCall::fault(call, "ask() without a question or a function to call");
    return CRANK_INVALID;
  }
  if (count > most_questions) return CRANK_EXHAUSTED;
  std::vector<Answer> answers;
  std::set<std::string> names;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto checked = question_from_abi(questions[i]);
    if (!checked || !names.insert(checked->question.name).second) {
      RecordingCall::fault(call, "a question is none: " + (checked ? "another has its name" : checked.error().text));
      return checked ? CRANK_INVALID : checked.error().status;
    }
    answers.push_back({checked->question.name, CRANK_OK, AnswerAction::declined, {}, {}});
  }
  std::vector<crank_answer> tables;
  std::vector<const crank_answer*> pointers;
  for (const Answer& answer : answers) tables.push_back(answer_to_abi(answer));
  for (const crank_answer& table : tables) pointers.push_back(&table);
  answered(user, pointers.data(), count);
  return CRANK_OK;
} catch (...) {
  return CRANK_EXHAUSTED;
}

} // namespace

const crank_ask* recording_ask() {
  static const crank_ask table{sizeof(crank_ask), &ask};
  return &table;
}

} // namespace crank
