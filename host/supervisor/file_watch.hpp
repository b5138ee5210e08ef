// Notices that files were replaced or rewritten, by looking: it works on every file system and through symbolic links,
// where notifications do not (bind mounts, NFS, the link swaps of Kubernetes).
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace crank {

struct WatchedFile {
  std::filesystem::path path;
  std::string stamp; // file_stamp() of what the running generation was made of
};

class FileWatch {
public:
  // What is looked at from now on.
  void set(std::vector<WatchedFile> files);

  // The files that are others than those the generation was made of, once they look the same twice: nobody wants half a
  // file. Each change is told once. A file that is missing is waited for. To be called every few hundred milliseconds.
  std::vector<std::filesystem::path> changed();

private:
  struct File {
    std::string known; // the stamp that was set, or told
    std::string last;  // what the look before this one saw
  };

  std::map<std::filesystem::path, File> files_;
};

} // namespace crank
