// Reads multipart/form-data (RFC 7578, RFC 2046 5.1): where the parts of a body are, and what their heads say.
// Looks at each byte of the body once, through a window of fixed size, and holds no part. Knows nothing of fields that
// were declared.
#pragma once

#include "base/request.hpp"
#include "forms/form_data.hpp"

#include <string_view>
#include <vector>

namespace crank {

// All parts in their order. `boundary`: of the Content-Type, see parse_form_type. Strict where two readers might
// differ: lines end with CRLF, there is a last boundary, heads are not folded and have one name. What comes before the
// first and behind the last boundary is passed over. 400, 413; what RequestBody::read_at says where it cannot be read.
[[nodiscard]] Result<std::vector<RawPart>> read_multipart(const RequestBody& body, std::string_view boundary,
                                                          std::size_t most_parts);

} // namespace crank
