// Base64 (RFC 4648 section 4) and the data URIs made of it (RFC 2397).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace doc {

std::string to_base64(std::string_view bytes);

// Tolerates blanks and line ends anywhere, and missing padding; nothing for other characters.
std::optional<std::string> from_base64(std::string_view text);

struct DataUri {
  std::string media_type;
  std::string bytes;
};

// Of "data:image/png;base64,…" or "data:image/svg+xml,%3Csvg…"; nothing where `uri` is none.
std::optional<DataUri> parse_data_uri(std::string_view uri);

std::string data_uri(std::string_view media_type, std::string_view bytes);

} // namespace doc
