#include "log/output.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 // macOS: SIGPIPE is ignored while serving
#endif

namespace crank {
namespace {

constexpr std::chrono::milliseconds longest_wait{100};
constexpr int share_of_waiting = 10; // waiting may cost a tenth of the time

bool is_non_blocking(int descriptor) {
  const int flags = ::fcntl(descriptor, F_GETFL);
  return flags >= 0 && (flags & O_NONBLOCK) != 0;
}

// A second open file of the same pipe or terminal, so that O_NONBLOCK is ours alone; -1 where that cannot be had:
// without /proc, as another user, and where /dev/fd duplicates (macOS).
int opened_again(int descriptor) {
  const std::string path = "/dev/fd/" + std::to_string(descriptor);
  const int again = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (again < 0 || (again > STDERR_FILENO && is_non_blocking(again) && !is_non_blocking(descriptor))) return again;
  ::close(again);
  return -1;
}

} // namespace

LogOutput::~LogOutput() { close(); }

void LogOutput::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
  kind_ = Kind::none;
}

bool LogOutput::open(int descriptor) {
  struct stat status {};
  const int copy = ::fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (copy < 0 || ::fstat(copy, &status) != 0) return false;
  close();
  rest_.clear();
  stuck_ = false;
  descriptor_ = copy;
  if (S_ISSOCK(status.st_mode)) {
    kind_ = Kind::socket;
  } else if (!S_ISFIFO(status.st_mode) && ::isatty(copy) != 1) {
    kind_ = Kind::file;
  } else if (is_non_blocking(copy)) {
    kind_ = Kind::non_blocking;
  } else if (const int own = opened_again(copy); own >= 0) {
    ::close(std::exchange(descriptor_, own));
    kind_ = Kind::non_blocking;
  } else {
    kind_ = Kind::shared;
  }
  return true;
}

long LogOutput::put(std::string_view text) {
  switch (kind_) {
  case Kind::none: errno = EBADF; return -1;
  case Kind::socket: return ::send(descriptor_, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  case Kind::file:
  case Kind::non_blocking: return ::write(descriptor_, text.data(), text.size());
  case Kind::shared: break;
  }
  pollfd room{descriptor_, POLLOUT, 0};
  if (::poll(&room, 1, 0) == 0) {
    errno = EAGAIN;
    return -1;
  }
  return ::write(descriptor_, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF)); // that much has room
}

LogOutput::Clock::duration LogOutput::patience() const {
  return stuck_ || Clock::now() < next_wait_ ? Clock::duration::zero() : longest_wait;
}

bool LogOutput::wait_for_room(Clock::duration patience) {
  if (patience <= Clock::duration::zero()) return false;
  const auto began = Clock::now();
  pollfd room{descriptor_, POLLOUT, 0};
  const int ready = ::poll(&room, 1, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(patience).count()));
  const auto ended = Clock::now();
  next_wait_ = ended + (share_of_waiting - 1) * (ended - began);
  stuck_ = ready == 0;
  return ready > 0;
}

// Shortens `text` by what was taken. False: the rest was not taken for the moment, or never will be (then `text` is
// empty).
bool LogOutput::push(std::string_view& text, Clock::duration patience) {
  const auto end = Clock::now() + patience;
  while (!text.empty()) {
    const long count = put(text);
    if (count > 0) {
      stuck_ = false;
      text.remove_prefix(static_cast<std::size_t>(count));
    } else if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      if (!wait_for_room(end - Clock::now())) return false;
    } else if (count == 0 || errno != EINTR) {
      text = {};
      return false;
    }
  }
  return true;
}

bool LogOutput::write(std::string_view line) {
  return write(line, std::chrono::duration_cast<std::chrono::milliseconds>(patience()));
}

bool LogOutput::write(std::string_view line, std::chrono::milliseconds patience) {
  std::string_view before = rest_;
  const bool clear = push(before, patience);
  rest_ = std::string(before);
  if (!clear) return false;
  std::string_view text = line;
  if (push(text, patience)) return true;
  if (text.empty() || text.size() == line.size()) return false;
  rest_ = std::string(text); // the line has begun: nothing may come between
  return true;
}

} // namespace crank
