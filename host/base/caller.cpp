#include "base/caller.hpp"

namespace crank {
namespace {

std::string_view name_of(CallerKind kind) {
  switch (kind) {
  case CallerKind::certificate: return "certificate";
  case CallerKind::token: return "token";
  case CallerKind::local: return "local";
  case CallerKind::anonymous: break;
  }
  return "anonymous";
}

} // namespace

bool Caller::has_scope(std::string_view scope) const {
  std::string_view rest = scopes;
  while (!rest.empty()) {
    const std::size_t end = rest.find(' ');
    if (rest.substr(0, end) == scope) return !scope.empty();
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  return false;
}

std::optional<std::string_view> Caller::attribute(std::string_view key) const {
  const auto unless_empty = [](std::string_view text) { return text.empty() ? std::nullopt : std::optional(text); };
  if (key == "kind") return name_of(kind);
  if (key == "subject") return unless_empty(subject);
  if (key == "scopes") return unless_empty(scopes);
  if (key == "address") return unless_empty(address);
  return std::nullopt;
}

} // namespace crank
