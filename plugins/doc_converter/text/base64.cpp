#include "base64.hpp"

#include <array>
#include <cstdint>

namespace doc {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t none = 255;

constexpr std::array<std::uint8_t, 256> values = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(none);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  return table;
}();

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low >= 0) {
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

} // namespace

std::string to_base64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t at) {
      return at < bytes.size() ? static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at])) : 0u;
    };
    const std::uint32_t three = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    out.push_back(alphabet[three >> 18]);
    out.push_back(alphabet[three >> 12 & 63]);
    out.push_back(i + 1 < bytes.size() ? alphabet[three >> 6 & 63] : '=');
    out.push_back(i + 2 < bytes.size() ? alphabet[three & 63] : '=');
  }
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  std::string out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char letter : text) {
    if (letter == '=' || letter == ' ' || (letter >= '\t' && letter <= '\r')) continue;
    const std::uint8_t value = values[static_cast<unsigned char>(letter)];
    if (value == none) return std::nullopt;
    bits = bits << 6 | value;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out.push_back(static_cast<char>(bits >> count & 0xff));
  }
  return out;
}

std::optional<DataUri> parse_data_uri(std::string_view uri) {
  if (uri.size() < 5 || (uri.substr(0, 5) != "data:" && uri.substr(0, 5) != "DATA:")) return std::nullopt;
  const std::size_t comma = uri.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  const std::string_view head = uri.substr(5, comma - 5);
  const std::string data = percent_decoded(uri.substr(comma + 1));
  constexpr std::string_view marker = ";base64";
  const bool is_base64 = head.size() >= marker.size() && head.substr(head.size() - marker.size()) == marker;
  DataUri result{std::string(head.substr(0, head.find(';'))), data};
  if (!is_base64) return result;
  const auto bytes = from_base64(data);
  if (!bytes) return std::nullopt;
  result.bytes = *bytes;
  return result;
}

std::string data_uri(std::string_view media_type, std::string_view bytes) {
  return std::string("data:").append(media_type).append(";base64,").append(to_base64(bytes));
}

} // namespace doc
