// Which files every program needs. Knows where systems have them; knows nothing of any program but the path of its
// file.
#pragma once

#include "os/confinement.hpp"

namespace crank {

// `readable`: more directories and files, which do not have to be there.
[[nodiscard]] ConfinementRules confinement_rules(const std::string& program, const std::vector<std::string>& readable,
                                                 bool children);

// The program that loads a dynamically linked one, as that says itself (ELF's PT_INTERP); empty: none.
[[nodiscard]] std::string program_loader(const std::string& program);

} // namespace crank
