// JSON text in, for every door: request bodies, manifests, configuration. Strict, so that no two readers of one text
// differ; and JSON text out, for whoever reads it. Knows simdjson and Boost.JSON; knows nothing of schemas, manifests
// or doors.
#pragma once

#include "base/problem.hpp"

#include <boost/json/value.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace crank {

// Arrays and objects may nest this deep: well above what people write, well below what recursion over a value can bear.
inline constexpr std::size_t max_json_depth = 64;

// Parses one RFC 8259 text. Refused beyond the grammar: invalid UTF-8, deeper than max_json_depth, numbers that fit
// neither a 64-bit integer nor a double, and (RFC 7493 section 2.3) an object with two members of one name: the plugin
// receives the raw bytes, and its parser might take the other one than the schema check saw. The error is one sentence
// fragment without a full stop, e.g. "not valid JSON: a string is not closed (line 3, column 7)". Thread-safe; keeps up
// to about 1 MiB of scratch memory per thread.
[[nodiscard]] Result<boost::json::value, std::string> parse_json(std::string_view text);

// `value` on one line. Numbers are written plainly, with the shortest digits that say the same double: not every reader
// of ours knows that 2.5E1 is a number. An exponent comes only below 1e-6, and from 1e18 on, where readers take plain
// digits for an integer too large. What is not UTF-8 in a text becomes U+FFFD, and what is no finite number null: the
// result is JSON whatever a client or a plugin put into it.
[[nodiscard]] std::string json_text(const boost::json::value& value);

// `value` for people: two spaces per level, short arrays and objects on one line of at most 100 characters, members in
// their order.
[[nodiscard]] std::string pretty_json(const boost::json::value& value);

// `pointer` (RFC 6901) extended by one member name or array index.
[[nodiscard]] std::string json_pointer(std::string_view pointer, std::string_view token);
[[nodiscard]] std::string json_pointer(std::string_view pointer, std::size_t index);

} // namespace crank
