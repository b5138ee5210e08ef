// Tells whoever waits for a job of its changes, also of those that another process makes. Knows the store; knows no
// door.
//
// One thread looks, now and then, with one question to the store for all that are watched; nobody watches: it sleeps.
// Changes that come faster than it looks are told as one: what a callback gets is always the latest.
#pragma once

#include "jobs/job_store.hpp"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace crank {

class JobWatch {
  struct Subscriber;

public:
  // On the watch's thread, for which everybody else waits: it must not take its time, nor throw.
  using Callback = std::function<void(const Job& job)>;

  // While it lives, the callback is called. Its end waits for a call that runs, except in that call itself, which may
  // end it. May outlive the JobWatch. Nobody ends one while he holds a lock that its callback takes.
  class Subscription {
  public:
    Subscription() = default;
    Subscription(Subscription&&) = default;
    Subscription& operator=(Subscription&& other) noexcept;
    ~Subscription() { end(); }

  private:
    friend JobWatch;
    explicit Subscription(std::shared_ptr<Subscriber> subscriber) : subscriber_(std::move(subscriber)) {}
    void end();

    std::shared_ptr<Subscriber> subscriber_;
  };

  static constexpr std::size_t most = 10'000; // subscriptions
  // How soon a change is seen.
  static constexpr std::chrono::milliseconds interval{100};

  // The store must outlive it.
  explicit JobWatch(JobStore& store) : store_(store) {}
  ~JobWatch() { stop(); }
  JobWatch(const JobWatch&) = delete;
  JobWatch& operator=(const JobWatch&) = delete;

  // False: the system has no thread to give.
  [[nodiscard]] bool start();
  // Nobody is called any more when this returns.
  void stop();

  // Calls back as soon as the job's version is above `since`, which it may be already, and then with each change until
  // it is over. So who looks first and watches from the version that was seen misses nothing. A job that is not there,
  // any more, is told as interrupted, with the problem GONE. 429: too many are watched. [any thread]
  Result<Subscription> watch(std::string_view id, std::uint64_t since, Callback callback);

private:
  using Clock = std::chrono::steady_clock;
  using Subscribers = std::vector<std::shared_ptr<Subscriber>>;

  void run();
  Subscribers living(); // mutex_ held
  void look(const Subscribers& subscribers);

  JobStore& store_;
  std::mutex mutex_; // guards what follows, and is not held while anybody is called
  std::condition_variable changed_;
  std::vector<std::weak_ptr<Subscriber>> subscribers_;
  Subscribers fresh_; // not looked after yet
  bool stopping_ = false;

  Clock::time_point complained_{}; // the thread's
  std::thread thread_;
};

} // namespace crank
