#include "identity/token_text.hpp"

#include "base/text.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cstdint>
#include <span>

namespace crank {
namespace {

constexpr std::string_view prefix = "crank_";
constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::size_t id_size = 12, secret_size = 43, checksum_size = 8;

std::string hex(std::span<const unsigned char> bytes) {
  std::string text;
  for (const unsigned char byte : bytes) {
    text += hex_digits[byte >> 4];
    text += hex_digits[byte & 15];
  }
  return text;
}

std::string base64url(std::span<const unsigned char> bytes) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  std::uint32_t bits = 0;
  int count = 0;
  for (const unsigned char byte : bytes) {
    bits = bits << 8 | byte;
    for (count += 8; count >= 6; count -= 6) text += letters[bits >> (count - 6) & 63];
  }
  if (count > 0) text += letters[bits << (6 - count) & 63];
  return text;
}

std::string checksum(std::string_view text) {
  std::uint32_t crc = ~0u;
  for (const char c : text) {
    crc ^= static_cast<unsigned char>(c);
    for (int i = 0; i < 8; ++i) crc = (crc >> 1) ^ (0xedb88320u & (0u - (crc & 1)));
  }
  crc = ~crc;
  std::string digits;
  for (int shift = 28; shift >= 0; shift -= 4) digits += hex_digits[crc >> shift & 15];
  return digits;
}

bool is_hex(std::string_view text) { return text.find_first_not_of(hex_digits) == std::string_view::npos; }

} // namespace

Result<NewToken, Failure> make_token() {
  std::array<unsigned char, id_size / 2> id{};
  std::array<unsigned char, 32> secret{};
  if (RAND_bytes(id.data(), static_cast<int>(id.size())) != 1 ||
      RAND_priv_bytes(secret.data(), static_cast<int>(secret.size())) != 1)
    return Failure{"the system gives no random bytes for a token"};
  NewToken token{hex(id), {}};
  token.text.append(prefix).append(token.id).append("_").append(base64url(secret));
  token.text += checksum(token.text);
  OPENSSL_cleanse(secret.data(), secret.size());
  return token;
}

bool is_token_id(std::string_view text) { return text.size() == id_size && is_hex(text); }

std::optional<std::string_view> token_id(std::string_view text) {
  if (text.size() != prefix.size() + id_size + 1 + secret_size + checksum_size || !text.starts_with(prefix))
    return std::nullopt;
  const std::string_view id = text.substr(prefix.size(), id_size);
  const std::string_view summed = text.substr(0, text.size() - checksum_size);
  if (!is_token_id(id) || text[prefix.size() + id_size] != '_' || text.substr(summed.size()) != checksum(summed))
    return std::nullopt;
  return id;
}

TokenDigest digest_of(std::string_view text) {
  TokenDigest digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return digest;
}

bool equal(const TokenDigest& a, const TokenDigest& b) { return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0; }

std::string digest_text(const TokenDigest& digest) { return hex(digest); }

std::optional<TokenDigest> parse_digest(std::string_view text) {
  TokenDigest digest{};
  if (text.size() != 2 * digest.size() || !is_hex(text)) return std::nullopt;
  for (std::size_t i = 0; i < digest.size(); ++i)
    digest[i] = static_cast<unsigned char>(hex_digits.find(text[2 * i]) << 4 | hex_digits.find(text[2 * i + 1]));
  return digest;
}

} // namespace crank
