#include "tls/openssl.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <arpa/inet.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace crank {
namespace {

using Store = std::unique_ptr<X509_STORE, OpenSslFree<X509_STORE_free>>;
using StoreContext = std::unique_ptr<X509_STORE_CTX, OpenSslFree<X509_STORE_CTX_free>>;
struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const noexcept { sk_X509_free(stack); } // not the certificates
};
using Stack = std::unique_ptr<STACK_OF(X509), FreeStack>;

// OpenSSL asks on the terminal otherwise, and a server would hang there.
int no_passphrase(char*, int, int, void*) { return 0; }

Result<Bio, Failure> open(const std::filesystem::path& path) {
  ERR_clear_error();
  errno = 0;
  Bio bio(BIO_new_file(path.c_str(), "r"));
  if (bio) return bio;
  const int reason = errno;
  ERR_clear_error();
  return Failure{path.string() + ": " + (reason != 0 ? std::strerror(reason) : "cannot be opened"), 2};
}

std::string address_text(const ASN1_OCTET_STRING* address) {
  const int length = ASN1_STRING_length(address);
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = length == 4 ? AF_INET : length == 16 ? AF_INET6 : 0;
  if (family == 0 || inet_ntop(family, ASN1_STRING_get0_data(address), text.data(), text.size()) == nullptr) return {};
  return text.data();
}

} // namespace

std::string openssl_error() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "unknown reason";
  if (const char* reason = ERR_reason_error_string(code)) return reason;
  std::array<char, 256> text{};
  ERR_error_string_n(code, text.data(), text.size());
  return text.data();
}

Result<std::vector<Certificate>, Failure> read_certificates(const std::filesystem::path& path) {
  auto bio = open(path);
  if (!bio) return std::move(bio).error();
  std::vector<Certificate> certificates;
  while (Certificate certificate{PEM_read_bio_X509(bio->get(), nullptr, no_passphrase, nullptr)}) {
    certificates.push_back(std::move(certificate));
  }
  // The end of the file shows as "no start line".
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const std::string reason = openssl_error();
  if (certificates.empty() || !at_end) return Failure{path.string() + ": not a PEM certificate: " + reason, 2};
  return certificates;
}

Result<Key, Failure> read_key(const std::filesystem::path& path) {
  auto bio = open(path);
  if (!bio) return std::move(bio).error();
  Key key(PEM_read_bio_PrivateKey(bio->get(), nullptr, no_passphrase, nullptr));
  if (key) return key;
  return Failure{path.string() + ": not a PEM private key without passphrase: " + openssl_error(), 2};
}

std::string name_text(const X509_NAME* name) {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (!bio || X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0) return {};
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &data);
  return length > 0 ? std::string(data, static_cast<std::size_t>(length)) : std::string();
}

std::time_t time_of(const ASN1_TIME* time) {
  std::tm parts{};
  return ASN1_TIME_to_tm(time, &parts) == 1 ? timegm(&parts) : 0;
}

std::string date_text(std::time_t time) {
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 32> text{};
  return std::string(text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", &parts));
}

std::vector<std::string> names_of(const X509* certificate) {
  std::vector<std::string> names;
  const GeneralNames found(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; found && i < sk_GENERAL_NAME_num(found.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(found.get(), i);
    if (name->type == GEN_DNS) {
      names.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                         static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
    } else if (name->type == GEN_IPADD) {
      names.push_back(address_text(name->d.iPAddress));
    }
  }
  return names;
}

std::optional<std::string> issuer_mismatch(const std::vector<Certificate>& chain,
                                           const std::vector<Certificate>& authorities) {
  const Store store(X509_STORE_new());
  const Stack untrusted(sk_X509_new_null());
  const StoreContext context(X509_STORE_CTX_new());
  if (!store || !untrusted || !context || chain.empty()) return "out of memory";
  for (const Certificate& authority : authorities) X509_STORE_add_cert(store.get(), authority.get());
  for (std::size_t i = 1; i < chain.size(); ++i) sk_X509_push(untrusted.get(), chain[i].get());
  if (X509_STORE_CTX_init(context.get(), store.get(), chain.front().get(), untrusted.get()) != 1)
    return openssl_error();
  // ca.crt may hold an intermediate authority alone: whoever put it there trusts it.
  X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_PARTIAL_CHAIN);
  if (X509_verify_cert(context.get()) == 1) return std::nullopt;
  ERR_clear_error();
  return X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()));
}

} // namespace crank
