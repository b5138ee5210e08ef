// Makes the development certificates of certificates.hpp.
#include "tls/certificates.hpp"

#include "tls/openssl.hpp"
#include "tls/secure_files.hpp"

#include <openssl/pem.h>

#include <arpa/inet.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace crank {
namespace {

namespace fs = std::filesystem;

constexpr unsigned kAuthorityDays = 3650;
constexpr unsigned kLongestLeafDays = 825;
constexpr long kClockSkew = 300; // seconds by which a peer's clock may be behind

Failure openssl_failure(const char* what) { return Failure{std::string(what) + ": " + openssl_error()}; }

struct Identity {
  Certificate certificate;
  Key key;
};

bool is_address(const std::string& name) {
  std::array<unsigned char, 16> ignored{};
  return inet_pton(AF_INET, name.c_str(), ignored.data()) == 1 ||
         inet_pton(AF_INET6, name.c_str(), ignored.data()) == 1;
}

// RFC 1123 labels, and a wildcard as the first one. What passes cannot change the meaning of an extension text either.
bool is_dns_name(std::string_view name) {
  if (name.starts_with("*.")) name.remove_prefix(2);
  if (name.empty() || name.size() > 253) return false;
  std::size_t label = 0;
  char before = '.';
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (!letter && c != '-' && c != '.') return false;
    if ((c == '.' || c == '-') && before == '.') return false;
    if (c == '.' && before == '-') return false;
    label = c == '.' ? 0 : label + 1;
    if (label > 63) return false;
    before = c;
  }
  return before != '-' && before != '.';
}

std::string machine_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 && is_dns_name(name.data()) ? std::string(name.data())
                                                                                    : std::string();
}

Result<std::vector<std::string>, Failure> all_names(const std::vector<std::string>& extra) {
  std::vector<std::string> names = {"localhost", "127.0.0.1", "::1"};
  if (std::string own = machine_name(); !own.empty()) names.push_back(std::move(own));
  for (const std::string& name : extra) {
    if (!is_address(name) && !is_dns_name(name))
      return Failure{"--name " + name + ": neither a DNS name nor an address", 2};
    names.push_back(name);
  }
  std::vector<std::string> unique;
  for (std::string& name : names) {
    if (std::find(unique.begin(), unique.end(), name) == unique.end()) unique.push_back(std::move(name));
  }
  return unique;
}

bool add_extension(X509* certificate, X509* issuer, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, OpenSslFree<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// RFC 5280 4.1.2.2: positive, at most 20 octets; random, so that a second authority of the same name cannot repeat one.
bool set_random_serial(X509* certificate) {
  const std::unique_ptr<BIGNUM, OpenSslFree<BN_free>> number(BN_new());
  return number && BN_rand(number.get(), 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_name(X509_NAME* name, const std::string& common_name) {
  constexpr int type = MBSTRING_UTF8;
  const auto text = [](const char* value) { return reinterpret_cast<const unsigned char*>(value); };
  return X509_NAME_add_entry_by_NID(name, NID_organizationName, type, text("Crank development"), -1, -1, 0) == 1 &&
         X509_NAME_add_entry_by_NID(name, NID_commonName, type, text(common_name.c_str()), -1, -1, 0) == 1;
}

// What authority and leaf have in common: a new key, serial, times, subject.
Result<Identity, Failure> begin_certificate(const std::string& common_name, unsigned days) {
  Identity identity{Certificate(X509_new()), Key(EVP_EC_gen("P-256"))};
  X509* certificate = identity.certificate.get();
  const bool done = identity.certificate && identity.key && X509_set_version(certificate, X509_VERSION_3) == 1 &&
                    set_random_serial(certificate) &&
                    X509_gmtime_adj(X509_getm_notBefore(certificate), -kClockSkew) != nullptr &&
                    X509_time_adj_ex(X509_getm_notAfter(certificate), static_cast<int>(days), 0, nullptr) != nullptr &&
                    set_name(X509_get_subject_name(certificate), common_name) &&
                    X509_set_pubkey(certificate, identity.key.get()) == 1;
  if (!done) return openssl_failure("a certificate cannot be made");
  return identity;
}

Result<Identity, Failure> make_authority(unsigned leaf_days) {
  auto made = begin_certificate("Crank development CA", std::max(kAuthorityDays, leaf_days));
  if (!made) return made;
  X509* certificate = made->certificate.get();
  const bool done = X509_set_issuer_name(certificate, X509_get_subject_name(certificate)) == 1 &&
                    add_extension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                    add_extension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign") &&
                    add_extension(certificate, certificate, NID_subject_key_identifier, "hash") &&
                    add_extension(certificate, certificate, NID_authority_key_identifier, "keyid:always") &&
                    X509_sign(certificate, made->key.get(), EVP_sha256()) > 0;
  if (!done) return openssl_failure("the development authority cannot be made");
  return made;
}

std::string alternative_names(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    text.append(text.empty() ? "" : ",").append(is_address(name) ? "IP:" : "DNS:").append(name);
  }
  return text;
}

Result<Identity, Failure> make_leaf(const Identity& authority, const std::vector<std::string>& names, unsigned days) {
  auto made = begin_certificate("localhost", days);
  if (!made) return made;
  X509* certificate = made->certificate.get();
  X509* issuer = authority.certificate.get();
  const bool done = X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1 &&
                    add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
                    add_extension(certificate, issuer, NID_key_usage, "critical,digitalSignature") &&
                    add_extension(certificate, issuer, NID_ext_key_usage, "serverAuth,clientAuth") &&
                    add_extension(certificate, issuer, NID_subject_key_identifier, "hash") &&
                    add_extension(certificate, issuer, NID_authority_key_identifier, "keyid:always") &&
                    add_extension(certificate, issuer, NID_subject_alt_name, alternative_names(names)) &&
                    X509_sign(certificate, authority.key.get(), EVP_sha256()) > 0;
  if (!done) return openssl_failure("the certificate cannot be made");
  return made;
}

Result<std::string, Failure> pem(const Identity& identity, bool private_key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  const bool done = bio && (private_key ? PEM_write_bio_PKCS8PrivateKey(bio.get(), identity.key.get(), nullptr, nullptr,
                                                                        0, nullptr, nullptr) == 1
                                        : PEM_write_bio_X509(bio.get(), identity.certificate.get()) == 1);
  if (!done) return openssl_failure("a certificate cannot be written");
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(length));
}

// The key first: a certificate without its key is what find_certificates() can explain.
std::optional<Failure> store(const Identity& identity, const fs::path& certificate, const fs::path& key) {
  for (const bool private_key : {true, false}) {
    auto text = pem(identity, private_key);
    if (!text) return text.error();
    if (auto failure = write_file_atomically(private_key ? key : certificate, *text, private_key ? 0600 : 0644))
      return failure;
  }
  return std::nullopt;
}

// The authority that is there, if it can sign a leaf that lives for `days`.
std::optional<Identity> usable_authority(const fs::path& directory, unsigned days) {
  auto certificates = read_certificates(directory / "ca.crt");
  auto key = read_key(directory / "ca.key");
  if (!certificates || !key || certificates->size() != 1) return std::nullopt;
  Identity authority{std::move(certificates->front()), std::move(*key)};
  X509* certificate = authority.certificate.get();
  const std::time_t leaf_end = std::time(nullptr) + static_cast<std::time_t>(days) * 86'400;
  const bool usable = X509_check_private_key(certificate, authority.key.get()) == 1 &&
                      X509_check_ca(certificate) == 1 &&
                      time_of(X509_get0_notBefore(certificate)) <= std::time(nullptr) &&
                      time_of(X509_get0_notAfter(certificate)) >= leaf_end;
  if (!usable) {
    static_cast<void>(openssl_error()); // empties the queue
    return std::nullopt;
  }
  return authority;
}

// A failed look-up is only worth telling when there is something that must not be overwritten.
bool anything_there(const fs::path& directory) {
  std::error_code ignored;
  return fs::exists(directory / "client.crt", ignored) || fs::exists(directory / "client.key", ignored);
}

bool covers(const std::vector<std::string>& present, const std::vector<std::string>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const std::string& name) {
    if (std::find(present.begin(), present.end(), name) != present.end()) return true;
    // An address may be written in several ways.
    std::array<unsigned char, 16> a{};
    return std::any_of(present.begin(), present.end(), [&](const std::string& other) {
      std::array<unsigned char, 16> b{};
      return inet_pton(AF_INET6, name.c_str(), a.data()) == 1 && inet_pton(AF_INET6, other.c_str(), b.data()) == 1 &&
             a == b;
    });
  });
}

