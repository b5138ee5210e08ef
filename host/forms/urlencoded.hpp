// Reads application/x-www-form-urlencoded (5.1 of the WHATWG URL standard): its values are decoded, so they are in
// memory, those that somebody wants, as far as they may be long. Knows nothing else of fields that were declared.
#pragma once

#include "base/request.hpp"
#include "forms/form_data.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace crank {

struct UrlEncodedField {
  std::string name;
  std::string value;      // decoded; what it begins with where it is too long; empty where nobody wants it
  std::uint64_t size = 0; // bytes, decoded
};

// How many bytes of a field's value are kept, 0 for none.
using KeptBytes = std::function<std::uint64_t(std::string_view name)>;

// All fields in their order. 400, 413; what RequestBody::read_at says where it cannot be read.
[[nodiscard]] Result<std::vector<UrlEncodedField>> read_urlencoded(const RequestBody& body, const KeptBytes& kept,
                                                                   std::size_t most_parts);

} // namespace crank
