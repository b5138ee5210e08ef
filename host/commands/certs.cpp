#include "commands/certs.hpp"

#include "tls/certificates.hpp"

#include <iostream>

namespace crank {

Result<int, Failure> run_certs_init(const CommandLine& command) {
  const auto made =
      make_development_certificates(command.settings.cert_dir, {command.names, command.days, command.force});
  if (!made) return made.error();
  std::string names;
  for (const std::string& name : made->names) names += " " + name;
  std::cout << (made->kept ? "kept the valid certificates in " : "made development certificates in ")
            << command.settings.cert_dir << " for" << names << '\n';
  return 0;
}

} // namespace crank
