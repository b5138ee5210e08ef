// The key of an audit log: signs what the log says of itself, and checks it. Ed25519 (RFC 8032). Knows keys; knows
// nothing of lines or files but the keys' own.
#pragma once

#include "audit/chain.hpp"
#include "base/problem.hpp"
#include "tls/openssl.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace crank {

// What a signature is for. It is part of what is signed, so that none can stand for another: a checkpoint that lies in
// every log is no head, nor does it show that the lines before it were removed in order.
enum class SignedFor { checkpoint, head, removed };

class AuditKey {
public:
  // The key in `path` (PEM, 0600). One that is missing is made if `may_make`. The failure is one line.
  static Result<AuditKey, Failure> open(const std::filesystem::path& path, bool may_make);
  // For checking alone.
  static Result<AuditKey, Failure> open_public(const std::filesystem::path& path);

  // Hexadecimal; empty when OpenSSL fails.
  [[nodiscard]] std::string sign(SignedFor what, const ChainPoint& point, std::string_view time) const;
  [[nodiscard]] bool verifies(SignedFor what, const ChainPoint& point, std::string_view time,
                              std::string_view signature) const;
  [[nodiscard]] std::string public_pem() const;

private:
  explicit AuditKey(Key key) : key_(std::move(key)) {}

  Key key_;
};

} // namespace crank
