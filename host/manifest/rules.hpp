// The rules of plugin_api/MANIFEST.md that tie members together: targets, paths, names, schemas and their examples.
// Sees a text that already passed the grammar.
#pragma once

#include <boost/json/object.hpp>

#include <optional>
#include <string>

namespace crank {

// The first broken rule as one sentence that begins with a JSON Pointer, or nothing.
[[nodiscard]] std::optional<std::string> broken_manifest_rule(const boost::json::object& manifest);

} // namespace crank
