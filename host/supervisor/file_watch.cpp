#include "supervisor/file_watch.hpp"

#include "os/file_stamp.hpp"

namespace crank {

void FileWatch::set(std::vector<WatchedFile> files) {
  files_.clear();
  for (WatchedFile& file : files) files_.emplace(std::move(file.path), File{std::move(file.stamp), {}});
}

std::vector<std::filesystem::path> FileWatch::changed() {
  std::vector<std::filesystem::path> changed;
  for (auto& [path, file] : files_) {
    const std::string now = file_stamp(path);
    if (now.empty()) continue;
    if (now == file.last && now != file.known) {
      file.known = now;
      changed.push_back(path);
    }
    file.last = now;
  }
  return changed;
}

} // namespace crank
