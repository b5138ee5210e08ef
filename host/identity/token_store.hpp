// The file that tokens are kept in: private, whole at any time, changed by one process at a time. It holds no secret.
// Knows no request.
#pragma once

#include "identity/token_file.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crank {

class TokenStore {
public:
  explicit TokenStore(const std::filesystem::path& file);

  const std::filesystem::path& file() const { return file_; }
  // A file that others can read or change, that is another user's, a link or not sound is a failure (exit code 2) that
  // says what to do, and so is one that is not there.
  [[nodiscard]] Result<std::vector<Token>, Failure> read() const;

  // The token's text, which nobody can tell again. Makes the file where there is none.
  [[nodiscard]] Result<std::string, Failure> add(const std::string& name, const std::vector<std::string>& scopes,
                                                 std::optional<TokenTime> expires, TokenTime now);
  [[nodiscard]] std::optional<Failure> revoke(std::string_view name);

private:
  [[nodiscard]] std::optional<Failure> write(const std::vector<Token>& tokens) const;

  std::filesystem::path file_; // absolute
};

} // namespace crank
