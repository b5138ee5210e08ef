#include "identity/scopes.hpp"

#include <algorithm>

namespace crank {
namespace {

bool covers(std::string_view scope, std::string_view operation) {
  if (scope == "*") return true;
  if (!scope.ends_with(".*")) return scope == operation;
  scope.remove_suffix(1);
  return operation.size() > scope.size() && operation.starts_with(scope);
}

} // namespace

bool is_scope(std::string_view text) {
  if (text == "*") return true;
  if (text.size() > 128) return false;
  if (text.ends_with(".*")) text.remove_suffix(2);
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  // As the manifest's grammar has the names of operations.
  return !text.empty() && letter(text.front()) && std::all_of(text.begin(), text.end(), [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
  });
}

bool scopes_cover(std::string_view scopes, std::string_view operation) {
  while (!scopes.empty()) {
    const std::string_view scope = scopes.substr(0, scopes.find(' '));
    if (covers(scope, operation)) return true;
    scopes.remove_prefix(std::min(scopes.size(), scope.size() + 1));
  }
  return false;
}

} // namespace crank
