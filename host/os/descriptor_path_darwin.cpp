#include "os/descriptor_path.hpp"

#include <fcntl.h>
#include <sys/param.h>

namespace crank {

std::optional<std::string> path_of_descriptor(int descriptor) {
  char path[MAXPATHLEN];
  if (::fcntl(descriptor, F_GETPATH, path) != 0) return std::nullopt;
  return path;
}

} // namespace crank
