#include "supervisor/file_watch.hpp"

#include <sys/stat.h>

namespace crank {
namespace {

#if defined(__APPLE__)
timespec modified(const struct stat& facts) { return facts.st_mtimespec; }
#else
timespec modified(const struct stat& facts) { return facts.st_mtim; }
#endif

} // namespace

FileWatch::Look FileWatch::look(const std::filesystem::path& file) {
  struct stat facts {};
  if (::stat(file.c_str(), &facts) != 0) return {};
  const timespec time = modified(facts);
  return {std::to_string(facts.st_dev) + ":" + std::to_string(facts.st_ino) + ":" + std::to_string(facts.st_size) +
          ":" + std::to_string(time.tv_sec) + "." + std::to_string(time.tv_nsec)};
}

void FileWatch::set(std::vector<std::filesystem::path> files) {
  std::map<std::filesystem::path, File> next;
  for (auto& file : files) {
    const auto known = files_.find(file);
    if (known != files_.end()) {
      next.insert(*known);
    } else {
      const Look now = look(file);
      next.emplace(std::move(file), File{now, now});
    }
  }
  files_ = std::move(next);
}

std::vector<std::filesystem::path> FileWatch::changed() {
  std::vector<std::filesystem::path> changed;
  for (auto& [path, file] : files_) {
    const Look now = look(path);
    if (now.text.empty()) continue;
    if (now == file.last && !(now == file.known)) {
      file.known = now;
      changed.push_back(path);
    }
    file.last = now;
  }
  return changed;
}

} // namespace crank
