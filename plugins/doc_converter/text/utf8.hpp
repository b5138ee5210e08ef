// UTF-8 as the model wants it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace doc {

// Appends the code point; U+FFFD for what is none (surrogates, beyond U+10FFFF).
void append_utf8(std::string& out, std::uint32_t code_point);

// The next code point of `text` at `position`, which is moved behind it; U+FFFD, one byte further, for what is no
// UTF-8.
std::uint32_t next_code_point(std::string_view text, std::size_t& position);

// Text as an Inline may hold it: invalid bytes become U+FFFD, control characters other than tabs go (line ends become
// blanks), and so do the code points that XML 1.0 forbids.
std::string clean_text(std::string_view text);

// The text with each run of blanks, tabs and line ends as one blank, and none at either end. No-break spaces stay.
std::string collapse_blanks(std::string_view text);

} // namespace doc
