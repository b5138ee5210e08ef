// Owning handles for the OpenSSL objects used here, and reading them from PEM files. Knows no policy.
#pragma once

#include "base/problem.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace crank {

template <auto free_function>
struct OpenSslFree {
  template <class T>
  void operator()(T* object) const noexcept {
    free_function(object);
  }
};
struct FreeGeneralNames {
  void operator()(GENERAL_NAMES* names) const noexcept { GENERAL_NAMES_free(names); }
};

using Bio = std::unique_ptr<BIO, OpenSslFree<BIO_free_all>>;
using Key = std::unique_ptr<EVP_PKEY, OpenSslFree<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, OpenSslFree<X509_free>>;
using GeneralNames = std::unique_ptr<GENERAL_NAMES, FreeGeneralNames>;

// The oldest error of this thread's queue as a text, e.g. "no start line"; the queue is empty afterwards.
[[nodiscard]] std::string openssl_error();

// All certificates of a PEM file, at least one. A failure (exit code 2) is one line with the path.
[[nodiscard]] Result<std::vector<Certificate>, Failure> read_certificates(const std::filesystem::path& path);
// A private key without passphrase.
[[nodiscard]] Result<Key, Failure> read_key(const std::filesystem::path& path);

// RFC 2253 section 2, with UTF-8 as it is.
[[nodiscard]] std::string name_text(const X509_NAME* name);
// Seconds since the epoch.
[[nodiscard]] std::time_t time_of(const ASN1_TIME* time);
// "2026-11-23 14:53 UTC"
[[nodiscard]] std::string date_text(std::time_t time);
// DNS names and addresses (as text) of the subject alternative name.
[[nodiscard]] std::vector<std::string> names_of(const X509* certificate);

// Why `chain` (leaf first) is not issued by one of `authorities`, e.g. "unable to get local issuer certificate";
// nothing if it is. Validity in time is not looked at.
[[nodiscard]] std::optional<std::string> issuer_mismatch(const std::vector<Certificate>& chain,
                                                         const std::vector<Certificate>& authorities);

} // namespace crank
