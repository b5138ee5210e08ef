// What encoding text is in that does not say it. Knows no format.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace doc {

// Of a text's first bytes: UTF-16 without a byte order mark, by the zero bytes of its Latin letters; else nothing.
std::optional<std::uint32_t> guess_utf16(std::string_view head);

// Of text that is not Unicode, by its first bytes: Japanese, Chinese, Korean, Cyrillic, Greek and Hebrew by how their
// letters are distributed, and windows-1252 otherwise, of which no bytes can say that they are not.
std::uint32_t guess_code_page(std::string_view head);

// Whether the bytes are meant as UTF-8: they are, but for a few that are damaged or a character cut off at the end.
bool is_mostly_utf8(std::string_view bytes);

} // namespace doc
