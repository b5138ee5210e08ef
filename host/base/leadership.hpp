// Whether this process leads: of several that serve the same, during a reload say, one alone does what must run once.
// Knows who wants to be told of it; knows nothing of who decides it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace crank {

class Leadership {
  struct Subscriber;

public:
  // `term`: of the leadership that begins; 0: it is over. Must not throw, nor end its own subscription. It may take its
  // time, but not without end: no other process leads until every callback has returned from an end (a supervisor kills
  // who needs more than ten seconds).
  using Callback = std::function<void(std::uint64_t term)>;

  // While it lives, the callback is called. Its end waits for a call that runs. May outlive the Leadership.
  class Subscription {
  public:
    Subscription() = default;
    Subscription(Subscription&&) = default;
    Subscription& operator=(Subscription&& other) noexcept;
    ~Subscription() { end(); }

  private:
    friend Leadership;
    explicit Subscription(std::shared_ptr<Subscriber> subscriber) : subscriber_(std::move(subscriber)) {}
    void end();

    std::shared_ptr<Subscriber> subscriber_;
  };

  // For who does what must run once. [any thread]

  bool leads() const noexcept { return term() != 0; }
  // The term it leads in; 0: it does not lead. Every leadership has a greater one than those before, in whatever
  // process under the same supervisor; the next supervisor, if this one was not merely upgraded, begins with 1 again.
  //
  // Between a look at it and what is done then, the process can stand still, and another lead meanwhile. Where that
  // matters, the term goes along with what is written, and the store refuses one below the greatest it has seen
  // (a fencing token: M. Kleppmann, How to do distributed locking, 2016).
  std::uint64_t term() const noexcept { return term_.load(); }
  // Calls back at each change, on one thread at a time; before it returns, if this process leads already.
  [[nodiscard]] Subscription on_change(Callback callback);

  // For who has been told who leads.

  // It leads in that term, or, with 0, not any more. Nobody is called back. [any thread]
  void set(std::uint64_t term) noexcept { term_ = term; }
  // Calls back everybody who does not know the present state. [one thread]
  void tell();

private:
  std::atomic<std::uint64_t> term_{0};
  std::mutex mutex_; // guards the list, and is not held while anybody is called
  std::vector<std::weak_ptr<Subscriber>> subscribers_;
};

} // namespace crank
