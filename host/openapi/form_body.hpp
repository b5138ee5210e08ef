// A form as a Request Body Object of OpenAPI 3.1.0 (4.8.13). Knows what is declared of a form, and no body.
#pragma once

#include "manifest/manifest.hpp"

#include <boost/json/object.hpp>

namespace crank {

[[nodiscard]] boost::json::object form_body(const FormSpec& form);

} // namespace crank
