#include "tls/client_context.hpp"

#include "tls/openssl.hpp"

namespace crank {

Result<SslContext, Failure> make_client_context(const std::filesystem::path& ca_file) {
  SslContext context(SSL_CTX_new(TLS_client_method()));
  if (!context) return Failure{"TLS cannot be used: " + openssl_error(), 1};
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  const int loaded = ca_file.empty() ? SSL_CTX_set_default_verify_paths(context.get())
                                     : SSL_CTX_load_verify_locations(context.get(), ca_file.c_str(), nullptr);
  if (loaded != 1)
    return Failure{(ca_file.empty() ? std::string("the system's certificate authorities") : ca_file.string()) +
                       ": cannot be used to know receivers of callbacks: " + openssl_error(),
                   2};
  return context;
}

} // namespace crank
