// The form of a token file: a JSON document of version 1. Knows no file system.
//
//   {"version": 1, "tokens": [{"id": "0123456789ab", "name": "nightly", "sha256": "<64 hex digits>",
//                              "scopes": ["document.*"], "created": "2026-11-26T12:00:00Z", "expires": "..."}]}
//
// What is unknown in it is refused: it may be a limit on a token that only a later host keeps.
#pragma once

#include "base/problem.hpp"
#include "identity/token_text.hpp"
#include "identity/token_time.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crank {

struct Token {
  std::string id;
  std::string name; // unique
  TokenDigest digest{};
  std::vector<std::string> scopes; // scopes.hpp; at least one
  TokenTime created;
  std::optional<TokenTime> expires; // absent: never
};

// At most 64 of a-z 0-9 . _ -, the first a letter or digit.
[[nodiscard]] bool is_token_name(std::string_view text);

// The error is one sentence fragment, e.g. "/tokens/0/scopes: expected ...".
[[nodiscard]] Result<std::vector<Token>, std::string> parse_token_file(std::string_view text);
[[nodiscard]] std::string token_file_text(const std::vector<Token>& tokens);

} // namespace crank
