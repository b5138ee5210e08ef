// text.hpp: the little JSON and text that the echo plugin needs. Inputs have passed the manifest's schema before they
// come here, so this reads members and checks nothing.
#pragma once
#include <crank/crank.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace echo {

inline std::string_view view(crank_str text) { return {text.ptr == nullptr ? "" : text.ptr, text.len}; }

/* `text` as a JSON string, quotes included. Control characters are escaped (RFC 8259 section 7). */
std::string quoted(std::string_view text);

/* The raw JSON text of the top-level member `name` of the object `json`; empty if there is none. */
std::string_view member(std::string_view json, std::string_view name);

/* An integer, or `otherwise` where `text` does not begin with one. */
std::int64_t integer(std::string_view text, std::int64_t otherwise);

/* The inside of a JSON string that has no escapes. */
std::string_view unquoted(std::string_view text);

/* Cuts `text` at the first `separator`: returns what is before it and leaves what is after it. */
std::string_view cut(std::string_view &text, char separator);

} // namespace echo
