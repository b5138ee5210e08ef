// The rules of plugin_api/MANIFEST.md for a route whose body is a form. Sees a text that already passed the grammar.
#pragma once

#include <boost/json/object.hpp>

#include <optional>
#include <string>

namespace crank {

// The first broken rule of a route, whatever its body is, as one sentence that begins with a JSON Pointer, or nothing.
// `pointer`: the route's.
[[nodiscard]] std::optional<std::string> broken_form_rule(const boost::json::object& route, const std::string& pointer);

} // namespace crank
