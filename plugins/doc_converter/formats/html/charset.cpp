#include "charset.hpp"

#include "../../text/encoding.hpp"
#include "../../text/guess.hpp"

#include <algorithm>
#include <optional>

namespace doc::html {
namespace {

constexpr std::size_t prescan_bytes = 8192; // browsers: 1024; word processors put comments first
constexpr std::size_t guessed_bytes = 256 * 1024;
constexpr std::string_view blanks = " \t\r\n\f";

bool begins(std::string_view bytes, std::string_view with) { return bytes.substr(0, with.size()) == with; }

// What follows "charset=" in a meta element, or "encoding=" in an XML declaration.
std::optional<std::string_view> value_after(std::string_view text, std::string_view name) {
  for (std::size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    std::string_view rest = text.substr(at + name.size());
    rest.remove_prefix(std::min(rest.find_first_not_of(blanks), rest.size()));
    if (!begins(rest, "=")) continue;
    rest.remove_prefix(1);
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r\n\f\"'"), rest.size()));
    return rest.substr(0, rest.find_first_of(" \t\r\n\f\"';/>?"));
  }
  return std::nullopt;
}

std::optional<std::uint32_t> declared(std::string_view head) {
  std::string text(head);
  for (char& letter : text) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  const std::string_view lower = text;
  if (begins(lower, "<?xml")) {
    if (const auto name = value_after(lower.substr(0, lower.find("?>")), "encoding")) {
      if (const auto found = code_page_of(*name)) return found;
    }
  }
  for (std::size_t at = lower.find("<meta"); at != std::string_view::npos; at = lower.find("<meta", at + 1)) {
    const std::string_view element = lower.substr(at, lower.find('>', at) - at);
    if (const auto name = value_after(element, "charset")) {
      if (const auto found = code_page_of(*name)) return found;
    }
  }
  return std::nullopt;
}

} // namespace

std::string decode(std::string_view bytes) {
  if (begins(bytes, "\xef\xbb\xbf")) return to_utf8(bytes.substr(3), code_page_utf8);
  if (begins(bytes, "\xff\xfe")) return to_utf8(bytes.substr(2), code_page_utf16le);
  if (begins(bytes, "\xfe\xff")) return to_utf8(bytes.substr(2), code_page_utf16be);
  if (const auto wide = guess_utf16(bytes)) return to_utf8(bytes, *wide);
  const auto found = declared(bytes.substr(0, prescan_bytes));
  // What a parser can read as ASCII is not UTF-16, whatever it says; and who saves a page anew in another encoding
  // often leaves the old one's name in it.
  const bool is_unicode = found == code_page_utf8 || found == code_page_utf16le || found == code_page_utf16be;
  if (found && !is_unicode && !(is_single_byte(*found) && is_utf8(bytes))) return to_utf8(bytes, *found);
  if (is_mostly_utf8(bytes)) return to_utf8(bytes, code_page_utf8);
  return to_utf8(bytes, guess_code_page(bytes.substr(0, guessed_bytes)));
}

} // namespace doc::html
