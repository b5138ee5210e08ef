#include "identity/token_access.hpp"

#include "engine/operation.hpp"
#include "identity/bearer.hpp"
#include "identity/scopes.hpp"
#include "log/log.hpp"
#include "os/file_stamp.hpp"

#include <utility>

namespace crank {
namespace {

constexpr std::string_view authorization = "authorization";

std::string joined(const std::vector<std::string>& scopes) {
  std::string text;
  for (const std::string& scope : scopes) text += (text.empty() ? "" : " ") + scope;
  return text;
}

bool is_over(const std::optional<TokenTime>& expires) {
  return expires && *expires <= std::chrono::system_clock::now();
}

} // namespace

Result<std::unique_ptr<TokenAccess>, Failure> TokenAccess::make(TokenStore store, Open open) {
  std::unique_ptr<TokenAccess> access(new TokenAccess(std::move(store), open));
  if (auto failure = access->read()) return *failure;
  return access;
}

std::optional<Failure> TokenAccess::read() {
  std::string stamp = file_stamp(store_.file()); // before: what is replaced meanwhile is read again
  auto stored = store_.read();
  if (!stored) return std::move(stored).error();
  auto fresh = std::make_shared<Tokens>();
  for (Token& one : *stored)
    fresh->emplace(std::move(one.id), Known{std::move(one.name), joined(one.scopes), one.digest, one.expires});
  stamp_ = std::move(stamp);
  const std::lock_guard lock(mutex_);
  tokens_ = std::move(fresh);
  return std::nullopt;
}

std::shared_ptr<const TokenAccess::Tokens> TokenAccess::tokens() const {
  const std::lock_guard lock(mutex_);
  return tokens_;
}

void TokenAccess::look() {
  if (const std::string line = refusals_.rest(std::chrono::steady_clock::now()); !line.empty())
    log(LogLevel::warn, line);
  // What only a chmod mends has the same stamp after it.
  if (fault_.empty() && file_stamp(store_.file()) == stamp_) return;
  if (const auto failure = read()) {
    if (std::exchange(fault_, failure->message) != failure->message)
      log(LogLevel::error, failure->message + "; until then the tokens of before go on to hold");
    return;
  }
  fault_.clear();
  log(LogLevel::info, store_.file().string() + " has changed: " + std::to_string(tokens()->size()) + " tokens hold");
}

void TokenAccess::tell_refusal(const Caller& caller, const std::string& why) const {
  const std::string line =
      refusals_.note("refused a request from " + caller.address + ": " + why, std::chrono::steady_clock::now());
  if (!line.empty()) log(LogLevel::warn, line);
}

std::optional<Problem> TokenAccess::identify(RequestHead& head, bool open) {
  const BearerCredentials given = bearer_credentials(head);
  if (head.from.kind == CallerKind::certificate) {
    if (token_id(given.token)) head.remove_fields(authorization);
    return std::nullopt;
  }
  if (open && open_ == Open::as_declared) return std::nullopt;
  switch (given.form) {
  case BearerCredentials::Form::none: tell_refusal(head.from, "it has no token"); return no_credentials();
  case BearerCredentials::Form::malformed:
    tell_refusal(head.from, "its Authorization is malformed");
    return malformed_credentials();
  case BearerCredentials::Form::token: break;
  }
  if (auto problem = check(given.token, head.from)) return problem;
  head.remove_fields(authorization);
  return std::nullopt;
}

std::optional<Problem> TokenAccess::check(std::string_view token, Caller& caller) const {
  const auto id = token_id(token);
  if (!id) {
    tell_refusal(caller, "its token is none of crank-host's");
    return bad_token("this is no token of this worker");
  }
  // An id that nobody has is compared, too: how long it takes must not tell it from a wrong secret.
  static const Known nobody;
  const auto all = tokens();
  const auto found = all->find(*id);
  const bool known = found != all->end();
  const Known& holder = known ? found->second : nobody;
  const bool same = equal(digest_of(token), holder.digest);
  if (!known || !same) {
    tell_refusal(caller,
                 "a token with the id " + std::string(*id) + " is unknown or was revoked, or its secret is wrong");
    return bad_token("the token is unknown or was revoked");
  }
  if (is_over(holder.expires)) {
    tell_refusal(caller, "token " + holder.name + " expired at " + token_time_text(*holder.expires));
    return bad_token("the token has expired");
  }
  caller.kind = CallerKind::token;
  caller.token_id = *id;
  caller.subject = holder.name;
  caller.scopes = holder.scopes;
  return std::nullopt;
}

bool TokenAccess::holds(const Caller& caller) const {
  if (caller.kind != CallerKind::token) return true;
  const auto all = tokens();
  const auto found = all->find(caller.token_id);
  return found != all->end() && !is_over(found->second.expires) && found->second.scopes == caller.scopes;
}

std::optional<Problem> TokenAccess::refusal(const Caller& caller, const Operation& operation) const {
  switch (caller.kind) {
  case CallerKind::certificate:
  case CallerKind::local: return std::nullopt;
  case CallerKind::token: break;
  case CallerKind::anonymous: return no_credentials(); // whatever let it in
  }
  const std::string& name = operation.spec().name;
  if (scopes_cover(caller.scopes, name)) return std::nullopt;
  tell_refusal(caller, "token " + caller.subject + " may not use " + name);
  return insufficient_scope(name);
}

} // namespace crank
