// What a child process is kept from for good, before it runs foreign code: files, network, other processes. Knows what
// the system offers for that; knows nothing of who is confined. One implementation for each system.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace crank {

struct ConfinementRules {
  struct Path {
    std::string path; // a directory stands for all below; what is not there is left out
    bool execute = false;
    bool write = false; // to files that are there; else only reading
  };
  std::vector<Path> paths;
  bool children = false; // it may make processes, which are confined like itself
};

// Made before the fork, entered after it, by one child. What it may not do fails there with EACCES or EPERM, and does
// not kill it.
class Confinement {
public:
  // What this system lacks of it, in words for a log: "Landlock, so files are not protected"; empty: nothing.
  [[nodiscard]] static std::vector<std::string> lacking();

  // nullptr with errno.
  [[nodiscard]] static std::unique_ptr<const Confinement> make(const ConfinementRules& rules);

  virtual ~Confinement() = default;
  // In the child: for good, and for all that it starts. False with errno: it must not go on. Async-signal-safe.
  [[nodiscard]] virtual bool enter() const noexcept = 0;
};

} // namespace crank
