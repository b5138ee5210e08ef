// Standard input for who reads it, and for nobody else. Knows no protocol.
#pragma once

#include "os/descriptor.hpp"

namespace crank {

// From now on what anybody else reads from standard input (a plugin, a child of one) is empty: a protocol's bytes are
// not theirs to take. Before the first plugin is loaded. Empty where there is none, or no descriptor left.
[[nodiscard]] Descriptor take_standard_input();

} // namespace crank
