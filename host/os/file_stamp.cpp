#include "os/file_stamp.hpp"

#include <sys/stat.h>

namespace crank {
namespace {

#if defined(__APPLE__)
timespec modified(const struct stat& facts) { return facts.st_mtimespec; }
#else
timespec modified(const struct stat& facts) { return facts.st_mtim; }
#endif

} // namespace

std::string file_stamp(const std::filesystem::path& file) {
  struct stat facts {};
  if (::stat(file.c_str(), &facts) != 0) return {};
  const timespec time = modified(facts);
  return std::to_string(facts.st_dev) + ":" + std::to_string(facts.st_ino) + ":" + std::to_string(facts.st_size) + ":" +
         std::to_string(time.tv_sec) + "." + std::to_string(time.tv_nsec);
}

} // namespace crank
