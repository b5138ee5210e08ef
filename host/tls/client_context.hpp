// TLS settings for connections that this host makes. Knows OpenSSL; knows nothing of sockets.
#pragma once

#include "tls/server_context.hpp"

namespace crank {

// TLS 1.2 and 1.3; the peer has to show a certificate by one of the authorities in `ca_file` (PEM), or, where that is
// empty, of the system's. Its name is for each connection to say (SSL_set1_host). Thread-safe after creation.
[[nodiscard]] Result<SslContext, Failure> make_client_context(const std::filesystem::path& ca_file);

} // namespace crank
