#include "jobs/callback_secrets.hpp"

#include "log/log.hpp"
#include "os/file_stamp.hpp"
#include "os/private_file.hpp"
#include "tls/secure_files.hpp"

#include <utility>

namespace crank {
namespace {

constexpr off_t most_bytes = 64 * 1024;

} // namespace

Result<std::vector<CallbackSecret>, Failure> read_callback_secrets(const std::filesystem::path& file) {
  auto content = read_private_file(file, most_bytes);
  if (!content) return std::move(content).error();
  if (!*content)
    return Failure{
        file.string() + ": there is no such file; make one with: crank-host callbacks secret " + file.string(), 2};
  auto secrets = parse_callback_secrets(**content);
  if (!secrets) return Failure{file.string() + ": no sound file of callback secrets: " + secrets.error(), 2};
  return *std::move(secrets);
}

Result<std::string, Failure> add_callback_secret(const std::filesystem::path& given) {
  const std::filesystem::path file = std::filesystem::absolute(given);
  std::error_code ignored;
  if (!std::filesystem::is_directory(file.parent_path(), ignored))
    return Failure{file.parent_path().string() + ": there is no such directory", 2};
  const auto lock = DirectoryLock::take(file.parent_path());
  if (!lock) return lock.error();
  const auto content = read_private_file(file, most_bytes);
  if (!content) return content.error();
  if (*content) {
    if (const auto secrets = parse_callback_secrets(**content); !secrets)
      return Failure{file.string() + ": no sound file of callback secrets: " + secrets.error(), 2};
  }
  std::string secret = new_callback_secret();
  if (secret.empty()) return Failure{"the system gives no random bytes"};
  if (auto failure = write_file_atomically(file, secret + "\n" + content->value_or(""), 0600)) return *failure;
  return secret;
}

Result<std::unique_ptr<CallbackSecrets>, Failure> CallbackSecrets::open(const std::filesystem::path& file) {
  std::unique_ptr<CallbackSecrets> secrets(new CallbackSecrets(file));
  secrets->stamp_ = file_stamp(file); // before: what is replaced meanwhile is read again
  auto read = read_callback_secrets(file);
  if (!read) return std::move(read).error();
  secrets->secrets_ = *std::move(read);
  return secrets;
}

std::vector<CallbackSecret> CallbackSecrets::current() {
  const std::lock_guard lock(mutex_);
  std::string stamp = file_stamp(file_);
  if (fault_.empty() && stamp == stamp_) return secrets_; // what only a chmod mends has the same stamp after it
  auto read = read_callback_secrets(file_);
  if (!read) {
    if (std::exchange(fault_, read.error().message) != read.error().message)
      log(LogLevel::error, read.error().message + "; until then callbacks are signed with the secrets of before");
    return secrets_;
  }
  fault_.clear();
  stamp_ = std::move(stamp);
  secrets_ = *std::move(read);
  log(LogLevel::info, file_.string() + " has changed: callbacks are signed with " + std::to_string(secrets_.size()) +
                          (secrets_.size() == 1 ? " secret" : " secrets"));
  return secrets_;
}

} // namespace crank
