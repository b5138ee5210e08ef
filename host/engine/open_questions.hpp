// The questions of one call that wait for answers, for whichever door can ask them.
#pragma once

#include "engine/question.hpp"

#include <list>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

namespace crank {

// All of it from any thread; answers are told on the thread that brings the last one.
class OpenQuestions {
public:
  static constexpr std::size_t most = 16; // of one call

  // `known`: answers that there are already, by index; not all of them. CRANK_EXHAUSTED, CRANK_INVALID for a name that
  // is open; CRANK_CANCELLED after end().
  [[nodiscard]] crank_status add(std::vector<Question> questions, std::vector<std::optional<Answer>> known,
                                 Answered answered);
  // Those without an answer, in the order in which they were asked.
  std::vector<Question> open() const;
  // False: no question of that name is open.
  bool answer(Answer answer);
  // The same for all, and for those that would come.
  void end(crank_status status, std::string_view text);

private:
  struct Set {
    std::vector<Question> questions;
    std::vector<std::optional<Answer>> answers;
    Answered answered;
  };
  static bool is_complete(const Set& set);
  // Of the question of that name that has no answer.
  static std::optional<std::size_t> index_of(const Set& set, std::string_view name);
  static void tell(Set set);

  mutable std::mutex mutex_; // guards what follows
  std::list<Set> sets_;      // none of them complete
  bool ended_ = false;
};

} // namespace crank
