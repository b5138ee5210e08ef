// What becomes of a call's artefacts on the command line: files in a directory, or a word about them.
#pragma once

#include "base/problem.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace crank {

class ArtifactFiles {
public:
  // Hands the pieces of an artefact to `take`, which says whether to go on; false: it could not be read to its end.
  using Take = std::function<bool(std::string_view piece)>;
  using Read = std::function<bool(const Take& take)>;

  // `directory`: empty where they are not wanted.
  explicit ArtifactFiles(std::string directory) : directory_(std::move(directory)) {}
  bool are_wanted() const { return !directory_.empty(); }

  // Makes the file of that name, which must not be there, and says so on standard error; where they are not wanted,
  // says that it is lost. False: it could not, and why is said.
  bool keep(const std::string& name, std::uint64_t bytes, const Read& read) const;

private:
  std::string directory_;
};

} // namespace crank
