// The process environment as a value, so that everything that reads it can be tested.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace crank {

using Environment = std::map<std::string, std::string, std::less<>>;

// A copy of what the process was started with. Call before other threads exist.
[[nodiscard]] Environment process_environment();

// A variable's value. One that is set but empty counts as unset: compose files and unit files pass empty variables on.
[[nodiscard]] std::optional<std::string> variable(const Environment& environment, std::string_view name);

} // namespace crank
