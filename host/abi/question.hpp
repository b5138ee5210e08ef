// A question as a plugin gives it: what it must be, and what its answer must be. Knows JSON Schema; knows no call.
#pragma once

#include "engine/question.hpp"
#include "schema/schema.hpp"

#include <crank/ext/ask.h>

#include <memory>
#include <optional>

namespace crank {

struct CheckedQuestion {
  Question question;
  std::shared_ptr<const Schema> schema; // of a form's values
};

// The status with which it is refused, and for whom it may concern why.
struct QuestionFault {
  crank_status status = CRANK_INVALID;
  std::string text;
};

[[nodiscard]] Result<CheckedQuestion, QuestionFault> question_from_abi(const crank_question* question);
// An answer that breaks the schema becomes one with CRANK_INVALID.
void check_answer(const Schema& schema, Answer& answer);
// Views of `answer`.
[[nodiscard]] crank_answer answer_to_abi(const Answer& answer);

} // namespace crank
