#include "tls/certificates.hpp"

#include "tls/openssl.hpp"

#include <algorithm>
#include <iterator>

namespace crank {
namespace {

Failure usage(std::string message) { return {std::move(message), 2}; }

std::optional<Failure> check_presence(const std::filesystem::path& directory, const CertificateFiles& files) {
  std::string missing;
  for (const auto* path : {&files.certificate, &files.key, &files.authority}) {
    std::error_code error;
    if (std::filesystem::exists(*path, error)) continue;
    if (error && error != std::errc::no_such_file_or_directory && error != std::errc::not_a_directory) {
      return usage(path->string() + ": " + error.message());
    }
    missing.append(missing.empty() ? "" : ", ").append(path->filename().string());
  }
  if (missing.empty()) return std::nullopt;
  const bool all = missing == "client.crt, client.key, ca.crt";
  return usage((all ? "no certificate" : "no " + missing) + " in " + directory.string() +
               ": put client.crt, client.key and ca.crt there, or run `crank-host certs init --cert-dir " +
               directory.string() + (all ? "`" : " --force`"));
}

bool is_valid_now(const X509* certificate) {
  const std::time_t now = std::time(nullptr);
  return now <= time_of(X509_get0_notAfter(certificate)) && now >= time_of(X509_get0_notBefore(certificate));
}

std::optional<Failure> check_validity(const std::filesystem::path& path, const X509* certificate) {
  const std::time_t now = std::time(nullptr);
  const std::time_t from = time_of(X509_get0_notBefore(certificate));
  const std::time_t to = time_of(X509_get0_notAfter(certificate));
  if (now > to) {
    return usage(path.string() + ": expired on " + date_text(to) +
                 ": renew it (a development certificate: `crank-host certs init --force`)");
  }
  if (now < from)
    return usage(path.string() + ": not valid before " + date_text(from) + ", and it is " + date_text(now) + " here");
  return std::nullopt;
}

// Takes authorities that are not valid now for what they are: nobody that they vouched for is let in by the others.
std::optional<Failure> check_authorities(CertificateFiles& files, const std::vector<Certificate>& chain,
                                         std::vector<Certificate> authorities) {
  if (const auto reason = issuer_mismatch(chain, authorities))
    return usage(files.certificate.string() + ": not issued by " + files.authority.string() + ": " + *reason);
  const auto first_invalid = std::stable_partition(authorities.begin(), authorities.end(),
                                                   [](const Certificate& one) { return is_valid_now(one.get()); });
  std::vector<Certificate> invalid(std::make_move_iterator(first_invalid), std::make_move_iterator(authorities.end()));
  authorities.erase(first_invalid, authorities.end());
  if (authorities.empty() || issuer_mismatch(chain, authorities)) {
    for (const Certificate& one : invalid) { // the one that issued it is
      std::vector<Certificate> alone;
      alone.emplace_back(X509_dup(one.get()));
      if (issuer_mismatch(chain, alone)) continue;
      if (auto failure = check_validity(files.authority, one.get())) return failure;
    }
  }
  for (const Certificate& one : invalid) {
    const std::string name = files.authority.string() + ": " + name_text(X509_get_subject_name(one.get()));
    const std::time_t from = time_of(X509_get0_notBefore(one.get())), until = time_of(X509_get0_notAfter(one.get()));
    files.warnings.push_back(std::time(nullptr) < from
                                 ? name + " is not valid before " + date_text(from) + " and lets nobody in until then"
                                 : name + " is not valid now (until " + date_text(until) +
                                       ") and lets nobody in; take it out of the file");
  }
  return std::nullopt;
}

} // namespace

Result<CertificateFiles, Failure> find_certificates(const std::filesystem::path& directory) {
  CertificateFiles files{directory / "client.crt", directory / "client.key", directory / "ca.crt", {}, 0, {}};
  if (auto failure = check_presence(directory, files)) return *failure;
  auto chain = read_certificates(files.certificate);
  if (!chain) return std::move(chain).error();
  auto key = read_key(files.key);
  if (!key) return std::move(key).error();
  auto authorities = read_certificates(files.authority);
  if (!authorities) return std::move(authorities).error();

  X509* leaf = chain->front().get();
  if (X509_check_private_key(leaf, key->get()) != 1) {
    static_cast<void>(openssl_error()); // empties the queue
    return usage(files.key.string() + ": not the key of " + files.certificate.string());
  }
  if (auto failure = check_validity(files.certificate, leaf)) return *failure;
  if (auto failure = check_authorities(files, *chain, *std::move(authorities))) return *failure;
  files.subject = name_text(X509_get_subject_name(leaf));
  files.not_after = time_of(X509_get0_notAfter(leaf));
  return files;
}

} // namespace crank
