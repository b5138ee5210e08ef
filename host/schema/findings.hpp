// What a validator complained about, in words for the sender of the value.
// Knows the texts of Valijson's complaints (1.0) but none of its types; tests/unit/schema_test.cpp pins the texts.
#pragma once

#include "base/problem.hpp"

#include <boost/json/value.hpp>

#include <string>
#include <vector>

namespace crank {

struct Complaint {
  std::vector<std::string> context; // "<root>", then "[name]" or "[index]" per step into the value
  std::string description;
};

// `schema` is where the expected types and values are looked up. Never empty, no duplicates, the most specific member
// first, at most `most`.
[[nodiscard]] std::vector<FieldError> explain(const std::vector<Complaint>& complaints,
                                              const boost::json::value& schema, std::size_t most);

} // namespace crank
