#include "tls/server_context.hpp"

#include "tls/openssl.hpp"
#include "tls/session_tickets.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <string_view>

namespace crank {
namespace {

// Mozilla's "intermediate" profile, version 5.7, without the finite-field suites: they need parameters and nobody needs
// them.
constexpr const char* kCiphers12 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kCiphers13 = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* kGroups = "X25519:P-256:P-384";
// In order of preference. Who offers neither (h2 alone, say) gets no_application_protocol (RFC 7301 section 3.2).
constexpr unsigned char kAlpn[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1',
                                   8, 'h', 't', 't', 'p', '/', '1', '.', '0'};

int select_alpn(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* offered,
                unsigned offered_length, void*) {
  unsigned char* selected = nullptr;
  if (SSL_select_next_proto(&selected, out_length, kAlpn, sizeof kAlpn, offered, offered_length) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL; // no_application_protocol, RFC 7301 section 3.2
  }
  *out = selected;
  return SSL_TLSEXT_ERR_OK;
}

int no_passphrase(char*, int, int, void*) { return 0; }

Failure failure_of(const std::filesystem::path& path) {
  return {path.string() + ": cannot be used for TLS: " + openssl_error(), 2};
}

void set_options(SSL_CTX* context) {
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                   SSL_OP_PRIORITIZE_CHACHA | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);
  // Sessions live in the clients' tickets; a cache of ours would be memory that clients decide about.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(context, select_alpn, nullptr);
}

bool set_algorithms(SSL_CTX* context) {
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_cipher_list(context, kCiphers12) == 1 && SSL_CTX_set_ciphersuites(context, kCiphers13) == 1 &&
         SSL_CTX_set1_groups_list(context, kGroups) == 1;
}

std::optional<Failure> set_identity(SSL_CTX* context, const CertificateFiles& files) {
  SSL_CTX_set_default_passwd_cb(context, no_passphrase);
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1) return failure_of(files.certificate);
  if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1) return failure_of(files.key);
  if (SSL_CTX_check_private_key(context) != 1) return failure_of(files.key);
  return std::nullopt;
}

std::optional<Failure> set_client_auth(SSL_CTX* context, const CertificateFiles& files, ClientAuth client_auth) {
  if (client_auth == ClientAuth::off) {
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
    return std::nullopt;
  }
  if (SSL_CTX_load_verify_locations(context, files.authority.c_str(), nullptr) != 1) return failure_of(files.authority);
  STACK_OF(X509_NAME)* accepted = SSL_load_client_CA_file(files.authority.c_str());
  if (accepted == nullptr) return failure_of(files.authority);
  SSL_CTX_set_client_CA_list(context, accepted); // takes ownership
  const int mode =
      client_auth == ClientAuth::optional ? SSL_VERIFY_PEER : SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  SSL_CTX_set_verify(context, mode, nullptr);
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN); // as in find_certificates()
  return std::nullopt;
}

// The SPIFFE ID (X.509-SVID section 2): the one URI name, with the scheme "spiffe".
std::string spiffe_id(const X509* certificate) {
  const GeneralNames names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::string id;
  int count = 0;
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    ++count;
    const ASN1_IA5STRING* uri = name->d.uniformResourceIdentifier;
    id.assign(reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
              static_cast<std::size_t>(ASN1_STRING_length(uri)));
  }
  const bool printable = std::all_of(id.begin(), id.end(), [](unsigned char c) { return c > 0x20 && c < 0x7f; });
  return count == 1 && printable && id.starts_with("spiffe://") ? id : std::string();
}

} // namespace

Result<SslContext, Failure> make_server_context(const CertificateFiles& files, ClientAuth client_auth) {
  ERR_clear_error();
  SslContext context(SSL_CTX_new(TLS_server_method()));
  if (!context) return Failure{"TLS cannot be set up: " + openssl_error()};
  set_options(context.get());
  if (!set_algorithms(context.get())) return Failure{"TLS cannot be set up: " + openssl_error()};
  if (auto failure = set_identity(context.get(), files)) return *failure;
  if (auto failure = set_client_auth(context.get(), files, client_auth)) return *failure;
  if (!bind_session_tickets(*context)) return Failure{"TLS cannot be set up: " + openssl_error()};
  return context;
}

std::string peer_identity(const SSL* connection) {
  const X509* certificate = SSL_get0_peer_certificate(connection);
  if (certificate == nullptr || SSL_get_verify_result(connection) != X509_V_OK) return {};
  std::string id = spiffe_id(certificate);
  return id.empty() ? name_text(X509_get_subject_name(certificate)) : id;
}

std::optional<std::string_view> certificate_fault(const SSL* connection) {
  if (connection == nullptr) return std::nullopt;
  const long result = SSL_get_verify_result(connection);
  if (result != X509_V_OK) return X509_verify_cert_error_string(result);
  if (ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE)
    return "the client showed no certificate";
  return std::nullopt;
}

} // namespace crank
