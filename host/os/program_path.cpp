#include "os/program_path.hpp"

#include "os/platform.hpp"

#include <cstdlib>
#include <filesystem>
#include <sstream>

namespace crank {

namespace fs = std::filesystem;

std::string program_path(const char* name) {
  const std::string file = executable_path();
  const auto leads_there = [&file](const fs::path& path) {
    std::error_code ec;
    return fs::equivalent(path, file, ec) && !ec;
  };
  const std::string called = name ? name : "";
  std::error_code ec;
  if (called.find('/') != std::string::npos) {
    const fs::path path = fs::absolute(called, ec).lexically_normal();
    return !ec && leads_there(path) ? path.string() : file;
  }
  const char* const folders = std::getenv("PATH");
  std::istringstream list(folders && !called.empty() ? folders : "");
  for (std::string folder; std::getline(list, folder, ':');) {
    const fs::path path = fs::absolute(fs::path(folder.empty() ? "." : folder) / called, ec).lexically_normal();
    if (!ec && leads_there(path)) return path.string();
  }
  return file;
}

} // namespace crank
