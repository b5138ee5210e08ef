// Who asks. Knows no protocol.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace crank {

enum class CallerKind : std::uint8_t {
  anonymous,
  certificate, // verified by TLS
  token,
  local, // whoever runs this process: a terminal, or the host itself
};

struct Caller {
  CallerKind kind = CallerKind::anonymous;
  std::string subject; // a certificate's SPIFFE ID or subject (RFC 2253), a token's subject; empty: anonymous
  std::vector<std::string> scopes; // of a token (RFC 6749 3.3); nobody else has any
  std::string address;             // it calls from, without a port; empty for local callers
};

} // namespace crank
