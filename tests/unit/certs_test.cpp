// Tests of host/certs: the development set, what is said about a wrong one, and real handshakes with the context.
#include "catch.hpp"

#include "tls/certificates.hpp"
#include "tls/openssl.hpp"
#include "tls/secure_files.hpp"
#include "tls/server_context.hpp"
#include "tls/session_tickets.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

using namespace crank;
namespace fs = std::filesystem;
using Catch::Matchers::Contains;

namespace {

class ScratchDirectory {
public:
  ScratchDirectory() {
    std::string name = (fs::temp_directory_path() / "crank-certs.XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no scratch directory");
    path = name;
  }
  ~ScratchDirectory() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  fs::path path;
};

std::string content(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

MadeCertificates made(const fs::path& directory, const DevelopmentCertificates& wanted = {}) {
  auto result = make_development_certificates(directory, wanted);
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

std::string refused(const fs::path& directory, const DevelopmentCertificates& wanted = {}) {
  const auto result = make_development_certificates(directory, wanted);
  return result ? "accepted" : result.error().message;
}

std::string unusable(const fs::path& directory) {
  const auto files = find_certificates(directory);
  if (files) return "accepted";
  CHECK(files.error().exit_code == 2);
  CHECK(files.error().message.find('\n') == std::string::npos);
  return files.error().message;
}

mode_t mode_of(const fs::path& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 ? status.st_mode & 0777 : 0;
}

// Signs the leaf of `directory` again with other times, as an old or future certificate.
void redate(const fs::path& directory, long from, long to) {
  auto leaf = read_certificates(directory / "client.crt");
  const auto key = read_key(directory / "ca.key");
  X509_gmtime_adj(X509_getm_notBefore(leaf->front().get()), from);
  X509_gmtime_adj(X509_getm_notAfter(leaf->front().get()), to);
  X509_sign(leaf->front().get(), key->get(), EVP_sha256());
  const Bio out(BIO_new_file((directory / "client.crt").c_str(), "w"));
  PEM_write_bio_X509(out.get(), leaf->front().get());
}

struct FreeSsl {
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
};
using Connection = std::unique_ptr<SSL, FreeSsl>;

SslContext client_context(const fs::path& trusted, const fs::path& own) {
  SslContext context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_load_verify_locations(context.get(), (trusted / "ca.crt").c_str(), nullptr);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (own.empty()) return context;
  SSL_CTX_use_certificate_chain_file(context.get(), (own / "client.crt").c_str());
  SSL_CTX_use_PrivateKey_file(context.get(), (own / "client.key").c_str(), SSL_FILETYPE_PEM);
  return context;
}

// Both ends of a connection in one thread, joined by a BIO pair.
struct Handshake {
  Handshake(SSL_CTX* server_context, SSL_CTX* client_context, SSL_SESSION* session = nullptr)
      : server(SSL_new(server_context)), client(SSL_new(client_context)) {
    BIO* server_end = nullptr;
    BIO* client_end = nullptr;
    BIO_new_bio_pair(&server_end, 0, &client_end, 0);
    SSL_set_bio(server.get(), server_end, server_end);
    SSL_set_bio(client.get(), client_end, client_end);
    SSL_set_accept_state(server.get());
    SSL_set_connect_state(client.get());
    if (session != nullptr) SSL_set_session(client.get(), session);
  }

  // True when both ends are done and a byte went each way (so that tickets and late alerts arrive).
  bool run() {
    ERR_clear_error();
    char byte = 'x';
    for (int round = 0; round < 20; ++round) {
      if (failed(client.get(), SSL_do_handshake(client.get())) || failed(server.get(), SSL_do_handshake(server.get())))
        return false;
      if (SSL_is_init_finished(server.get()) && SSL_is_init_finished(client.get())) break;
    }
    return SSL_write(server.get(), &byte, 1) == 1 && SSL_read(client.get(), &byte, 1) == 1 &&
           SSL_write(client.get(), &byte, 1) == 1 && SSL_read(server.get(), &byte, 1) == 1;
  }

  Connection server;
  Connection client;

private:
  static bool failed(SSL* ssl, int result) {
    if (result == 1) return false;
    const int reason = SSL_get_error(ssl, result);
    return reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_WANT_WRITE;
  }
};

SslContext server_context(const fs::path& directory, ClientAuth mode) {
  auto files = find_certificates(directory);
  if (!files) throw std::runtime_error(files.error().message);
  auto context = make_server_context(*files, mode);
  if (!context) throw std::runtime_error(context.error().message);
  return std::move(*context);
}

using Session = std::unique_ptr<SSL_SESSION, OpenSslFree<SSL_SESSION_free>>;

const std::string ticket_keys(160, '7');

// As a generation of a supervisor has it: its ticket keys are those of the generations before it.
SslContext generation_context(const fs::path& directory, ClientAuth mode) {
  auto context = server_context(directory, mode);
  if (!share_session_tickets(*context, ticket_keys)) throw std::runtime_error("no ticket keys");
  return context;
}

SslContext client_of_version(const fs::path& trusted, const fs::path& own, int version) {
  auto context = client_context(trusted, own);
  SSL_CTX_set_min_proto_version(context.get(), version);
  SSL_CTX_set_max_proto_version(context.get(), version);
  return context;
}

Session session_of(SSL_CTX* server, SSL_CTX* client, SSL_SESSION* former = nullptr) {
  Handshake handshake(server, client, former);
  if (!handshake.run()) throw std::runtime_error("no handshake");
  SSL_set_shutdown(handshake.client.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN); // else its session is spoilt
  return Session(SSL_get1_session(handshake.client.get()));
}

enum class Comeback { resumed, full, refused };

Comeback come_back(SSL_CTX* server, SSL_CTX* client, SSL_SESSION* session) {
  Handshake handshake(server, client, session);
  if (!handshake.run()) return Comeback::refused;
  return SSL_session_reused(handshake.server.get()) == 1 ? Comeback::resumed : Comeback::full;
}

void append(const fs::path& to, const fs::path& from) { std::ofstream(to, std::ios::app) << content(from); }

// A server that makes tickets as `grant` says, whatever the handshake was.
int write_grant(SSL* connection, void* grant) {
  const auto bytes = static_cast<const SessionGrant*>(grant)->bytes();
  return SSL_SESSION_set1_ticket_appdata(SSL_get_session(connection), bytes.data(), bytes.size());
}
SSL_TICKET_RETURN ignore_ticket(SSL*, SSL_SESSION*, const unsigned char*, std::size_t, SSL_TICKET_STATUS, void*) {
  return SSL_TICKET_RETURN_IGNORE_RENEW;
}

} // namespace

TEST_CASE("a development set is complete, private and valid") {
  const ScratchDirectory scratch;
  const fs::path directory = scratch.path / "a/certs";
  const MadeCertificates result = made(directory, {{"worker.example", "10.1.2.3", "worker.example"}, 30, false});
  CHECK_FALSE(result.kept);
  CHECK(result.new_authority);
  CHECK(mode_of(directory) == 0700);
  CHECK(mode_of(directory / "ca.key") == 0600);
  CHECK(mode_of(directory / "client.key") == 0600);
  CHECK(mode_of(directory / "client.crt") == 0644);
  CHECK(std::distance(fs::directory_iterator(directory), {}) == 4); // no temporary file stays

  const auto leaf = read_certificates(directory / "client.crt");
  const auto authority = read_certificates(directory / "ca.crt");
  REQUIRE(leaf);
  REQUIRE(authority);
  X509* certificate = leaf->front().get();
  const auto names = names_of(certificate);
  for (const char* name : {"localhost", "127.0.0.1", "::1", "worker.example", "10.1.2.3"}) {
    CHECK(std::count(names.begin(), names.end(), name) == 1);
  }
  CHECK(X509_check_host(certificate, "worker.example", 0, 0, nullptr) == 1);
  CHECK(X509_check_ip_asc(certificate, "::1", 0) == 1);
  CHECK(X509_check_ca(authority->front().get()) == 1);
  CHECK(X509_check_ca(certificate) == 0);
  CHECK(X509_check_purpose(certificate, X509_PURPOSE_SSL_SERVER, 0) == 1);
  CHECK(X509_check_purpose(certificate, X509_PURPOSE_SSL_CLIENT, 0) == 1);
  CHECK(X509_get_extension_flags(authority->front().get()) & EXFLAG_BCONS);
  CHECK(X509_get0_subject_key_id(certificate) != nullptr);
  CHECK(ASN1_OCTET_STRING_cmp(X509_get0_authority_key_id(certificate),
                              X509_get0_subject_key_id(authority->front().get())) == 0);
  CHECK(EVP_PKEY_get_bits(X509_get0_pubkey(certificate)) == 256);
  CHECK(std::abs(result.files.not_after - (std::time(nullptr) + 30 * 86'400)) < 600);
  CHECK(result.files.subject == "CN=localhost,O=Crank development");
}

TEST_CASE("a valid set is kept; force renews the leaf under the same authority") {
  const ScratchDirectory scratch;
  made(scratch.path);
  const std::string leaf = content(scratch.path / "client.crt");
  const std::string authority = content(scratch.path / "ca.crt");
  CHECK(made(scratch.path).kept);
  CHECK(content(scratch.path / "client.crt") == leaf);

  const MadeCertificates renewed = made(scratch.path, {{}, 365, true});
  CHECK_FALSE(renewed.kept);
  CHECK_FALSE(renewed.new_authority);
  CHECK(content(scratch.path / "client.crt") != leaf);
  CHECK(content(scratch.path / "ca.crt") == authority);

  CHECK_THAT(refused(scratch.path, {{"other.example"}, 365, false}),
             Contains("does not name other.example") && Contains("--force"));
  CHECK(made(scratch.path, {{"0:0::1"}, 365, false}).kept); // ::1, written differently
}

TEST_CASE("an authority without a leaf is used; one without its key is not overwritten") {
  const ScratchDirectory scratch;
  made(scratch.path);
  const std::string authority = content(scratch.path / "ca.crt");
  fs::remove(scratch.path / "client.crt");
  fs::remove(scratch.path / "client.key");
  CHECK_FALSE(made(scratch.path).new_authority);
  CHECK(content(scratch.path / "ca.crt") == authority);

  for (const char* name : {"client.crt", "client.key", "ca.key"}) fs::remove(scratch.path / name);
  CHECK_THAT(refused(scratch.path), Contains("ca.crt") && Contains("--force"));
  CHECK(content(scratch.path / "ca.crt") == authority);
  CHECK(made(scratch.path, {{}, 365, true}).new_authority);
}

TEST_CASE("names that are none, odd validity and unusable directories are refused in one line") {
  const ScratchDirectory scratch;
  for (const char* name : {"", "a b", "a,DNS:evil", "-a", "a-", "a..b", "a.", ".a", "1.2.3.4/8", "a\nb"}) {
    INFO(name);
    CHECK_THAT(refused(scratch.path, {{name}, 365, false}), Contains("neither a DNS name nor an address"));
  }
  CHECK_THAT(refused(scratch.path, {{}, 0, false}), Contains("1 to 825"));
  CHECK_THAT(refused(scratch.path, {{}, 826, false}), Contains("1 to 825"));
  CHECK(made(scratch.path, {{"*.example.org", "fe80::1"}, 825, false}).new_authority);

  std::ofstream(scratch.path / "file") << "x";
  CHECK_THAT(refused(scratch.path / "file"), Contains("cannot be created"));
  CHECK_THAT(refused(scratch.path / "file/under"), Contains("cannot be created"));
}

TEST_CASE("the directory may be relative") {
  const ScratchDirectory scratch;
  const fs::path before = fs::current_path();
  fs::current_path(scratch.path);
  const std::string message = refused("certs");
  fs::current_path(before);
  CHECK(message == "accepted");
  CHECK(find_certificates(scratch.path / "certs"));
}

TEST_CASE("a full or read-only disk is told, and nothing half-written stays") {
  const auto failure = write_file_atomically("/proc/self/nowhere", "x", 0600);
  REQUIRE(failure);
  CHECK_THAT(failure->message, Contains("/proc/self/nowhere: cannot be written: "));

  const ScratchDirectory scratch;
  fs::create_directory(scratch.path / "taken"); // the rename cannot replace a directory
  CHECK(write_file_atomically(scratch.path / "taken", "x", 0600));
  CHECK(std::distance(fs::directory_iterator(scratch.path), {}) == 1);
}

TEST_CASE("what is missing or does not fit is said with what to do") {
  const ScratchDirectory scratch;
  const fs::path directory = scratch.path / "certs";
  CHECK(unusable(directory) ==
        "no certificate in " + directory.string() +
            ": put client.crt, client.key and ca.crt there, or run `crank-host certs init --cert-dir " +
            directory.string() + "`");
  made(directory);
  CHECK(find_certificates(directory));

  fs::rename(directory / "client.key", directory / "saved");
  CHECK_THAT(unusable(directory), Contains("no client.key in"));
  CHECK_THAT(refused(directory), Contains("no client.key in") && Contains("--force"));
  std::ofstream(directory / "client.key") << "rubbish";
  CHECK_THAT(unusable(directory), Contains("client.key: not a PEM private key"));
  fs::copy_file(directory / "ca.key", directory / "client.key", fs::copy_options::overwrite_existing);
  CHECK_THAT(unusable(directory), Contains("client.key: not the key of"));
  fs::rename(directory / "saved", directory / "client.key");

  const ScratchDirectory other;
  made(other.path);
  fs::copy_file(other.path / "ca.crt", directory / "ca.crt", fs::copy_options::overwrite_existing);
  CHECK_THAT(unusable(directory), Contains("client.crt: not issued by"));
  std::ofstream(directory / "ca.crt") << "";
  CHECK_THAT(unusable(directory), Contains("ca.crt: not a PEM certificate"));
}

TEST_CASE("certificates outside their time are told by date") {
  const ScratchDirectory scratch;
  made(scratch.path);
  redate(scratch.path, -7200, -3600);
  CHECK_THAT(unusable(scratch.path), Contains("client.crt: expired on 2") && Contains(" UTC"));
  CHECK_THAT(refused(scratch.path), Contains("expired on") && Contains("--force"));
  redate(scratch.path, 3600, 7200);
  CHECK_THAT(unusable(scratch.path), Contains("client.crt: not valid before 2"));
  CHECK_FALSE(made(scratch.path, {{}, 365, true}).new_authority);
}

TEST_CASE("a key with a passphrase is refused and nobody is asked") {
  const ScratchDirectory scratch;
  made(scratch.path);
  const auto key = read_key(scratch.path / "client.key");
  {
    const Bio out(BIO_new_file((scratch.path / "client.key").c_str(), "w"));
    char passphrase[] = "secret";
    PEM_write_bio_PKCS8PrivateKey(out.get(), key->get(), EVP_aes_128_cbc(), passphrase, 6, nullptr, nullptr);
  }
  CHECK_THAT(unusable(scratch.path), Contains("without passphrase"));
}

TEST_CASE("client certificates are asked for as configured") {
  const ScratchDirectory scratch;
  const ScratchDirectory stranger;
  made(scratch.path);
  made(stranger.path);
  const auto anonymous = client_context(scratch.path, {});
  const auto known = client_context(scratch.path, scratch.path);
  const auto unknown = client_context(scratch.path, stranger.path);

  const auto off = server_context(scratch.path, ClientAuth::off);
  Handshake plain(off.get(), known.get());
  CHECK(plain.run());
  CHECK(peer_identity(plain.server.get()).empty());

  const auto optional = server_context(scratch.path, ClientAuth::optional);
  Handshake without(optional.get(), anonymous.get());
  CHECK(without.run());
  CHECK(peer_identity(without.server.get()).empty());
  CHECK_FALSE(Handshake(optional.get(), unknown.get()).run());

  for (const ClientAuth mode : {ClientAuth::required, ClientAuth::automatic}) {
    const auto required = server_context(scratch.path, mode);
    CHECK_FALSE(Handshake(required.get(), anonymous.get()).run());
    CHECK_FALSE(Handshake(required.get(), unknown.get()).run());
    Handshake with(required.get(), known.get());
    CHECK(with.run());
    CHECK(peer_identity(with.server.get()) == "CN=localhost,O=Crank development");
  }
  ERR_clear_error();
}

TEST_CASE("a SPIFFE ID is the identity where there is exactly one URI name") {
  const ScratchDirectory scratch;
  made(scratch.path);
  const auto with_names = [&](const char* names) {
    auto leaf = read_certificates(scratch.path / "client.crt");
    const auto key = read_key(scratch.path / "ca.key");
    X509* certificate = leaf->front().get();
    const std::unique_ptr<X509_EXTENSION, OpenSslFree<X509_EXTENSION_free>> old(
        X509_delete_ext(certificate, X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1)));
    const std::unique_ptr<X509_EXTENSION, OpenSslFree<X509_EXTENSION_free>> fresh(
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names));
    X509_add_ext(certificate, fresh.get(), -1);
    X509_sign(certificate, key->get(), EVP_sha256());
    const Bio out(BIO_new_file((scratch.path / "client.crt").c_str(), "w"));
    PEM_write_bio_X509(out.get(), certificate);
  };
  const auto identity = [&] {
    const auto server = server_context(scratch.path, ClientAuth::required);
    const auto client = client_context(scratch.path, scratch.path);
    Handshake handshake(server.get(), client.get());
    return handshake.run() ? peer_identity(handshake.server.get()) : std::string("failed");
  };
  with_names("DNS:localhost,URI:spiffe://example.org/worker/a");
  CHECK(identity() == "spiffe://example.org/worker/a");
  with_names("URI:spiffe://example.org/a,URI:spiffe://example.org/b");
  CHECK(identity() == "CN=localhost,O=Crank development");
  with_names("URI:https://example.org/a");
  CHECK(identity() == "CN=localhost,O=Crank development");
}

TEST_CASE("ALPN selects http/1.1, or refuses") {
  const ScratchDirectory scratch;
  made(scratch.path);
  const auto server = server_context(scratch.path, ClientAuth::off);
  const auto client = client_context(scratch.path, {});
  static constexpr unsigned char both[] = "\x02h2\x08http/1.1";
  static constexpr unsigned char other[] = "\x02h2";
  Handshake accepted(server.get(), client.get());
  SSL_set_alpn_protos(accepted.client.get(), both, sizeof both - 1);
  CHECK(accepted.run());
  const unsigned char* selected = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(accepted.server.get(), &selected, &length);
  CHECK(std::string(reinterpret_cast<const char*>(selected), length) == "http/1.1");

  Handshake refused_one(server.get(), client.get());
  SSL_set_alpn_protos(refused_one.client.get(), other, sizeof other - 1);
  CHECK_FALSE(refused_one.run());
  ERR_clear_error();
}

TEST_CASE("old protocols are refused, 1.2 and 1.3 work and resume") {
  const ScratchDirectory scratch;
  made(scratch.path);
  const auto server = server_context(scratch.path, ClientAuth::required);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto client = client_context(scratch.path, scratch.path);
    SSL_CTX_set_min_proto_version(client.get(), version);
    SSL_CTX_set_max_proto_version(client.get(), version);
    Handshake first(server.get(), client.get());
    REQUIRE(first.run());
    CHECK(SSL_version(first.server.get()) == version);
    const std::unique_ptr<SSL_SESSION, OpenSslFree<SSL_SESSION_free>> session(SSL_get1_session(first.client.get()));
    Handshake second(server.get(), client.get(), session.get());
    REQUIRE(second.run());
    CHECK(SSL_session_reused(second.server.get()) == 1);
    CHECK(peer_identity(second.server.get()) == "CN=localhost,O=Crank development");
  }
  const auto old = client_context(scratch.path, scratch.path);
  SSL_CTX_set_security_level(old.get(), 0);
  SSL_CTX_set_min_proto_version(old.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(old.get(), TLS1_1_VERSION);
  CHECK_FALSE(Handshake(server.get(), old.get()).run());
  ERR_clear_error();
}

TEST_CASE("a ticket ends with the authorities and the demand for certificates that it was granted under") {
  const ScratchDirectory scratch;
  const ScratchDirectory stranger;
  made(scratch.path);
  made(stranger.path);
  const auto required = generation_context(scratch.path, ClientAuth::required);
  const auto optional = generation_context(scratch.path, ClientAuth::optional);
  const auto off = generation_context(scratch.path, ClientAuth::off);
  const auto others = generation_context(stranger.path, ClientAuth::required);
  append(scratch.path / "ca.crt", stranger.path / "ca.crt");
  const auto both = generation_context(scratch.path, ClientAuth::required);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    INFO(version);
    const auto anonymous = client_of_version(scratch.path, {}, version);
    SSL_CTX_set_verify(anonymous.get(), SSL_VERIFY_NONE, nullptr);
    const auto known = client_of_version(scratch.path, scratch.path, version);
    SSL_CTX_set_verify(known.get(), SSL_VERIFY_NONE, nullptr);
    const Session session = session_of(required.get(), known.get());
    CHECK(come_back(required.get(), anonymous.get(), session.get()) ==
          Comeback::resumed); // no certificate is sent again
    CHECK(come_back(others.get(), anonymous.get(), session.get()) == Comeback::refused);
    CHECK(come_back(others.get(), known.get(), session.get()) == Comeback::refused);
    CHECK(come_back(both.get(), anonymous.get(), session.get()) == Comeback::refused);
    CHECK(come_back(both.get(), known.get(), session.get()) == Comeback::full); // still trusted: a full handshake
    CHECK(come_back(optional.get(), known.get(), session.get()) == Comeback::full);
    for (SSL_CTX* lax : {off.get(), optional.get()}) {
      const Session unknown = session_of(lax, anonymous.get());
      CHECK(come_back(lax, anonymous.get(), unknown.get()) == Comeback::resumed);
      CHECK(come_back(required.get(), anonymous.get(), unknown.get()) == Comeback::refused);
      CHECK(come_back(required.get(), known.get(), unknown.get()) == Comeback::full);
    }
  }
  ERR_clear_error();
}

TEST_CASE(
    "a session ends with its client's certificate and some time after its handshake, however often it is renewed") {
  const ScratchDirectory scratch;
  made(scratch.path);
  const auto server = generation_context(scratch.path, ClientAuth::required);
  const std::time_t now = std::time(nullptr);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    INFO(version);
    const auto client = client_of_version(scratch.path, scratch.path, version);
    const auto after = [&](SessionGrant grant) {
      const auto former = generation_context(scratch.path, ClientAuth::required);
      SSL_CTX_set_session_ticket_cb(former.get(), write_grant, ignore_ticket, &grant);
      const Session session = session_of(former.get(), client.get());
      return come_back(server.get(), client.get(), session.get());
    };
    CHECK(after({now - 60, now + 600}) == Comeback::resumed);
    CHECK(after({now - 60, now - 1}) == Comeback::full);
    CHECK(after({now - SessionGrant::lifetime() - 1, now + 600}) == Comeback::full);
    CHECK(after({now + 600, now + 6000}) == Comeback::full); // a clock that was put back tells nothing
  }
  ERR_clear_error();
}

TEST_CASE("a renewed ticket keeps the grant of its handshake; the leaf's end bounds it") {
  const ScratchDirectory scratch;
  made(scratch.path);
  redate(scratch.path, -3600, 1800);
  const auto leaf = read_certificates(scratch.path / "client.crt");
  const std::time_t end = time_of(X509_get0_notAfter(leaf->front().get()));
  const auto server = generation_context(scratch.path, ClientAuth::required);
  const auto client = client_of_version(scratch.path, scratch.path, TLS1_3_VERSION);

  SessionGrant early{std::time(nullptr) - 600, end};
  const auto former = generation_context(scratch.path, ClientAuth::required);
  SSL_CTX_set_session_ticket_cb(former.get(), write_grant, ignore_ticket, &early);
  const Session first = session_of(former.get(), client.get());

  Handshake second(server.get(), client.get(), first.get());
  REQUIRE(second.run());
  REQUIRE(SSL_session_reused(second.server.get()) == 1);
  const auto renewed = SessionGrant::of(*SSL_get_session(second.server.get()));
  REQUIRE(renewed);
  CHECK(renewed->made == early.made);
  CHECK(renewed->expires == end);

  Handshake fresh(server.get(), client.get());
  REQUIRE(fresh.run());
  const auto granted = SessionGrant::of(*SSL_get_session(fresh.server.get()));
  REQUIRE(granted);
  CHECK(granted->made > early.made);
  CHECK(granted->expires == end);
  CHECK(SSL_SESSION_get_ticket_lifetime_hint(SSL_get_session(fresh.client.get())) <= 1800);
}
