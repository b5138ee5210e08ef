#include "worker/ready_file.hpp"

#include "os/descriptor.hpp"

#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

namespace crank {

std::optional<Failure> write_ready_file(const std::string& path, const std::string& url,
                                        const std::string& management_url) {
  std::error_code ec;
  const auto kind = std::filesystem::status(path, ec).type();
  if (kind != std::filesystem::file_type::regular &&
      kind != std::filesystem::file_type::not_found) // e.g. /dev/null, as root
    return Failure{"the ready file " + path + " exists and is not a regular file; give --ready-file another path", 2};
  const std::string temporary = path + ".tmp" + std::to_string(::getpid());
  std::string text = url + '\n';
  if (!management_url.empty()) text += "management " + management_url + '\n';
  std::remove(temporary.c_str()); // of a process that had this number before
  // Not through a link that somebody else has put there.
  const Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
  const bool written =
      file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()); // a few bytes
  if (written && std::rename(temporary.c_str(), path.c_str()) == 0) return std::nullopt;
  std::remove(temporary.c_str());
  return Failure{"cannot write the ready file " + path + "; give --ready-file a path in a writable directory", 2};
}

} // namespace crank
