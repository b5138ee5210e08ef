#include "mcp/question_desk.hpp"

#include "base/text.hpp"
#include "mcp/tool_call.hpp"

#include <openssl/rand.h>

#include <vector>

namespace crank {
namespace {

// 192 random bits, in hexadecimal digits.
std::string random_text() {
  char bytes[24];
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes), sizeof bytes) != 1) return {};
  return hex_text({bytes, sizeof bytes});
}

} // namespace

std::string caller_key(const Caller& caller) {
  std::string key = std::to_string(static_cast<int>(caller.kind));
  key.append("\n").append(caller.token_id.empty() ? caller.subject : caller.token_id);
  return key;
}

std::optional<QuestionDesk::Entry> QuestionDesk::Held::take(std::string_view key) {
  const auto found = entries.find(key);
  if (found == entries.end()) return std::nullopt;
  Entry entry = std::move(found->second);
  entries.erase(found);
  const auto count = of_caller.find(entry.caller);
  if (--count->second == 0) of_caller.erase(count);
  return entry;
}

crank_status QuestionDesk::admits(const std::string& caller, std::size_t count) const {
  const std::lock_guard lock(held_->mutex);
  if (held_->closed) return CRANK_UNAVAILABLE;
  const auto found = held_->of_caller.find(caller);
  const std::size_t of_caller = found == held_->of_caller.end() ? 0 : found->second;
  const bool room = of_caller + count <= most_of_caller && held_->entries.size() + count <= most;
  return room ? CRANK_OK : CRANK_EXHAUSTED;
}

std::string QuestionDesk::open(std::weak_ptr<ToolCall> call, std::string question, std::string caller) {
  std::string id = random_text();
  if (id.empty()) return id;
  id = "\"crank-" + id + "\"";
  const std::lock_guard lock(held_->mutex);
  ++held_->of_caller[caller];
  held_->entries.emplace(id, Entry{std::move(caller), std::move(question), std::move(call), nullptr});
  return id;
}

void QuestionDesk::close(const std::string& id) {
  std::optional<Entry> entry; // let go of without the lock
  const std::lock_guard lock(held_->mutex);
  entry = held_->take(id);
}

std::optional<QuestionDesk::Asked> QuestionDesk::take(const std::string& id, std::string_view caller) {
  const std::lock_guard lock(held_->mutex);
  const auto found = held_->entries.find(id);
  if (found == held_->entries.end() || found->second.caller != caller || found->second.parked) return std::nullopt;
  const auto entry = held_->take(id);
  auto call = entry->call.lock();
  if (!call) return std::nullopt;
  return Asked{std::move(call), entry->name};
}

std::string QuestionDesk::park(std::shared_ptr<ToolCall> call, std::string_view tool, std::string caller,
                               std::chrono::milliseconds time) {
  std::string state = random_text();
  if (state.empty()) return state;
  {
    const std::lock_guard lock(held_->mutex);
    ++held_->of_caller[caller];
    held_->entries.emplace(state, Entry{std::move(caller), std::string(tool), call, call});
  }
  timers_.schedule(TimerQueue::Clock::now() + time, [weak = std::weak_ptr(held_), state] {
    std::optional<Entry> entry;
    const auto held = weak.lock();
    if (!held) return;
    const std::lock_guard lock(held->mutex);
    entry = held->take(state);
  });
  return state;
}

std::shared_ptr<ToolCall> QuestionDesk::resume(std::string_view state, std::string_view tool, std::string_view caller) {
  const std::lock_guard lock(held_->mutex);
  const auto found = held_->entries.find(state);
  if (found == held_->entries.end() || !found->second.parked) return nullptr;
  if (found->second.caller != caller || found->second.name != tool) return nullptr;
  return held_->take(state)->parked;
}

void QuestionDesk::close_all(std::string_view why) {
  std::map<std::string, Entry, std::less<>> entries;
  {
    const std::lock_guard lock(held_->mutex);
    held_->closed = true;
    held_->of_caller.clear();
    entries.swap(held_->entries);
  }
  for (const auto& [key, entry] : entries) {
    if (const auto call = entry.call.lock()) call->nobody_answers(why);
  }
}

} // namespace crank
