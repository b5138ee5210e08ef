#include "mcp/contents.hpp"

#include "base/text.hpp"
#include "mcp/base64.hpp"
#include "mcp/json_rpc.hpp"

namespace crank {
namespace {

std::string media_content(std::string_view kind, std::string_view media_type, std::string_view bytes) {
  std::string block = R"({"type":")";
  block.append(kind).append(R"(","mimeType":)");
  append_json_string(block, media_type);
  block += R"(,"data":")";
  append_base64(block, bytes);
  block += "\"}";
  return block;
}

std::string resource_content(std::string_view media_type, std::string_view bytes, std::string_view uri) {
  std::string block = R"({"type":"resource","resource":{"uri":)";
  append_json_string(block, uri);
  block += R"(,"mimeType":)";
  append_json_string(block, media_type);
  block += R"(,"blob":")";
  append_base64(block, bytes);
  block += "\"}}";
  return block;
}

} // namespace

std::string text_content(std::string_view text) {
  std::string block = R"({"type":"text","text":)";
  append_json_string(block, text);
  block += '}';
  return block;
}

std::string content_of(std::string_view media_type, std::string_view bytes, std::string_view uri) {
  std::string_view kind = media_type;
  if (take_prefix(kind, "image/")) return media_content("image", media_type, bytes);
  if (take_prefix(kind, "audio/")) return media_content("audio", media_type, bytes);
  if (bytes.empty() || is_utf8(bytes)) return text_content(bytes);
  return resource_content(media_type, bytes, uri);
}

} // namespace crank
