#include "commands/callbacks.hpp"

#include "jobs/callback_secrets.hpp"

#include <iostream>

namespace crank {

Result<int, Failure> run_callbacks_secret(const CommandLine& command) {
  const auto secret = add_callback_secret(command.secret_file);
  if (!secret) return secret.error();
  if (!(std::cout << *secret << '\n').flush())
    return Failure{"cannot write the secret to standard output; it is the first line of " + command.secret_file};
  return 0;
}

} // namespace crank
