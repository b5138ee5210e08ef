#include "identity/token_store.hpp"

#include "base/text.hpp"
#include "identity/scopes.hpp"
#include "os/private_file.hpp"
#include "tls/secure_files.hpp"

#include <algorithm>

namespace crank {
namespace {

constexpr off_t most_bytes = 16 * 1024 * 1024;
constexpr std::size_t most_tokens = 10'000; // well below most_bytes

Failure missing(const std::string& path) {
  return {path +
              ": there is no such file; make one with: crank-host tokens add NAME --scopes SCOPE,... --tokens-file " +
              path,
          2};
}

// nullopt: there is no such file.
Result<std::optional<std::vector<Token>>, Failure> tokens_in(const std::filesystem::path& file) {
  auto content = read_private_file(file, most_bytes);
  if (!content) return std::move(content).error();
  if (!*content) return std::optional<std::vector<Token>>();
  auto tokens = parse_token_file(**content);
  if (!tokens)
    return Failure{file.string() + ": not a sound token file: " + tokens.error() +
                       "; put a good copy back, or remove it and add the tokens again",
                   2};
  return std::optional(*std::move(tokens));
}

std::optional<Failure> check_new(const std::string& name, const std::vector<std::string>& scopes) {
  if (!is_token_name(name)) {
    // Not repeated, nor below: it may be a token that somebody took for a name.
    return Failure{"NAME: expected at most 64 of a-z 0-9 . _ -, the first a letter or digit", 2};
  }
  for (const std::string& scope : scopes) {
    if (is_scope(scope)) continue;
    return Failure{"--scopes " + std::string(shortened(as_utf8(scope), 80)) +
                       ": expected names of capabilities, patterns such as document.*, or *",
                   2};
  }
  if (!scopes.empty()) return std::nullopt;
  return Failure{"--scopes: say what the token may be used for, e.g. --scopes document.convert,text.*", 2};
}

auto find(std::vector<Token>& tokens, std::string_view name) {
  return std::find_if(tokens.begin(), tokens.end(), [&](const Token& one) { return one.name == name; });
}

bool has_id(const std::vector<Token>& tokens, std::string_view id) {
  return std::any_of(tokens.begin(), tokens.end(), [&](const Token& one) { return one.id == id; });
}

} // namespace

TokenStore::TokenStore(const std::filesystem::path& file) : file_(std::filesystem::absolute(file)) {}

Result<std::vector<Token>, Failure> TokenStore::read() const {
  auto tokens = tokens_in(file_);
  if (!tokens) return std::move(tokens).error();
  if (!*tokens) return missing(file_.string());
  return **std::move(tokens);
}

Result<std::string, Failure> TokenStore::add(const std::string& name, const std::vector<std::string>& scopes,
                                             std::optional<TokenTime> expires, TokenTime now) {
  if (auto failure = check_new(name, scopes)) return *failure;
  if (auto failure = create_private_directory(file_.parent_path())) return *failure;
  const auto lock = DirectoryLock::take(file_.parent_path());
  if (!lock) return lock.error();
  auto known = tokens_in(file_);
  if (!known) return std::move(known).error();
  std::vector<Token> tokens = (*known).value_or(std::vector<Token>());
  if (find(tokens, name) != tokens.end())
    return Failure{name + ": there is a token of that name; take another name, or revoke it first"};
  if (tokens.size() >= most_tokens) return Failure{file_.string() + ": holds 10000 tokens; revoke some"};
  auto made = make_token();
  while (made && has_id(tokens, made->id)) made = make_token();
  if (!made) return std::move(made).error();
  tokens.push_back({made->id, name, digest_of(made->text), scopes, now, expires});
  if (auto failure = write(tokens)) return *failure;
  return std::move(made->text);
}

std::optional<Failure> TokenStore::revoke(std::string_view name) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(file_.parent_path(), ignored)) return missing(file_.string());
  const auto lock = DirectoryLock::take(file_.parent_path());
  if (!lock) return lock.error();
  auto tokens = read();
  if (!tokens) return std::move(tokens).error();
  const auto found = find(*tokens, name);
  if (found == tokens->end())
    return Failure{(is_token_name(name) ? std::string(name) : "NAME") + ": there is no token of that name"};
  tokens->erase(found);
  return write(*tokens);
}

std::optional<Failure> TokenStore::write(const std::vector<Token>& tokens) const {
  return write_file_atomically(file_, token_file_text(tokens), 0600);
}

} // namespace crank
