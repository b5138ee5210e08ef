// From JSON Schema draft 7 (manifests) to draft 2020-12 (OpenAPI 3.1).
// Knows the two drafts; knows nothing of OpenAPI documents but where the schema will stand.
#pragma once

#include <boost/json/value.hpp>

#include <string_view>

namespace crank {

// `place` is the URI fragment of the schema in its new document, e.g. "#/components/schemas/a.b.input"; references are
// led there. The schema has passed Schema::compile.
[[nodiscard]] boost::json::value modern_schema(const boost::json::value& schema, std::string_view place);

} // namespace crank
