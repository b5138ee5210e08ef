#include "commands/progress_bar.hpp"

#include "log/escape.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

namespace crank {
namespace {

constexpr std::size_t bar_width = 24;

std::size_t terminal_width() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

} // namespace

std::string printable(std::string_view text) {
  std::string out;
  append_console_escaped(out, text);
  return out;
}

std::string progress_line(double fraction, std::string_view note, std::size_t width) {
  std::string line;
  if (fraction >= 0) {
    const double known = std::min(fraction, 1.0);
    const auto filled = static_cast<std::size_t>(std::floor(known * bar_width));
    char percent[16];
    std::snprintf(percent, sizeof percent, " %3d %%", static_cast<int>(std::floor(known * 100)));
    line.append("[").append(filled, '#').append(bar_width - filled, '.').append("]").append(percent);
  }
  if (!note.empty()) line.append(line.empty() ? "" : " ").append(printable(note));
  std::size_t columns = 0, end = 0;
  for (; end < line.size(); ++end) {
    const bool continues = (static_cast<unsigned char>(line[end]) & 0xc0) == 0x80;
    if (!continues && ++columns > width) break;
  }
  return line.substr(0, end);
}

ProgressBar::ProgressBar() : terminal_(isatty(STDERR_FILENO) == 1) {}

void ProgressBar::show(double fraction, std::string_view note) {
  if (!terminal_) return;
  const std::string line = progress_line(fraction, note, terminal_width() - 1); // a full line would wrap
  const std::lock_guard lock(mutex_);
  std::fprintf(stderr, "\r\033[K%s", line.c_str());
  std::fflush(stderr);
  shown_ = !line.empty();
}

void ProgressBar::clear() {
  const std::lock_guard lock(mutex_);
  if (!std::exchange(shown_, false)) return;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
}

} // namespace crank
