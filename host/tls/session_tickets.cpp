#include "tls/session_tickets.hpp"

#include "tls/openssl.hpp"

#include <openssl/x509_vfy.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace crank {
namespace {

using Digest = std::array<unsigned char, 32>; // SHA-256; also the most that a session id context holds
using DigestContext = std::unique_ptr<EVP_MD_CTX, OpenSslFree<EVP_MD_CTX_free>>;

void put(std::time_t time, unsigned char* to) {
  auto rest = static_cast<std::uint64_t>(time);
  for (int i = 7; i >= 0; --i, rest >>= 8) to[i] = static_cast<unsigned char>(rest);
}

std::time_t get(const unsigned char* from) {
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | from[i];
  return static_cast<std::time_t>(value);
}

// In no particular order: a store keeps what a bundle says, not how it is sorted.
std::vector<Digest> digests_of(X509_STORE* store) {
  std::vector<Digest> digests;
  const STACK_OF(X509_OBJECT)* objects = X509_STORE_get0_objects(store);
  for (int i = 0; i < sk_X509_OBJECT_num(objects); ++i) {
    const X509_OBJECT* object = sk_X509_OBJECT_value(objects, i);
    Digest digest{};
    if (X509* certificate = X509_OBJECT_get0_X509(object))
      X509_digest(certificate, EVP_sha256(), digest.data(), nullptr);
    else if (X509_CRL* revoked = X509_OBJECT_get0_X509_CRL(const_cast<X509_OBJECT*>(object)))
      X509_CRL_digest(revoked, EVP_sha256(), digest.data(), nullptr);
    digests.push_back(digest);
  }
  std::sort(digests.begin(), digests.end());
  return digests;
}

// Everything but the time that decides who is let in. Taken from the context and not from files, which may have changed
// since it read them.
std::optional<Digest> trust_of(SSL_CTX& context) {
  static constexpr char purpose[] = "crank-host TLS client trust 1"; // count up when the rules below it change
  const unsigned char mode = static_cast<unsigned char>(SSL_CTX_get_verify_mode(&context));
  const DigestContext hash(EVP_MD_CTX_new());
  Digest digest{};
  if (!hash || EVP_DigestInit_ex(hash.get(), EVP_sha256(), nullptr) != 1) return std::nullopt;
  bool done = EVP_DigestUpdate(hash.get(), purpose, sizeof purpose) == 1;
  done = done && EVP_DigestUpdate(hash.get(), &mode, sizeof mode) == 1;
  for (const Digest& one : digests_of(SSL_CTX_get_cert_store(&context)))
    done = done && EVP_DigestUpdate(hash.get(), one.data(), one.size()) == 1;
  if (!done || EVP_DigestFinal_ex(hash.get(), digest.data(), nullptr) != 1) return std::nullopt;
  return digest;
}

SessionGrant new_grant(SSL* connection, std::time_t now) {
  SessionGrant grant{.made = now};
  const STACK_OF(X509)* chain = SSL_get0_verified_chain(connection); // tickets keep its leaf only
  for (int i = 0; i < sk_X509_num(chain); ++i)
    grant.expires = std::min(grant.expires, time_of(X509_get0_notAfter(sk_X509_value(chain, i))));
  return grant;
}

// OpenSSL gives the ticket of a resumed session a new time; the grant stays that of the full handshake.
int on_new_ticket(SSL* connection, void*) {
  SSL_SESSION* session = SSL_get_session(connection);
  const std::time_t now = std::time(nullptr);
  const auto former = SSL_session_reused(connection) == 1 ? SessionGrant::of(*session) : std::nullopt;
  const SessionGrant grant = former ? *former : new_grant(connection, now);
  const std::time_t until = std::min(grant.expires, grant.made + SessionGrant::lifetime());
  SSL_SESSION_set_timeout(session, static_cast<long>(std::max<std::time_t>(until - now, 0)));
  const auto bytes = grant.bytes();
  return SSL_SESSION_set1_ticket_appdata(session, bytes.data(), bytes.size());
}

bool welcome(SSL* connection, SSL_SESSION& session) {
  const auto grant = SessionGrant::of(session);
  if (!grant || !grant->good_at(std::time(nullptr))) return false;
  const bool needs_certificate = (SSL_get_verify_mode(connection) & SSL_VERIFY_FAIL_IF_NO_PEER_CERT) != 0;
  return SSL_SESSION_get0_peer(&session) != nullptr || !needs_certificate;
}

SSL_TICKET_RETURN on_ticket(SSL* connection, SSL_SESSION* session, const unsigned char*, std::size_t,
                            SSL_TICKET_STATUS status, void*) {
  const bool readable = status == SSL_TICKET_SUCCESS || status == SSL_TICKET_SUCCESS_RENEW;
  if (!readable || !welcome(connection, *session)) return SSL_TICKET_RETURN_IGNORE_RENEW; // a full handshake
  return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

} // namespace

SessionGrant::Bytes SessionGrant::bytes() const {
  Bytes bytes{};
  put(made, bytes.data());
  put(expires, bytes.data() + 8);
  return bytes;
}

std::optional<SessionGrant> SessionGrant::of(SSL_SESSION& session) {
  void* data = nullptr;
  std::size_t size = 0;
  if (SSL_SESSION_get0_ticket_appdata(&session, &data, &size) != 1 || data == nullptr || size != Bytes().size())
    return std::nullopt;
  const auto* bytes = static_cast<const unsigned char*>(data);
  return SessionGrant{get(bytes), get(bytes + 8)};
}

bool bind_session_tickets(SSL_CTX& context) {
  const auto trust = trust_of(context);
  if (!trust || SSL_CTX_set_session_id_context(&context, trust->data(), trust->size()) != 1) return false;
  SSL_CTX_set_timeout(&context, static_cast<long>(SessionGrant::lifetime()));
  return SSL_CTX_set_session_ticket_cb(&context, on_new_ticket, on_ticket, nullptr) == 1;
}

bool share_session_tickets(SSL_CTX& context, const std::string& keys) {
  const long size = SSL_CTX_set_tlsext_ticket_keys(&context, nullptr, 0);
  if (size <= 0 || keys.size() != 2 * static_cast<std::size_t>(size)) return false;
  std::vector<unsigned char> bytes(static_cast<std::size_t>(size));
  std::size_t count = 0;
  return OPENSSL_hexstr2buf_ex(bytes.data(), bytes.size(), &count, keys.c_str(), '\0') == 1 && count == bytes.size() &&
         SSL_CTX_set_tlsext_ticket_keys(&context, bytes.data(), size) == 1;
}

} // namespace crank
