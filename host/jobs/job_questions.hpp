// What jobs that run in this process ask whoever began them. Kept in memory: a question is as old as the run that asks.
#pragma once

#include "engine/open_questions.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace crank {

// All of it from any thread.
class JobQuestions {
public:
  // Who began that job can be asked these. Before it runs.
  void allow(const std::string& job, std::vector<QuestionKind> kinds);

  // As ReplySink::ask(); CRANK_UNAVAILABLE after close().
  crank_status ask(const std::string& job, std::vector<Question> questions, Answered answered);
  std::vector<Question> open(std::string_view job) const;
  // Without effect where no question of that name is open.
  void answer(std::string_view job, Answer answer);
  // Its run is over, or need not go on.
  void end(std::string_view job, crank_status status, std::string_view text);
  // No answer comes here any more.
  void close(std::string_view why);

private:
  struct Entry {
    std::vector<QuestionKind> kinds;
    OpenQuestions questions;
  };
  std::shared_ptr<Entry> find(std::string_view job) const;
  bool is_closed() const;

  mutable std::mutex mutex_; // guards what follows
  std::map<std::string, std::shared_ptr<Entry>, std::less<>> entries_;
  bool closed_ = false;
};

} // namespace crank
