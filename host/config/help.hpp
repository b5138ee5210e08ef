// The text of --help, made from the table of settings. Knows no parser.
#pragma once

#include "config/command_line.hpp"

#include <string>

namespace crank {

// Of one command; Command::serve gives the overview with all settings. At most 100 columns wide.
[[nodiscard]] std::string help_text(Command command, const ProgramFacts& facts);

// "crank-host 0.1.0 (plugin ABI 0.1)" and a line end.
[[nodiscard]] std::string version_text(const ProgramFacts& facts);

} // namespace crank
