// Signals in words.
#pragma once

#include <string>

namespace crank {

// "SIGSEGV" for 11, "signal 99" for what has no common name.
[[nodiscard]] std::string signal_name(int signal);

} // namespace crank
