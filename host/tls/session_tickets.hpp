// TLS session tickets: what one is bound to, and how long it is good. Resuming a session must never let in whom a full
// handshake would refuse now; a ticket that is no longer good costs its client a full handshake and nothing else.
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <chrono>
#include <ctime>
#include <limits>
#include <optional>
#include <string>

namespace crank {

// From a full handshake to the next one, however often its session is resumed and its ticket renewed in between.
inline constexpr std::chrono::hours session_lifetime{2};

// What a full handshake granted; every ticket of its session carries it (OpenSSL encrypts and authenticates tickets).
struct SessionGrant {
  using Bytes = std::array<unsigned char, 16>;

  std::time_t made = 0; // when the handshake was
  std::time_t expires =
      std::numeric_limits<std::time_t>::max(); // the earliest end of the client's chain, anchor included

  bool good_at(std::time_t now) const { return now >= made && now <= expires && now - made < lifetime(); }
  static constexpr std::time_t lifetime() { return std::chrono::seconds(session_lifetime).count(); }
  Bytes bytes() const;
  // Of a session that came out of a ticket; nothing when the ticket was made by something else.
  static std::optional<SessionGrant> of(SSL_SESSION& session);
};

// Call once `context` has its certificates and its client authentication. Its tickets are from then on bound to the
// demand for client certificates and to every certificate (and revocation list) that clients are checked against: where
// one of them differs, also in another process with the same keys, a ticket is worth nothing. Tickets carry a
// SessionGrant that holds for all renewals, and are looked at like a new client when they come back. False: OpenSSL's
// error queue says why.
[[nodiscard]] bool bind_session_tickets(SSL_CTX& context);

// Session tickets of `context` are made and read with these keys (160 hexadecimal digits: 80 random bytes), so that
// processes which share them resume each other's sessions. False when the text is something else.
[[nodiscard]] bool share_session_tickets(SSL_CTX& context, const std::string& keys);

} // namespace crank
