#include "commands/tokens.hpp"

#include "commands/table.hpp"
#include "identity/token_store.hpp"
#include "json/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value_from.hpp>

#include <algorithm>
#include <iostream>
#include <vector>

namespace crank {
namespace {

namespace json = boost::json;

Result<TokenStore, Failure> store_of(const Settings& settings) {
  if (!settings.tokens_file.empty()) return TokenStore(settings.tokens_file);
  return Failure{
      "no token file is given: name one with --tokens-file FILE (CRANK_TOKENS_FILE, tokens_file in the file)", 2};
}

// "a,b" and "a" "b" alike.
std::vector<std::string> scopes_of(const std::vector<std::string>& given) {
  std::vector<std::string> scopes;
  for (const std::string& list : given) {
    for (std::size_t begin = 0; begin <= list.size();) {
      const std::size_t end = std::min(list.find(',', begin), list.size());
      std::string scope = list.substr(begin, end - begin);
      if (std::find(scopes.begin(), scopes.end(), scope) == scopes.end()) scopes.push_back(std::move(scope));
      begin = end + 1;
    }
  }
  return scopes;
}

std::string joined(const std::vector<std::string>& scopes) {
  std::string text;
  for (const std::string& scope : scopes) text += (text.empty() ? "" : ",") + scope;
  return text;
}

bool is_over(const Token& token, TokenTime now) { return token.expires && *token.expires <= now; }

std::string expiry_text(const std::optional<TokenTime>& expires, bool over) {
  if (!expires) return "never";
  return token_time_text(*expires) + (over ? " (over)" : "");
}

void print_list(const std::vector<Token>& tokens, TokenTime now) {
  std::vector<std::vector<std::string>> rows{{"NAME", "ID", "SCOPES", "CREATED", "EXPIRES"}};
  for (const Token& one : tokens) {
    rows.push_back({one.name, one.id, joined(one.scopes), token_time_text(one.created),
                    expiry_text(one.expires, is_over(one, now))});
  }
  print_table(rows);
}

json::object list_json(const std::vector<Token>& tokens, TokenTime now) {
  json::array list;
  for (const Token& one : tokens) {
    const json::value expires = one.expires ? json::value(token_time_text(*one.expires)) : json::value();
    list.push_back(json::object{{"name", one.name},
                                {"id", one.id},
                                {"scopes", json::value_from(one.scopes)},
                                {"created", token_time_text(one.created)},
                                {"expires", expires},
                                {"expired", is_over(one, now)}});
  }
  return {{"tokens", std::move(list)}};
}

} // namespace

Result<int, Failure> run_tokens_add(const CommandLine& command) {
  auto store = store_of(command.settings);
  if (!store) return std::move(store).error();
  const TokenTime now = token_time_now();
  std::optional<TokenTime> expires;
  if (!command.expires.empty()) {
    auto until = parse_expiry(command.expires, now);
    if (!until) return std::move(until).error();
    expires = *until;
  }
  const std::vector<std::string> scopes = scopes_of(command.scopes);
  const auto token = store->add(command.token_name, scopes, expires, now);
  if (!token) return token.error();
  if (!(std::cout << *token << '\n').flush()) {
    if (auto failure = store->revoke(command.token_name)) return *failure;
    return Failure{"cannot write the token to standard output, so it was revoked again; is the disk full or the reader "
                   "gone?"};
  }
  std::cerr << "crank-host: token " << command.token_name << " for " << joined(scopes) << ", expires "
            << expiry_text(expires, false) << "; keep it safe, it is not shown again\n";
  return 0;
}

Result<int, Failure> run_tokens_list(const CommandLine& command) {
  const auto store = store_of(command.settings);
  if (!store) return store.error();
  const auto tokens = store->read();
  if (!tokens) return tokens.error();
  if (command.json)
    std::cout << pretty_json(list_json(*tokens, token_time_now())) << '\n';
  else
    print_list(*tokens, token_time_now());
  return 0;
}

Result<int, Failure> run_tokens_revoke(const CommandLine& command) {
  auto store = store_of(command.settings);
  if (!store) return std::move(store).error();
  if (auto failure = store->revoke(command.token_name)) return *failure;
  std::cout << "token " << command.token_name << " is revoked\n";
  return 0;
}

} // namespace crank
