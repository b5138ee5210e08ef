#include "forms/file_name.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace crank {
namespace {

constexpr std::size_t longest_name = 255; // bytes, as most file systems have it
constexpr std::size_t longest_extension = 32;

// C0, DEL and C1 (Unicode's category Cc).
bool is_control(std::uint32_t character) { return character < 0x20 || (character >= 0x7f && character <= 0x9f); }

std::string without_controls(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const CodePoint next = first_code_point(text);
    const std::size_t size = std::max<std::size_t>(next.size, 1);
    if (next.size == 0)
      result += "\xef\xbf\xbd"; // U+FFFD
    else if (!is_control(next.value))
      result += text.substr(0, size);
    text.remove_prefix(size);
  }
  return result;
}

} // namespace

std::string plain_file_name(std::string_view given) {
  const std::size_t separator = given.find_last_of("/\\");
  if (separator != std::string_view::npos) given.remove_prefix(separator + 1);
  const std::string cleaned = without_controls(given);
  const std::string_view name = trim(cleaned);
  if (name.empty() || name == "." || name == "..") return "file";
  if (name.size() <= longest_name) return std::string(name);
  const std::size_t dot = name.rfind('.');
  const bool has_extension = dot != std::string_view::npos && name.size() - dot <= longest_extension;
  const std::string_view extension = has_extension ? name.substr(dot) : std::string_view();
  return std::string(shortened(name, longest_name - extension.size())).append(extension);
}

} // namespace crank
