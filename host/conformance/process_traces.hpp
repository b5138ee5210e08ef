// What a plugin must leave as it was: state that belongs to the whole process.
// Knows POSIX; knows nothing of plugins.
#pragma once

#include <array>
#include <csignal>
#include <map>
#include <string>
#include <vector>

namespace crank {

class ProcessTraces {
public:
  // As it is now.
  static ProcessTraces taken();

  // One sentence per difference, e.g. "the handler of SIGTERM was changed"; empty when there is none.
  [[nodiscard]] std::vector<std::string> changes_since(const ProcessTraces& before) const;

  // Threads of this process; 0 where that cannot be told.
  [[nodiscard]] static unsigned threads();

private:
  std::map<int, struct sigaction> handlers_;
  sigset_t blocked_{};
  std::string directory_;
  std::string locale_;
  std::vector<std::string> environment_;
  unsigned file_mode_mask_ = 0;
  std::array<std::string, 3> standard_; // what is open as 0, 1 and 2
};

} // namespace crank
