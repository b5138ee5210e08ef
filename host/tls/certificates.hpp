// The certificate files of a worker: finding and checking them, and making a development set.
// Knows files and X.509; knows nothing of connections.
#pragma once

#include "base/problem.hpp"

#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

namespace crank {

// The names are those of the system this one replaces. client.crt is the server certificate too; it may carry
// intermediates.
struct CertificateFiles {
  std::filesystem::path certificate; // client.crt
  std::filesystem::path key;         // client.key
  std::filesystem::path authority;   // ca.crt: who may be a client, and the issuer of client.crt
  std::string subject;               // RFC 2253
  std::time_t not_after = 0;         // of client.crt, seconds since the epoch
  std::vector<std::string> warnings; // what does not keep it from working, one line each
};

// Checks that the three files exist, can be read, belong together and are valid now. Of several authorities in ca.crt,
// as the exchange of one leaves them there, some may be out of date: that is a warning, for no certificate of theirs is
// accepted any more. A failure (exit code 2) is one line that says which file is wrong and what to do.
[[nodiscard]] Result<CertificateFiles, Failure> find_certificates(const std::filesystem::path& directory);

struct DevelopmentCertificates {
  std::vector<std::string> names; // `names` without duplicates
  unsigned days = 365; // of the leaf, 1 to 825 (Apple platforms refuse longer ones); the authority holds for ten years
  bool force = false;
};

struct MadeCertificates {
  CertificateFiles files;
  bool kept = false;              // a valid set was there and was left alone
  bool new_authority = false;     // clients have to trust the new ca.crt
  std::vector<std::string> names; // what the certificate names, DNS names and addresses
};

// Makes a development authority (ca.crt, ca.key) and one P-256 leaf for server and client use (client.crt, client.key)
// for localhost, 127.0.0.1, ::1, this machine's name and `wanted.names`. A valid set that covers the names is kept;
// anything else that is there is only replaced with `force`, which keeps a usable authority. Creates the directory
// (0700). Files appear whole or not at all; processes that do this at the same time take turns. Failures are one line.
[[nodiscard]] Result<MadeCertificates, Failure> make_development_certificates(const std::filesystem::path& directory,
                                                                              const DevelopmentCertificates& wanted);

} // namespace crank
