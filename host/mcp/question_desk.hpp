// Where answers of clients find the calls that have asked: by the id of a request in the legacy era, by the state that
// a client hands back in the modern one. Neither can be guessed, and each is of one caller. Knows calls of tools only
// as what waits.
#pragma once

#include "base/caller.hpp"
#include "engine/timer_queue.hpp"

#include <crank/crank.h>

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace crank {

class ToolCall;

// What an answer must come from.
[[nodiscard]] std::string caller_key(const Caller& caller);

// All of it from any thread; calls nothing of a call's but as said.
class QuestionDesk {
public:
  static constexpr std::size_t most_of_caller = 64, most = 4096; // at once

  // `timers` must outlive it.
  explicit QuestionDesk(TimerQueue& timers) : timers_(timers), held_(std::make_shared<Held>()) {}

  // Whether `count` more may wait for that caller, which takes no place yet: CRANK_OK, CRANK_EXHAUSTED, or
  // CRANK_UNAVAILABLE after close_all().
  crank_status admits(const std::string& caller, std::size_t count) const;

  // A question of that name is open: the id of the request that asks it, JSON text; empty where the system has no
  // random bytes.
  [[nodiscard]] std::string open(std::weak_ptr<ToolCall> call, std::string question, std::string caller);
  void close(const std::string& id);
  struct Asked {
    std::shared_ptr<ToolCall> call;
    std::string question;
  };
  // The same for its answer; nullopt: there is none of that id for that caller.
  [[nodiscard]] std::optional<Asked> take(const std::string& id, std::string_view caller);

  // A call of that tool waits for its client to come back, for so long at most; then it is let go. The state to come
  // back with; empty as above.
  [[nodiscard]] std::string park(std::shared_ptr<ToolCall> call, std::string_view tool, std::string caller,
                                 std::chrono::milliseconds time);
  // It is back. nullptr: as above.
  [[nodiscard]] std::shared_ptr<ToolCall> resume(std::string_view state, std::string_view tool,
                                                 std::string_view caller);

  // No answer will come any more: ends what is open, and lets nothing be asked from now on.
  void close_all(std::string_view why);

private:
  struct Entry {
    std::string caller, name; // of a question or a tool
    std::weak_ptr<ToolCall> call;
    std::shared_ptr<ToolCall> parked; // the same, where nobody else need hold it
  };
  struct Held {
    std::mutex mutex; // guards what follows
    std::map<std::string, Entry, std::less<>> entries;
    std::map<std::string, std::size_t> of_caller;
    bool closed = false;

    std::optional<Entry> take(std::string_view key); // mutex held
  };

  TimerQueue& timers_;
  const std::shared_ptr<Held> held_; // timers may come later
};

} // namespace crank
