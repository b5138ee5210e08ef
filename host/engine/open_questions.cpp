#include "engine/open_questions.hpp"

#include <algorithm>
#include <utility>

namespace crank {

bool OpenQuestions::is_complete(const Set& set) {
  return std::all_of(set.answers.begin(), set.answers.end(), [](const auto& answer) { return answer.has_value(); });
}

std::optional<std::size_t> OpenQuestions::index_of(const Set& set, std::string_view name) {
  for (std::size_t i = 0; i < set.questions.size(); ++i) {
    if (set.questions[i].name == name && !set.answers[i]) return i;
  }
  return std::nullopt;
}

void OpenQuestions::tell(Set set) {
  std::vector<Answer> answers;
  answers.reserve(set.answers.size());
  for (auto& answer : set.answers) answers.push_back(*std::move(answer));
  set.answered(std::move(answers));
}

crank_status OpenQuestions::add(std::vector<Question> questions, std::vector<std::optional<Answer>> known,
                                Answered answered) {
  known.resize(questions.size());
  const std::lock_guard lock(mutex_);
  if (ended_) return CRANK_CANCELLED;
  std::size_t open = 0;
  for (const Set& set : sets_) {
    open += set.questions.size();
    for (const Question& one : set.questions) {
      for (const Question& other : questions) {
        if (one.name == other.name) return CRANK_INVALID;
      }
    }
  }
  if (open + questions.size() > most) return CRANK_EXHAUSTED;
  sets_.push_back({std::move(questions), std::move(known), std::move(answered)});
  return CRANK_OK;
}

std::vector<Question> OpenQuestions::open() const {
  std::vector<Question> open;
  const std::lock_guard lock(mutex_);
  for (const Set& set : sets_) {
    for (std::size_t i = 0; i < set.questions.size(); ++i) {
      if (!set.answers[i]) open.push_back(set.questions[i]);
    }
  }
  return open;
}

bool OpenQuestions::answer(Answer answer) {
  std::list<Set> complete;
  {
    const std::lock_guard lock(mutex_);
    const auto holder =
        std::find_if(sets_.begin(), sets_.end(), [&](const Set& set) { return index_of(set, answer.name); });
    if (holder == sets_.end()) return false;
    auto& place = holder->answers[*index_of(*holder, answer.name)];
    place = std::move(answer);
    if (is_complete(*holder)) complete.splice(complete.end(), sets_, holder);
  }
  for (Set& set : complete) tell(std::move(set));
  return true;
}

void OpenQuestions::end(crank_status status, std::string_view text) {
  std::list<Set> sets;
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    sets.swap(sets_);
  }
  for (Set& set : sets) {
    for (std::size_t i = 0; i < set.questions.size(); ++i) {
      if (!set.answers[i])
        set.answers[i] = Answer{set.questions[i].name, status, AnswerAction::none, {}, std::string(text)};
    }
    tell(std::move(set));
  }
}

} // namespace crank
