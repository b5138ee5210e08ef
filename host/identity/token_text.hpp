// What a bearer token looks like, and what is kept of one. Knows no file and no request.
//
//   crank_<id>_<secret><checksum>     crank_[0-9a-f]{12}_[A-Za-z0-9_-]{43}[0-9a-f]{8}
//
// The id is public: lists and logs name it. The secret is 256 random bits in base64url (RFC 4648 5). The checksum is
// the CRC-32 (ISO-HDLC, zlib's crc32) of all before it, so that a scanner that looks for secrets in code and logs knows
// one for sure.
#pragma once

#include "base/problem.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace crank {

// SHA-256 of a token's text: what `printf %s TOKEN | sha256sum` says. Nothing slower is needed: a slow hash makes up
// for the few bits of a password, and nobody can try 2^256 secrets, however quick one is to try.
using TokenDigest = std::array<unsigned char, 32>;

struct NewToken {
  std::string id;
  std::string text;
};

[[nodiscard]] Result<NewToken, Failure> make_token();

// The id in a token's text; nullopt: it is none of ours, or mistyped. The view is into `text`.
[[nodiscard]] std::optional<std::string_view> token_id(std::string_view text);
[[nodiscard]] bool is_token_id(std::string_view text);

[[nodiscard]] TokenDigest digest_of(std::string_view text);
// In the same time for any two.
[[nodiscard]] bool equal(const TokenDigest& a, const TokenDigest& b);
// 64 lower-case hexadecimal digits, and back.
[[nodiscard]] std::string digest_text(const TokenDigest& digest);
[[nodiscard]] std::optional<TokenDigest> parse_digest(std::string_view text);

} // namespace crank
