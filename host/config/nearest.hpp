// Finds what somebody probably meant. Knows nothing of settings.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace crank {

// The candidate with the smallest edit distance (adjacent swaps count as one), if that is small for the word's length;
// else empty.
[[nodiscard]] std::string nearest_name(std::string_view word, const std::vector<std::string>& candidates);

// " (did you mean NAME?)" or nothing.
[[nodiscard]] std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

} // namespace crank
