#include "os/private_file.hpp"

#include "os/descriptor.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace crank {
namespace {

std::string octal(mode_t mode) {
  char text[16];
  std::snprintf(text, sizeof text, "%04o", static_cast<unsigned>(mode & 07777));
  return text;
}

// What is wrong with who owns it and who else may use it.
std::optional<std::string> ownership_fault(const struct stat& facts, const std::string& path, off_t most_bytes) {
  if (!S_ISREG(facts.st_mode)) return "is no regular file; name one";
  if (facts.st_uid != geteuid() && facts.st_uid != 0) {
    return "belongs to user " + std::to_string(facts.st_uid) + " and crank-host runs as user " +
           std::to_string(geteuid()) + "; run it as that user, or change the owner of the file";
  }
  if ((facts.st_mode & 077) != 0)
    return "can be used by others (mode " + octal(facts.st_mode) + "); keep it to its owner: chmod 600 " + path;
  if (facts.st_size > most_bytes) return "is longer than " + std::to_string(most_bytes) + " bytes; it is another file";
  return std::nullopt;
}

std::string refusal_to_open(int reason) {
  if (reason == ELOOP) return "is a link; name the file itself";
  std::string text = std::string("cannot be opened: ") + std::strerror(reason);
  if (reason == EACCES) text += "; it has to belong to the user that crank-host runs as";
  return text;
}

} // namespace

Result<std::optional<std::string>, Failure> read_private_file(const std::filesystem::path& file, off_t most_bytes) {
  const std::string path = file.string();
  // Not blocking: a FIFO would have us wait for its other end.
  const Descriptor descriptor(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!descriptor && errno == ENOENT) return std::optional<std::string>();
  if (!descriptor) return Failure{path + ": " + refusal_to_open(errno), 2};
  struct stat facts {};
  if (fstat(descriptor.get(), &facts) != 0) return Failure{path + ": cannot be read: " + std::strerror(errno), 2};
  if (const auto fault = ownership_fault(facts, path, most_bytes)) return Failure{path + ": " + *fault, 2};
  std::string text;
  char buffer[16 * 1024];
  for (;;) {
    const ssize_t got = ::read(descriptor.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failure{path + ": cannot be read: " + std::strerror(errno), 2};
    if (got == 0) return std::optional(std::move(text));
    text.append(buffer, static_cast<std::size_t>(got));
  }
}

} // namespace crank
