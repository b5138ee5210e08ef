// The host's own endpoints as OpenAPI data.
// Only text; host/doors/management.cpp is what it describes.
#pragma once

#include <string_view>

namespace crank {

// An object: {"paths": {...}, "schemas": {...}} in OpenAPI 3.1 terms.
extern const std::string_view host_routes_openapi;

// The operation of POST /mcp.
extern const std::string_view mcp_route_openapi;

} // namespace crank
