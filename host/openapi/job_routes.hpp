// The endpoints of jobs, and what they add to a capability, as OpenAPI data.
// Only text; host/doors/job_door.cpp and job_events.cpp are what it describes.
#pragma once

#include <string_view>

namespace crank {

// An object: {"paths": {...}, "schemas": {...}, "call_parameters": [...], "call_responses": {...}} in OpenAPI 3.1
// terms.
extern const std::string_view job_routes_openapi;

} // namespace crank
