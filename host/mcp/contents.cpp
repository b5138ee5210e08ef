#include "mcp/contents.hpp"

#include "base/text.hpp"
#include "mcp/base64.hpp"
#include "mcp/json_rpc.hpp"

#include <optional>

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
  return R"({"type":"resource","resource":)" + resource_contents(media_type, bytes, uri) + "}";
}

// nullopt: it is neither.
std::optional<std::string> image_or_audio(std::string_view media_type, std::string_view bytes) {
  std::string_view kind = media_type;
  if (take_prefix(kind, "image/")) return media_content("image", media_type, bytes);
  if (take_prefix(kind, "audio/")) return media_content("audio", media_type, bytes);
  return std::nullopt;
}

} // namespace

std::string resource_contents(std::string_view media_type, std::string_view bytes, std::string_view uri) {
  std::string contents = R"({"uri":)" + json_string(uri) + R"(,"mimeType":)" + json_string(media_type);
  if (bytes.empty() || is_utf8(bytes)) {
    contents += R"(,"text":)";
    append_json_string(contents, bytes);
  } else {
    contents += R"(,"blob":")";
    append_base64(contents, bytes);
    contents += '"';
  }
  return contents + "}";
}

std::string text_content(std::string_view text) {
  std::string block = R"({"type":"text","text":)";
  append_json_string(block, text);
  block += '}';
  return block;
}

std::string content_of(std::string_view media_type, std::string_view bytes, std::string_view uri) {
  if (auto block = image_or_audio(media_type, bytes)) return *std::move(block);
  if (bytes.empty() || is_utf8(bytes)) return text_content(bytes);
  return resource_content(media_type, bytes, uri);
}

std::string file_content(std::string_view media_type, std::string_view bytes, std::string_view uri) {
  if (auto block = image_or_audio(media_type, bytes)) return *std::move(block);
  return resource_content(media_type, bytes, uri);
}

} // namespace crank
