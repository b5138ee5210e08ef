#include "identity/bearer.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace crank {
namespace {

// RFC 6750 2.1: 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
bool is_b64token(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~+/").find(c) != std::string_view::npos;
  });
}

BearerCredentials credentials_of(std::string_view field) {
  const std::string_view scheme = field.substr(0, field.find(' '));
  if (!equal_ignoring_case(scheme, "Bearer")) return {};
  const std::string_view token = trim(field.substr(scheme.size()));
  if (!is_b64token(token)) return {BearerCredentials::Form::malformed, {}};
  return {BearerCredentials::Form::token, token};
}

Problem challenge(int status, std::string code, std::string detail, const std::string& parameters) {
  Problem problem = Problem::http(status, std::move(code), std::move(detail));
  problem.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"crank-host\"" + parameters);
  return problem;
}

} // namespace

BearerCredentials bearer_credentials(const RequestHead& head) {
  BearerCredentials found;
  int fields = 0;
  head.each_field([&](std::string_view name, std::string_view value) {
    if (name != "authorization") return;
    found = ++fields == 1 ? credentials_of(value) : BearerCredentials{BearerCredentials::Form::malformed, {}};
  });
  return found;
}

// Without an error code: the client may not have known (RFC 6750 3.1).
Problem no_credentials() {
  return challenge(401, "UNAUTHORIZED", "this needs a token of the worker's operator (Authorization: Bearer TOKEN)",
                   "");
}

Problem malformed_credentials() {
  return challenge(400, "BAD_REQUEST", "Authorization must come once, as: Bearer TOKEN", ", error=\"invalid_request\"");
}

Problem bad_token(const char* why) {
  return challenge(401, "UNAUTHORIZED", why,
                   ", error=\"invalid_token\", error_description=\"" + std::string(why) + "\"");
}

Problem insufficient_scope(const std::string& operation) {
  return challenge(403, "INSUFFICIENT_SCOPE", "the token may not be used for " + operation,
                   ", error=\"insufficient_scope\", scope=\"" + operation + "\"");
}

} // namespace crank
