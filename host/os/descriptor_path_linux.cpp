#include "os/descriptor_path.hpp"

#include <filesystem>
#include <system_error>

namespace crank {

std::optional<std::string> path_of_descriptor(int descriptor) {
  std::error_code ec;
  const auto path = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(descriptor), ec);
  if (ec || !path.is_absolute() || !std::filesystem::exists(path, ec)) return std::nullopt;
  return path.string();
}

} // namespace crank
