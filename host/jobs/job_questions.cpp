#include "jobs/job_questions.hpp"

#include <algorithm>
#include <utility>

namespace crank {

void JobQuestions::allow(const std::string& job, std::vector<QuestionKind> kinds) {
  auto entry = std::make_shared<Entry>();
  entry->kinds = std::move(kinds);
  const std::lock_guard lock(mutex_);
  if (!closed_) entries_.emplace(job, std::move(entry));
}

std::shared_ptr<JobQuestions::Entry> JobQuestions::find(std::string_view job) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(job);
  return found == entries_.end() ? nullptr : found->second;
}

bool JobQuestions::is_closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

crank_status JobQuestions::ask(const std::string& job, std::vector<Question> questions, Answered answered) {
  const auto entry = find(job);
  if (!entry) return is_closed() ? CRANK_UNAVAILABLE : CRANK_UNSUPPORTED;
  std::vector<std::optional<Answer>> known;
  for (const Question& question : questions) {
    const bool can = std::find(entry->kinds.begin(), entry->kinds.end(), question.kind) != entry->kinds.end();
    known.push_back(
        can ? std::nullopt
            : std::optional(
                  Answer{question.name, CRANK_UNSUPPORTED, AnswerAction::none, {}, "the caller cannot be asked this"}));
  }
  if (std::all_of(known.begin(), known.end(), [](const auto& one) { return one.has_value(); }))
    return CRANK_UNSUPPORTED;
  return entry->questions.add(std::move(questions), std::move(known), std::move(answered));
}

std::vector<Question> JobQuestions::open(std::string_view job) const {
  const auto entry = find(job);
  return entry ? entry->questions.open() : std::vector<Question>();
}

void JobQuestions::answer(std::string_view job, Answer answer) {
  if (const auto entry = find(job)) entry->questions.answer(std::move(answer));
}

void JobQuestions::end(std::string_view job, crank_status status, std::string_view text) {
  std::shared_ptr<Entry> entry;
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(job);
    if (found == entries_.end()) return;
    entry = std::move(found->second);
    entries_.erase(found);
  }
  entry->questions.end(status, text);
}

void JobQuestions::close(std::string_view why) {
  std::map<std::string, std::shared_ptr<Entry>, std::less<>> entries;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    entries.swap(entries_);
  }
  for (const auto& [job, entry] : entries) entry->questions.end(CRANK_UNAVAILABLE, why);
}

} // namespace crank
