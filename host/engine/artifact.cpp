#include "engine/artifact.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace crank {

bool is_artifact_name(std::string_view text) {
  if (text.empty() || text.size() > 255 || text == "." || text == ".." || !is_utf8(text)) return false;
  return std::none_of(text.begin(), text.end(), [](char character) {
    const auto c = static_cast<unsigned char>(character);
    return c < 0x20 || c == 0x7f || c == '/' || c == '\\';
  });
}

} // namespace crank
