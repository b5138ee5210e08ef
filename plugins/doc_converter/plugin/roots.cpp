#include "roots.hpp"

#include <crank/crank.hpp>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>

namespace doc_converter {
namespace {

crank::Error no_such_file(std::string_view path) {
  return crank::Error(CRANK_INVALID, "INVALID_PATH",
                      std::string("there is no regular file ").append(path).append(" under the configured roots"));
}

// What of `path` is below `root`; nothing where it is absolute and elsewhere.
std::optional<std::string_view> below(std::string_view root, std::string_view path) {
  if (path.empty() || path.front() != '/') return path;
  if (path.substr(0, root.size()) != root) return std::nullopt;
  const std::string_view rest = path.substr(root.size());
  if (root == "/") return rest;
  if (rest.empty() || rest.front() != '/') return std::nullopt;
  return rest.substr(1);
}

// One component after the other, each without following a link: what is behind a descriptor cannot be exchanged.
Descriptor open_below(int folder, std::string_view path) {
  Descriptor at(dup(folder));
  while (at) {
    const std::size_t slash = path.find('/');
    const std::string name(path.substr(0, slash));
    const bool is_last = slash == std::string_view::npos;
    path.remove_prefix(is_last ? path.size() : slash + 1);
    if (name.empty() || name == ".") {
      if (is_last) return Descriptor();
      continue;
    }
    if (name == ".." || name.find('\0') != std::string::npos) return Descriptor();
    // Not blocking: a FIFO without a writer would wait for ever.
    const int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | (is_last ? O_NONBLOCK : O_DIRECTORY);
    at = Descriptor(openat(at.get(), name.c_str(), flags));
    if (is_last) break;
  }
  struct stat status = {};
  if (!at || fstat(at.get(), &status) != 0 || !S_ISREG(status.st_mode)) return Descriptor();
  return at;
}

} // namespace

Roots::Roots(const std::vector<std::string>& folders) {
  for (const std::string& folder : folders) {
    char resolved[PATH_MAX];
    if (folder.empty() || folder.front() != '/' || !realpath(folder.c_str(), resolved)) {
      throw crank::Error(CRANK_INVALID,
                         "input_roots: " + folder + " is not the absolute path of a folder: " + std::strerror(errno));
    }
    Descriptor opened(::open(resolved, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened) throw crank::Error(CRANK_INVALID, "input_roots: cannot open " + folder + ": " + std::strerror(errno));
    roots_.push_back({resolved, std::move(opened)});
  }
}

Descriptor Roots::open(std::string_view path) const {
  for (const Root& root : roots_) {
    const auto rest = below(root.path, path);
    if (!rest) continue;
    if (Descriptor file = open_below(root.folder.get(), *rest)) return file;
  }
  throw no_such_file(path);
}

} // namespace doc_converter
