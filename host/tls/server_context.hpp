// The server's TLS settings, once for all connections, and who the peer of a connection is.
// Knows OpenSSL; knows nothing of sockets and HTTP beyond its ALPN name.
#pragma once

#include "base/problem.hpp"
#include "tls/certificates.hpp"
#include "tls/client_auth.hpp"

#include <openssl/ssl.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace crank {

struct FreeSslContext {
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};
using SslContext = std::unique_ptr<SSL_CTX, FreeSslContext>;

// TLS 1.2 and 1.3 with the ciphers and groups of Mozilla's "intermediate" profile, ALPN "http/1.1" only (RFC 7301: a
// client that offers others only is refused), stateless session tickets (session_tickets.hpp), no renegotiation, no
// compression, buffers released while idle. `client_auth` as resolved by effective_client_auth(); `automatic` counts as
// required. Thread-safe after creation.
[[nodiscard]] Result<SslContext, Failure> make_server_context(const CertificateFiles& files, ClientAuth client_auth);

// Who the verified peer is: its SPIFFE ID where its certificate has exactly one, else its subject (RFC 2253). Empty:
// anonymous.
[[nodiscard]] std::string peer_identity(const SSL* connection);

// What was wrong with the client's certificate, in OpenSSL's words ("certificate has expired"), when the handshake that
// has just failed on this thread did so for that; nullopt where it failed for something else.
[[nodiscard]] std::optional<std::string_view> certificate_fault(const SSL* connection);

} // namespace crank
