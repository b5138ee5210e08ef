// The folders that callers may name documents in, and the only way that this plugin opens a file by a name.
#pragma once

#include "descriptor.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace doc_converter {

class Roots {
public:
  Roots() = default;
  // Absolute paths of folders that exist. Throws crank::Error.
  explicit Roots(const std::vector<std::string>& folders);

  bool empty() const { return roots_.empty(); }

  // Opens a regular file below one of the roots for reading: by its absolute path, or by one that begins in a root. No
  // link is followed and no ".." taken, so that nothing outside can be reached, whatever is exchanged meanwhile. Throws
  // crank::Error, which does not tell a file that is not there from one that is outside.
  Descriptor open(std::string_view path) const;

private:
  struct Root {
    std::string path; // without links in it
    Descriptor folder;
  };
  std::vector<Root> roots_;
};

} // namespace doc_converter
