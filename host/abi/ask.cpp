#include "abi/ask.hpp"

#include "abi/call.hpp"
#include "abi/question.hpp"
#include "engine/open_questions.hpp"
#include "engine/operation.hpp"

#include <algorithm>
#include <set>

namespace crank {
namespace {

crank_status ask(crank_call* call, const crank_question* const* questions, std::uint32_t count,
                 void (*answered)(void*, const crank_answer* const*, std::uint32_t) noexcept, void* user) noexcept try {
  if (!call || !questions || count == 0 || !answered) return CRANK_INVALID;
  const auto invocation = PluginCall::asking(call);
  return invocation ? PluginCall::asks_of(call)->ask(*invocation, questions, count, answered, user) : CRANK_CANCELLED;
} catch (...) {
  return CRANK_EXHAUSTED;
}

} // namespace

const crank_ask* CallAsks::table() {
  static const crank_ask table{sizeof(crank_ask), &crank::ask};
  return &table;
}

crank_status CallAsks::ask(Invocation& invocation, const crank_question* const* questions, std::uint32_t count,
                           Told told, void* user) {
  if (count > OpenQuestions::most) return CRANK_EXHAUSTED;
  std::vector<Question> asked;
  std::vector<std::shared_ptr<const Schema>> schemas;
  std::set<std::string> names;
  for (std::uint32_t i = 0; i < count; ++i) {
    auto checked = question_from_abi(questions[i]);
    const bool twice = checked && !names.insert(checked->question.name).second;
    if (!checked || twice) {
      log(LogLevel::error, invocation.log_context(),
          "plugin " + invocation.operation().plugin().id() +
              " asks a question that is none: " + (twice ? "two have one name" : checked.error().text));
      return twice ? CRANK_INVALID : checked.error().status;
    }
    asked.push_back(std::move(checked->question));
    schemas.push_back(std::move(checked->schema));
  }
  return invocation.sink().ask(std::move(asked),
                               [self = shared_from_this(), schemas = std::move(schemas), told, user,
                                plugin = invocation.operation().plugin().id()](std::vector<Answer> answers) {
                                 for (std::size_t i = 0; i < answers.size(); ++i) {
                                   if (schemas[i]) check_answer(*schemas[i], answers[i]);
                                 }
                                 self->tell(plugin, told, user, answers);
                               });
}

void CallAsks::tell(const std::string& plugin, Told told, void* user, const std::vector<Answer>& answers) {
  std::vector<crank_answer> tables;
  std::vector<const crank_answer*> pointers;
  for (const Answer& answer : answers) tables.push_back(answer_to_abi(answer));
  for (const crank_answer& table : tables) pointers.push_back(&table);
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    telling_.push_back(std::this_thread::get_id());
  }
  try {
    told(user, pointers.data(), static_cast<std::uint32_t>(pointers.size()));
  } catch (...) {
    log(LogLevel::error, LogContext{plugin, {}, {}}, "plugin " + plugin + " threw an exception out of answered()");
  }
  const std::lock_guard lock(mutex_);
  telling_.erase(std::find(telling_.begin(), telling_.end(), std::this_thread::get_id()));
  idle_.notify_all();
}

void CallAsks::close() {
  std::unique_lock lock(mutex_);
  closed_ = true;
  idle_.wait(lock, [this, self = std::this_thread::get_id()] {
    return std::all_of(telling_.begin(), telling_.end(), [self](std::thread::id one) { return one == self; });
  });
}

} // namespace crank
