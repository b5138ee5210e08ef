// Bearer tokens in HTTP (RFC 6750): what a request's Authorization says, and what is answered. Knows no token file.
#pragma once

#include "base/problem.hpp"
#include "http/request_head.hpp"

#include <string>
#include <string_view>

namespace crank {

struct BearerCredentials {
  enum class Form {
    none,      // no Authorization, or one of another scheme
    malformed, // several, or no b64token behind "Bearer" (RFC 6750 2.1)
    token,
  };
  Form form = Form::none;
  std::string_view token; // lives as long as the head
};

[[nodiscard]] BearerCredentials bearer_credentials(const RequestHead& head);

// Answers of RFC 6750 3.1, with their WWW-Authenticate.
[[nodiscard]] Problem no_credentials();           // 401
[[nodiscard]] Problem malformed_credentials();    // 400, invalid_request
[[nodiscard]] Problem bad_token(const char* why); // 401, invalid_token; `why`: a literal without quotes
[[nodiscard]] Problem insufficient_scope(const std::string& operation); // 403

} // namespace crank
