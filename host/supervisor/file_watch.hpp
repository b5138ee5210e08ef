// Notices that files were replaced or rewritten, by looking: it works on every file system and through symbolic links, where
// notifications do not (bind mounts, NFS, the link swaps of Kubernetes).
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace crank {

class FileWatch {
public:
  // What is looked at from now on, as it is now. The same list again changes nothing.
  void set(std::vector<std::filesystem::path> files);

  // The files that changed, once they look the same twice: nobody wants half a file. A file that is missing is waited for.
  // To be called every few hundred milliseconds.
  std::vector<std::filesystem::path> changed();

private:
  struct Look {
    std::string text; // device, inode, size and time; empty: the file is not there
    bool operator==(const Look&) const = default;
  };
  struct File {
    Look known; // what the running generation was made of
    Look last;  // what the look before this one saw
  };
  static Look look(const std::filesystem::path& file);

  std::map<std::filesystem::path, File> files_;
};

} // namespace crank
