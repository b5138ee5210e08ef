#include "reader_pages.hpp"

namespace doc::pdf {
namespace {

constexpr int most_ready = 16;            // pages that wait for the composer
constexpr int most_pages_twice = 5'000;   // that two documents are opened for
constexpr int pages_for_two_threads = 20; // below, opening the file twice costs more than it saves

} // namespace

LaidOutPages::LaidOutPages(const Input& input, const Limits& limits, Document& document, int count,
                           const Document::Destinations& destinations)
    : count_(count), lay_out_apart_(count <= most_pages_twice) {
  document.use(destinations);
  threads_.emplace_back([this, &document] { work(document); });
  if (count < pages_for_two_threads || !lay_out_apart_) return;
  threads_.emplace_back([this, &input, &limits, &destinations] {
    try {
      Document second(input, limits);
      second.use(destinations);
      if (second.pages() == count_) work(second);
    } catch (...) {
      fail(std::current_exception());
    }
  });
}

LaidOutPages::~LaidOutPages() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void LaidOutPages::fail(std::exception_ptr error) {
  const std::lock_guard lock(mutex_);
  if (!error_) error_ = error;
  changed_.notify_all();
}

void LaidOutPages::work(Document& document) {
  try {
    for (;;) {
      int number = 0;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return stop_ || error_ || taken_ > count_ || taken_ < next_ + most_ready; });
        if (stop_ || error_ || taken_ > count_) return;
        number = taken_++;
      }
      auto page = document.draw(number);
      if (!page) {
        page = std::make_unique<Page>();
        page->number = number;
      }
      Ready ready;
      if (lay_out_apart_)
        ready.layout = lay_out(std::move(page));
      else
        ready.page = std::move(page);
      const std::lock_guard lock(mutex_);
      ready_.emplace(number, std::move(ready));
      changed_.notify_all();
    }
  } catch (...) {
    fail(std::current_exception());
  }
}

PageLayout LaidOutPages::next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return error_ || ready_.contains(next_); });
  if (!ready_.contains(next_)) std::rethrow_exception(error_);
  auto node = ready_.extract(next_++);
  lock.unlock();
  changed_.notify_all();
  Ready& ready = node.mapped();
  return ready.page ? lay_out(std::move(ready.page)) : std::move(ready.layout);
}

} // namespace doc::pdf