// Keeps what is there, or says why it cannot.
Result<MadeCertificates, Failure> keep(const fs::path& directory, const std::vector<std::string>& wanted) {
  auto found = find_certificates(directory);
  if (!found) {
    const std::string& reason = found.error().message;
    return Failure{reason + (reason.find("--force") == std::string::npos ? "; --force replaces what is there" : "")};
  }
  auto chain = read_certificates(found->certificate);
  if (!chain) return std::move(chain).error();
  std::vector<std::string> names = names_of(chain->front().get());
  if (!covers(names, wanted)) {
    std::string text;
    for (const std::string& name : wanted) {
      if (!covers(names, {name})) text.append(text.empty() ? "" : ", ").append(name);
    }
    return Failure{found->certificate.string() + ": does not name " + text + "; --force replaces it"};
  }
  return MadeCertificates{std::move(*found), true, false, std::move(names)};
}

Result<MadeCertificates, Failure> make(const fs::path& directory, const std::vector<std::string>& names,
                                       unsigned days) {
  auto authority = usable_authority(directory, days);
  const bool new_authority = !authority;
  if (new_authority) {
    auto made = make_authority(days);
    if (!made) return std::move(made).error();
    if (auto failure = store(*made, directory / "ca.crt", directory / "ca.key")) return *failure;
    authority = std::move(*made);
  }
  auto leaf = make_leaf(*authority, names, days);
  if (!leaf) return std::move(leaf).error();
  if (auto failure = store(*leaf, directory / "client.crt", directory / "client.key")) return *failure;
  auto found = find_certificates(directory);
  if (!found) return std::move(found).error();
  return MadeCertificates{std::move(*found), false, new_authority, names};
}

} // namespace

Result<MadeCertificates, Failure> make_development_certificates(const fs::path& directory,
                                                                const DevelopmentCertificates& wanted) {
  if (wanted.days < 1 || wanted.days > kLongestLeafDays) return Failure{"a certificate holds for 1 to 825 days", 2};
  auto names = all_names(wanted.names);
  if (!names) return std::move(names).error();
  if (auto failure = create_private_directory(directory)) return *failure;
  const auto lock = DirectoryLock::take(directory);
  if (!lock) return lock.error();
  if (!wanted.force) {
    std::error_code ignored;
    // Only what was asked for must be covered: the machine's name may have changed, as in every new container.
    if (anything_there(directory)) return keep(directory, wanted.names);
    if (fs::exists(directory / "ca.crt", ignored) && !usable_authority(directory, wanted.days)) {
      return Failure{(directory / "ca.crt").string() + ": there is no usable ca.key for it; --force replaces it"};
    }
  }
  return make(directory, *names, wanted.days);
}

} // namespace crank
