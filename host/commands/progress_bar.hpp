// How far something is, on the terminal behind standard error; nothing where that is none. Knows terminals; knows
// nothing of what is going on.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

namespace crank {

class ProgressBar {
public:
  ProgressBar();
  ~ProgressBar() { clear(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // `fraction` in [0,1]; negative: it is not known. `note` is whoever's. [any thread]
  void show(double fraction, std::string_view note);
  // Leaves the line empty for what comes; before anything is written to the terminal. [any thread]
  void clear();
  bool is_terminal() const { return terminal_; }

private:
  const bool terminal_;
  std::mutex mutex_;
  bool shown_ = false;
};

// One line, of at most `width` columns if each character has one.
[[nodiscard]] std::string progress_line(double fraction, std::string_view note, std::size_t width);
// `text` with its control characters escaped: nobody moves the cursor of whoever looks.
[[nodiscard]] std::string printable(std::string_view text);

} // namespace crank
