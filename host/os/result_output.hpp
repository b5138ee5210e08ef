// Standard output for the result of a command, and nothing else. Knows no command.
#pragma once

#include <cstdio>
#include <memory>
#include <string_view>

namespace crank {

// From its making to the end of the process, what anybody else prints to standard output (a plugin's constructor, a
// library's banner) goes to standard error. Make one before the first plugin is loaded.
class ResultOutput {
public:
  ResultOutput();

  // Buffered. False: the disk is full or the reader gone.
  bool write(std::string_view text);
  bool flush();

private:
  struct Close {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> file_;
};

} // namespace crank
