// What the readers of the two encodings of a form find in a body, before anybody asks what was declared.
// Data only.
#pragma once

#include "base/problem.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace crank {

// One part of a body, where it is.
struct RawPart {
  std::string name;
  std::optional<std::string> file_name; // as it was sent; absent: it is a text
  std::string media_type;               // lower case, without parameters; empty: none was said
  std::string charset;                  // lower case
  std::uint64_t offset = 0;             // in the body
  std::uint64_t size = 0;               // bytes
};

// 400 "INVALID_FORM": `sentence` begins behind "the form ".
[[nodiscard]] inline Problem invalid_form(std::string sentence) {
  return Problem::http(400, "INVALID_FORM", "the form " + std::move(sentence));
}
// 413
[[nodiscard]] inline Problem form_limit(std::string sentence) {
  return Problem::of(CRANK_EXHAUSTED, "the form " + std::move(sentence));
}

inline constexpr std::size_t longest_field_name = 255; // bytes

} // namespace crank
