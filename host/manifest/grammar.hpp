// The grammar of plugin_api/MANIFEST.md as a JSON Schema: members, types and ranges, without the rules that tie members
// together. Knows only JSON text.
#pragma once

#include <string_view>

namespace crank {

extern const std::string_view manifest_grammar;

} // namespace crank
