#include "commands/artifact_files.hpp"

#include "engine/artifact.hpp"
#include "os/scratch_file.hpp"

#include <cerrno>
#include <filesystem>
#include <iostream>
#include <system_error>

namespace crank {

bool ArtifactFiles::keep(const std::string& name, std::uint64_t bytes, const Read& read) const {
  const std::string what = name + " (" + std::to_string(bytes) + " bytes)";
  if (!are_wanted()) {
    std::cerr << "left behind: " << what << "; --artifacts DIR keeps it\n";
    return true;
  }
  // A running worker gives names, too: none of them leads elsewhere.
  const std::filesystem::path path = std::filesystem::path(directory_) / name;
  if (!is_artifact_name(name)) {
    std::cerr << "cannot keep " << what << ": that is no name for a file\n";
    return false;
  }
  auto file = ScratchFile::make(path);
  if (!file) {
    const std::error_code error(errno, std::system_category());
    std::cerr << "cannot make " << path.string() << ": " << error.message() << '\n';
    return false;
  }
  std::optional<Problem> refused;
  const bool whole = read([&](std::string_view piece) {
    if (!refused) refused = file->write(piece);
    return !refused;
  });
  if (!whole || refused) {
    std::cerr << "cannot write " << path.string() << (refused ? ": is the disk full?" : ": the artefact is not whole")
              << '\n';
    return false;
  }
  file->keep();
  std::cerr << "kept " << path.string() << " (" << bytes << " bytes)\n";
  return true;
}

} // namespace crank
