// Callers with tokens: who they are, and what they may use. Follows the token file while the worker runs.
#pragma once

#include "engine/engine.hpp"
#include "http/authenticator.hpp"
#include "identity/refusal_log.hpp"
#include "identity/token_store.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace crank {

class TokenAccess : public Authenticator, public AccessPolicy {
public:
  // What is open to everybody, besides what handlers declare to be open.
  enum class Open { as_declared, nothing };

  // A failure (exit code 2) is one of the file.
  [[nodiscard]] static Result<std::unique_ptr<TokenAccess>, Failure> make(TokenStore store, Open open);

  // A caller with a certificate needs no token. Nobody but this sees a token: it is taken off the head.
  std::optional<Problem> identify(RequestHead& head, bool open) override;
  std::optional<Problem> refusal(const Caller& caller, const Operation& operation) const override;

  // Takes up what has changed in the file. One that cannot be used is told in the log, and what held before goes on to
  // hold. Once a second, always on the same thread.
  void look();

  // Whether a caller who was let in once would be now, and for as much. [any thread]
  bool holds(const Caller& caller) const;

private:
  struct Known {
    std::string name;
    std::string scopes; // as in Caller
    TokenDigest digest{};
    std::optional<TokenTime> expires;
  };
  using Tokens = std::map<std::string, Known, std::less<>>; // by id

  TokenAccess(TokenStore store, Open open) : store_(std::move(store)), open_(open) {}
  [[nodiscard]] std::optional<Failure> read();
  std::shared_ptr<const Tokens> tokens() const;
  std::optional<Problem> check(std::string_view token, Caller& caller) const;
  void tell_refusal(const Caller& caller, const std::string& why) const;

  const TokenStore store_;
  const Open open_;
  std::string stamp_;        // of the file that tokens_ is of
  std::string fault_;        // what the log said of the file; empty: it is in order
  mutable std::mutex mutex_; // guards tokens_ against look()
  std::shared_ptr<const Tokens> tokens_;
  mutable RefusalLog refusals_;
};

} // namespace crank
