#include "mcp/raw_input.hpp"

#include "mcp/base64.hpp"
#include "json/json.hpp"

#include <boost/json/object.hpp>

#include <algorithm>

namespace crank {

Result<RawInput, std::string> raw_input(const OperationSpec& operation, std::string_view arguments) {
  const auto parsed = parse_json(arguments);
  if (!parsed) return "the arguments are " + parsed.error();
  RawInput input{{}, operation.content_types.front()};
  bool given = false;
  for (const auto& member : parsed->get_object()) {
    const std::string_view name(member.key());
    if (!member.value().is_string()) return "/" + std::string(name) + " must be a string";
    std::string value(member.value().get_string());
    if (name == "media_type") {
      const auto& types = operation.content_types;
      if (std::find(types.begin(), types.end(), value) == types.end())
        return std::string("/media_type is not one that this tool takes");
      input.media_type = std::move(value);
      continue;
    }
    if (given || (name != "text" && name != "base64"))
      return std::string("give one of text and base64, and nothing else");
    given = true;
    if (name == "base64") {
      auto bytes = decode_base64(value);
      if (!bytes) return std::string("/base64 is not base 64");
      value = *std::move(bytes);
    }
    input.bytes = std::move(value);
  }
  if (!given) return std::string("text or base64 is missing");
  return input;
}

} // namespace crank
