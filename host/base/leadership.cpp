#include "base/leadership.hpp"

#include <utility>

namespace crank {

struct Leadership::Subscriber {
  std::mutex mutex;  // held while it is called
  Callback callback; // empty: it does not want to know any more
  std::uint64_t told = 0;

  void tell(const std::atomic<std::uint64_t>& term) {
    const std::lock_guard lock(mutex);
    const std::uint64_t now = term;
    if (callback && std::exchange(told, now) != now) callback(now);
  }
};

Leadership::Subscription& Leadership::Subscription::operator=(Subscription&& other) noexcept {
  if (this != &other) end();
  subscriber_ = std::move(other.subscriber_);
  return *this;
}

void Leadership::Subscription::end() {
  const auto subscriber = std::exchange(subscriber_, nullptr);
  if (!subscriber) return;
  const std::lock_guard lock(subscriber->mutex);
  subscriber->callback = nullptr;
}

Leadership::Subscription Leadership::on_change(Callback callback) {
  auto subscriber = std::make_shared<Subscriber>();
  subscriber->callback = std::move(callback);
  {
    const std::lock_guard lock(mutex_);
    subscribers_.push_back(subscriber); // before the look at the term: a change after that look finds it here
  }
  subscriber->tell(term_);
  return Subscription(std::move(subscriber));
}

void Leadership::tell() {
  std::vector<std::shared_ptr<Subscriber>> subscribers;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(subscribers_, [](const auto& one) { return one.expired(); });
    for (const auto& one : subscribers_) subscribers.push_back(one.lock());
  }
  for (const auto& one : subscribers) {
    if (one) one->tell(term_);
  }
}

} // namespace crank
