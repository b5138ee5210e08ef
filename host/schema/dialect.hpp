// The grammar of JSON Schema draft 7 that this host takes, checked before a validator sees the schema.
// Knows JSON values and regular expressions; knows nothing of the validator or of the values that will be checked.
#pragma once

#include "base/problem.hpp"
#include "schema/pattern.hpp"

#include <boost/json/value.hpp>

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace crank {

// Keywords that assert what the validator does badly; Dialect renames them and schema.cpp implements them.
inline constexpr std::string_view pattern_keyword = "crank-pattern";
inline constexpr std::string_view unique_items_keyword = "crank-uniqueItems";
inline constexpr std::string_view multiple_of_keyword = "crank-multipleOf";

struct CheckedSchema {
  // The schema with assertions only: no titles, defaults, identifiers or formats (draft 7 leaves formats to the
  // implementation; here they are for people).
  boost::json::value schema;
  std::map<std::string, Pattern, std::less<>> patterns; // every expression that stands under pattern_keyword
};

// Refused, with one sentence that begins with the place, e.g. "#/properties/x/type: ...": unknown keywords (but not
// x-...), operands of the wrong type, patterns that do not compile, references that leave the document or miss, and
// references that lead back to the same value, which would never end.
[[nodiscard]] Result<CheckedSchema, std::string> check_dialect(const boost::json::value& schema);

} // namespace crank
