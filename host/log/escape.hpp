// Makes foreign text safe for one line of the log. Knows nothing of levels or fields.
#pragma once

#include <string>
#include <string_view>

namespace crank {

// Appends `text` as the inside of a JSON string (RFC 8259 section 7): quotes, backslashes and control characters
// escaped, each byte that is not part of well-formed UTF-8 replaced by U+FFFD.
void append_json_escaped(std::string& out, std::string_view text);

// Appends `text` for a terminal or a plain file: line breaks and all other control characters (C0, DEL and C1, which
// terminals obey) as \n, \x1b, \u009b; ill-formed UTF-8 as U+FFFD. A backslash stays as it is, for people who read
// Windows paths and patterns.
void append_console_escaped(std::string& out, std::string_view text);

} // namespace crank
