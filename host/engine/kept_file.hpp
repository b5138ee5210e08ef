// A file that the host keeps for a caller, opened. Data only.
#pragma once

#include "engine/artifact.hpp"
#include "os/descriptor.hpp"

namespace crank {

struct KeptFile {
  ArtifactFacts facts;
  Descriptor file; // for reading
};

} // namespace crank
