// One thread with one event loop, and what its connections share: scratch memory, timeouts.
// Knows nothing of HTTP, TLS or plugins.
#pragma once

#include "net/asio.hpp"
#include "net/deadline_wheel.hpp"

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace crank {

class IoThread {
public:
  explicit IoThread(unsigned number);
  ~IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  unsigned number() const { return number_; }
  IoExecutor executor() { return context_.get_executor(); }
  asio::io_context& context() { return context_; }

  void start();
  // Lets the loop end once nothing is pending any more, or at once if `now`.
  void finish(bool now);
  void join();

  // Whether the caller runs on this thread.
  bool is_current() const { return current_ == this; }
  // The I/O thread the caller runs on, or nullptr.
  static IoThread* current() { return current_; }

  // Runs `task` on this thread: at once if this is it, else soon. [any thread]
  template <class Task>
  void dispatch(Task&& task) {
    if (is_current())
      task();
    else
      asio::post(context_, std::forward<Task>(task));
  }
  template <class Task>
  void post(Task&& task) {
    asio::post(context_, std::forward<Task>(task));
  }

  // The following belong to the thread itself.
  void set_deadline(Expiring& entry, std::chrono::milliseconds after);
  void clear_deadline(Expiring& entry) { wheel_.clear(entry); }
  void forget(Expiring& entry) { wheel_.remove(entry); }

  // Reused by whoever reads or formats right now; nothing in it survives a return to the loop.
  std::array<char, 64 * 1024>& input_scratch() { return *input_scratch_; }
  std::string& output_scratch() { return output_scratch_; }

  // "Date" header value (RFC 9110 5.6.7), at most a second old.
  std::string_view http_date();

private:
  void schedule_tick();

  static thread_local IoThread* current_;

  unsigned number_;
  asio::io_context context_;
  asio::executor_work_guard<IoExecutor> work_;
  Timer tick_timer_;
  bool ticking_ = false;
  DeadlineWheel wheel_;
  std::unique_ptr<std::array<char, 64 * 1024>> input_scratch_;
  std::string output_scratch_;
  std::string date_;
  std::time_t date_second_ = 0;
  std::thread thread_;
};

} // namespace crank
