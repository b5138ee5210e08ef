// What a call's plugin asks its caller: crank.ask/1. Knows the invocation; knows nothing of how a caller is asked.
#pragma once

#include "engine/invocation.hpp"

#include <crank/ext/ask.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace crank {

// Of one call, and longer where an answer comes late.
class CallAsks : public std::enable_shared_from_this<CallAsks> {
public:
  static const crank_ask* table();

  // A pointer without noexcept: what a plugin throws in spite of it must be caught here.
  using Told = void (*)(void* user, const crank_answer* const* answers, std::uint32_t count);

  crank_status ask(Invocation& invocation, const crank_question* const* questions, std::uint32_t count, Told told,
                   void* user);
  // On return no answer is being told, but for one that is by this thread, and none will be.
  void close();

private:
  void tell(const std::string& plugin, Told told, void* user, const std::vector<Answer>& answers);

  std::mutex mutex_; // guards what follows
  std::condition_variable idle_;
  std::vector<std::thread::id> telling_;
  bool closed_ = false;
};

} // namespace crank
