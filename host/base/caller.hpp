// Who asks. Knows no protocol.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace crank {

enum class CallerKind : std::uint8_t {
  anonymous,
  certificate, // verified by TLS
  token,
  local, // whoever runs this process: a terminal, or the host itself
};

struct Caller {
  CallerKind kind = CallerKind::anonymous;
  std::string subject;       // a certificate's SPIFFE ID or subject (RFC 2253), a token's name; empty: anonymous
  std::string scopes;        // of a token, separated by spaces (RFC 6749 3.3); nobody else has any
  std::string address;       // it calls from, without a port; empty for local callers
  std::string token_id = {}; // of a token: its name may be another's later

  bool has_scope(std::string_view scope) const;
  // By the keys that crank_call.get documents, without "caller.": the view lives as long as this object.
  std::optional<std::string_view> attribute(std::string_view key) const;
};

} // namespace crank
