// One run of a program in a process of its own: started, watched, and gone with all that it made when this returns.
// Knows processes; knows nothing of plugins or calls.
#pragma once

#include "base/problem.hpp"
#include "os/start_child.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace crank {

// 0: none.
struct ProgramLimits {
  std::uint64_t memory_bytes = 0; // as own_memory_bytes() counts it
  std::uint64_t cpu_ms = 0;
  std::uint64_t wall_ms = 0;
  std::uint64_t file_bytes = 0;
  std::uint64_t descriptors = 0;
};

struct ProgramOrder {
  std::string path; // absolute
  std::vector<std::string> arguments;
  std::vector<std::string> readable;          // directories and files, besides those that every program needs
  std::vector<ChildSetup::Given> descriptors; // not 1 and 2
  ProgramLimits limits;
  bool children = false; // it may start others; the limits hold for each
  bool listens = true;   // else what it prints is thrown away
};

inline constexpr std::size_t longest_program_line = 64 * 1024;
inline constexpr std::uint64_t most_program_output = 64 * 1024 * 1024;
inline constexpr std::size_t kept_of_errors = 4096;

// All of it on the thread that runs the program.
class ProgramListener {
public:
  virtual ~ProgramListener() = default;
  // Of standard output. False: it is killed.
  virtual bool line(std::string_view line) = 0;
  // Of standard error, cut to 1,000 bytes.
  virtual void error_line(std::string_view line) = 0;
  // Whether it is to be killed; asked every 10 ms.
  virtual bool cancelled() = 0;
};

struct ProgramEnd {
  enum class By { itself, memory, cpu, wall, file, output, cancelled, line }; // the numbers are CRANK_PROCESS_*
  By by = By::itself;
  int exit_code = -1; // or -1
  int signal = 0;     // that ended it, or 0
  std::uint64_t peak_memory_bytes = 0, cpu_ms = 0, wall_ms = 0;
  std::string errors; // the last of what it wrote to standard error
};

// Blocks until it is over. What the listener throws comes out when the process is gone. The failure says why there was
// none.
[[nodiscard]] Result<ProgramEnd, Failure> run_program(const ProgramOrder& order, ProgramListener& listener);

} // namespace crank
