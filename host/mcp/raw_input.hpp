// What a tool's arguments carry whose operation takes no JSON. Knows operations and JSON; knows no message.
#pragma once

#include "base/problem.hpp"
#include "manifest/manifest.hpp"

#include <string>
#include <string_view>

namespace crank {

struct RawInput {
  std::string bytes, media_type;
};

// A sentence for the model where they carry nothing.
[[nodiscard]] Result<RawInput, std::string> raw_input(const OperationSpec& operation, std::string_view arguments);

} // namespace crank
