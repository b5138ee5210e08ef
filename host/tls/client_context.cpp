#include "tls/client_context.hpp"

#include "tls/openssl.hpp"

#include <array>
#include <cstdlib>

namespace crank {
namespace {

// Where systems have their authorities in one file.
constexpr std::array bundles = {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                                "/etc/ssl/cert.pem"};

// OpenSSL looks where it was built to, and where SSL_CERT_FILE and SSL_CERT_DIR say. An image may have the authorities
// without the links that lead there.
bool load_system_authorities(SSL_CTX* context) {
  if (SSL_CTX_set_default_verify_paths(context) != 1) return false;
  std::error_code ignored;
  if (std::getenv(X509_get_default_cert_file_env()) || std::getenv(X509_get_default_cert_dir_env()) ||
      std::filesystem::exists(X509_get_default_cert_file(), ignored) ||
      std::filesystem::exists(X509_get_default_cert_dir(), ignored))
    return true;
  for (const char* const bundle : bundles) {
    if (std::filesystem::exists(bundle, ignored)) return SSL_CTX_load_verify_locations(context, bundle, nullptr) == 1;
  }
  return true; // nobody is known then
}

} // namespace

Result<SslContext, Failure> make_client_context(const std::filesystem::path& ca_file) {
  SslContext context(SSL_CTX_new(TLS_client_method()));
  if (!context) return Failure{"TLS cannot be used: " + openssl_error(), 1};
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  const bool loaded = ca_file.empty() ? load_system_authorities(context.get())
                                      : SSL_CTX_load_verify_locations(context.get(), ca_file.c_str(), nullptr) == 1;
  if (!loaded)
    return Failure{(ca_file.empty() ? std::string("the system's certificate authorities") : ca_file.string()) +
                       ": cannot be used to know receivers of callbacks: " + openssl_error(),
                   2};
  return context;
}

} // namespace crank
