// The file with the secrets that callbacks are signed with: read again when it changes.
#pragma once

#include "jobs/callback_signature.hpp"

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace crank {

// A file that others can use, that is not there or not sound is a failure (exit code 2) that says what to do.
[[nodiscard]] Result<std::vector<CallbackSecret>, Failure> read_callback_secrets(const std::filesystem::path& file);
// Makes the file with a new secret, or puts it before those that are there, and gives it as text.
[[nodiscard]] Result<std::string, Failure> add_callback_secret(const std::filesystem::path& file);

class CallbackSecrets {
public:
  [[nodiscard]] static Result<std::unique_ptr<CallbackSecrets>, Failure> open(const std::filesystem::path& file);

  // As the file has them now. While it is not sound, those before go on to hold, and the log says so. [any thread]
  [[nodiscard]] std::vector<CallbackSecret> current();

private:
  explicit CallbackSecrets(std::filesystem::path file) : file_(std::move(file)) {}

  const std::filesystem::path file_;
  std::mutex mutex_;
  std::string stamp_; // of the file that was read
  std::string fault_; // of the file as it is
  std::vector<CallbackSecret> secrets_;
};

} // namespace crank
