#include "format.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace doc {

std::optional<Format> format_by_name(std::string_view name) {
  static constexpr std::pair<std::string_view, Format> others[] = {
      {"htm", Format::html}, {"xhtml", Format::html},     {"text", Format::text},    {"plaintext", Format::text},
      {"log", Format::text}, {"mdown", Format::markdown}, {"gfm", Format::markdown},
  };
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + 32) : static_cast<char>(letter);
  });
  for (const FormatNames& one : formats) {
    if (lower == one.name || lower == one.extension) return one.format;
  }
  for (const auto& [other, format] : others) {
    if (lower == other) return format;
  }
  return std::nullopt;
}

} // namespace doc
