// SHA-256 (FIPS 180-4) of what comes in pieces.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace crank {

class Sha256 {
public:
  static constexpr std::size_t bytes = 32;

  Sha256();
  Sha256& update(std::string_view data);
  // Of all that came so far; more may come.
  [[nodiscard]] std::array<unsigned char, bytes> raw() const;
  // The same as 64 lower-case hexadecimal digits.
  [[nodiscard]] std::string hex() const;

private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

[[nodiscard]] inline std::string sha256_hex(std::string_view data) { return Sha256().update(data).hex(); }
// "sha-256=:<base64>:", the value of Repr-Digest (RFC 9530 3), for 64 hexadecimal digits.
[[nodiscard]] std::string digest_field(std::string_view hex);

} // namespace crank
