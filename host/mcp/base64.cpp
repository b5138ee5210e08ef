#include "mcp/base64.hpp"

#include <openssl/evp.h>

#include <algorithm>

namespace crank {
namespace {

// Of one call into OpenSSL, whose sizes are ints; a multiple of three, so that pieces join without padding.
constexpr std::size_t piece_size = 3 * 1024 * 1024;
constexpr std::size_t longest = 1024 * 1024 * 1024; // its sizes are ints

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

} // namespace

void append_base64(std::string& out, std::string_view bytes) {
  out.reserve(out.size() + (bytes.size() + 2) / 3 * 4 + 1);
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, piece_size);
    bytes.remove_prefix(piece.size());
    const std::size_t at = out.size();
    out.resize(at + (piece.size() + 2) / 3 * 4 + 1); // and the NUL that it writes
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data() + at), bytes_of(piece),
                                     static_cast<int>(piece.size()));
    out.resize(at + static_cast<std::size_t>(size));
  }
}

// EVP_DecodeBlock takes blanks and counts padding as bytes: what it says is encoded again, and has to be the same.
std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0 || text.size() > longest) return std::nullopt;
  if (text.empty()) return std::string();
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()), bytes_of(text), static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  const auto padding = std::count(text.end() - 2, text.end(), '=');
  bytes.resize(bytes.size() - static_cast<std::size_t>(padding));
  std::string again;
  append_base64(again, bytes);
  return again == text ? std::optional(std::move(bytes)) : std::nullopt;
}

} // namespace crank
