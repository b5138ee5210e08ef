// A named file that a call leaves beside its answer. Data only.
#pragma once

#include "os/scratch_file.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace crank {

struct ArtifactFacts {
  std::string name; // no other of the call has it
  std::string media_type;
  std::string description;   // may be empty
  bool shown_inline = false; // part of the answer: to be looked at with it
  std::uint64_t bytes = 0;
  std::string sha256; // hexadecimal
};

struct Artifact {
  ArtifactFacts facts;
  std::shared_ptr<ScratchFile> file; // of ReplySink::make_file; complete
};

// Whether a text can be an artefact's name, which may become that of a file: crank/ext/files.h has the rules.
[[nodiscard]] bool is_artifact_name(std::string_view text);

} // namespace crank
