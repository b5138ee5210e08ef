#include "net/io_thread.hpp"

#include "os/alternate_stack.hpp"

#include <csignal>
#include <ctime>

namespace crank {

thread_local IoThread* IoThread::current_ = nullptr;

// UNSAFE_IO: only this thread touches its sockets and timers, so the reactor needs no locks; post() stays thread-safe.
IoThread::IoThread(unsigned number)
    : number_(number), context_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO), work_(context_.get_executor()),
      tick_timer_(context_.get_executor()), input_scratch_(std::make_unique<std::array<char, 64 * 1024>>()) {}

IoThread::~IoThread() {
  finish(true);
  join();
}

void IoThread::start() {
  thread_ = std::thread([this] {
    const AlternateStack signal_stack;
    // OpenSSL writes with write(2): to a client that has gone, that must be an error and nothing else, whatever became
    // of the process's disposition of SIGPIPE.
    sigset_t broken_pipe;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
    current_ = this;
    context_.run();
    current_ = nullptr;
  });
}

void IoThread::finish(bool now) {
  asio::post(context_, [this] {
    tick_timer_.cancel();
    work_.reset();
  });
  if (now) context_.stop();
}

void IoThread::join() {
  if (thread_.joinable()) thread_.join();
}

void IoThread::set_deadline(Expiring& entry, std::chrono::milliseconds after) {
  wheel_.set(entry, after);
  if (!ticking_) schedule_tick();
}

void IoThread::schedule_tick() {
  ticking_ = true;
  tick_timer_.expires_after(DeadlineWheel::tick_length);
  tick_timer_.async_wait([this](error_code ec) {
    ticking_ = false;
    if (ec) return;
    wheel_.tick();
    // An idle host has no entries and so no wake-ups.
    if (!ticking_ && !wheel_.empty()) schedule_tick();
  });
}

std::string_view IoThread::http_date() {
  const std::time_t now = std::time(nullptr);
  if (now != date_second_) {
    date_second_ = now;
    std::tm utc{};
    gmtime_r(&now, &utc);
    char text[32];
    // strftime would follow the locale; RFC 9110 wants English names.
    static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::snprintf(text, sizeof text, "%s, %02u %s %04u %02u:%02u:%02u GMT", days[utc.tm_wday % 7],
                  static_cast<unsigned>(utc.tm_mday) % 100, months[utc.tm_mon % 12],
                  static_cast<unsigned>(utc.tm_year + 1900) % 10000, static_cast<unsigned>(utc.tm_hour) % 100,
                  static_cast<unsigned>(utc.tm_min) % 100, static_cast<unsigned>(utc.tm_sec) % 100);
    date_ = text;
  }
  return date_;
}

} // namespace crank
