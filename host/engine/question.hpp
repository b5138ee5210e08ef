// Questions to whoever called, in the middle of a call, and their answers. Knows neither the plugin ABI's structs nor a
// door's protocol.
#pragma once

#include <crank/crank.h>

#include <functional>
#include <string>
#include <vector>

namespace crank {

// The numbers are CRANK_ASK_* and CRANK_ANSWER_* of crank/ext/ask.h.
enum class QuestionKind : int { form = 1, url = 2, sampling = 3, roots = 4 };
enum class AnswerAction : int { none = 0, accepted = 1, declined = 2, dismissed = 3 };

struct Question {
  QuestionKind kind = QuestionKind::form;
  std::string name; // among the open ones of its call
  std::string message;
  std::string json; // an object: a form's schema, sampling's parameters
  std::string url;
};

struct Answer {
  std::string name;
  crank_status status = CRANK_OK;
  AnswerAction action = AnswerAction::none;
  std::string content; // JSON, where it was accepted
  std::string text;    // a sentence, where the status is not CRANK_OK
};

// All answers of one set of questions, in their order. Called once, without a lock held.
using Answered = std::function<void(std::vector<Answer> answers)>;

} // namespace crank
