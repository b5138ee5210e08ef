// A directory for one test, gone with it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace crank::test {

class ScratchDirectory {
public:
  ScratchDirectory() {
    std::string pattern = std::filesystem::temp_directory_path() / "crank-test-XXXXXX";
    if (!::mkdtemp(pattern.data())) throw std::runtime_error("there is no temporary directory");
    path_ = pattern;
  }
  ~ScratchDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

private:
  std::filesystem::path path_;
};

} // namespace crank::test
