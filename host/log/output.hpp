// Where log lines go: a descriptor of its own that never makes its writer wait for long, whatever its reader does.
// Knows nothing of what is in a line.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace crank {

class LogOutput {
public:
  LogOutput() = default; // nothing accepts a line until open()
  ~LogOutput();
  LogOutput(const LogOutput&) = delete;
  LogOutput& operator=(const LogOutput&) = delete;

  // From now on lines go to what `descriptor` refers to, through a copy above 2 that no exec inherits: nobody who
  // closes 0 to 2 can put a client's socket in its place. The mode of the shared open file is left alone, it belongs to
  // the terminal or the shell as well. False: nothing was changed.
  bool open(int descriptor);

  // Writes `line`, which ends with a line break, with one write() where it fits. Waits for a reader that is behind, but
  // not long and not again until it has read something. False: the line is lost, all of it.
  bool write(std::string_view line);
  // The same with a wait of its own.
  bool write(std::string_view line, std::chrono::milliseconds patience);

private:
  using Clock = std::chrono::steady_clock;
  enum class Kind {
    none,
    file,         // cannot be full for a while
    socket,       // each send says whether it may wait
    non_blocking, // an open file of our own
    shared        // only looking before each write keeps it from blocking
  };

  bool push(std::string_view& text, Clock::duration patience);
  long put(std::string_view text);
  bool wait_for_room(Clock::duration patience);
  Clock::duration patience() const;
  void close();

  int descriptor_ = -1;
  Kind kind_ = Kind::none;
  std::string rest_;   // of a line that was taken in part
  bool stuck_ = false; // the last wait was in vain
  Clock::time_point next_wait_{};
};

} // namespace crank
