#include "mcp/client_abilities.hpp"

namespace crank {
namespace {

namespace json = boost::json;

constexpr std::string_view mark = "-c";

const json::object* object_in(const json::object& holder, std::string_view name) {
  const json::value* value = holder.if_contains(name);
  return value ? value->if_object() : nullptr;
}

} // namespace

bool ClientAbilities::covers(QuestionKind kind) const {
  switch (kind) {
  case QuestionKind::form: return form;
  case QuestionKind::url: return url;
  case QuestionKind::sampling: return sampling;
  case QuestionKind::roots: break;
  }
  return roots;
}

std::vector<QuestionKind> ClientAbilities::kinds() const {
  std::vector<QuestionKind> kinds;
  for (const QuestionKind kind : {QuestionKind::form, QuestionKind::url, QuestionKind::sampling, QuestionKind::roots}) {
    if (covers(kind)) kinds.push_back(kind);
  }
  return kinds;
}

ClientAbilities abilities_of(const json::object& capabilities) {
  ClientAbilities abilities;
  if (const json::object* elicitation = object_in(capabilities, "elicitation")) {
    abilities.url = elicitation->contains("url");
    abilities.form = elicitation->contains("form") || !abilities.url; // as before there were two
  }
  abilities.sampling = object_in(capabilities, "sampling") != nullptr;
  abilities.roots = object_in(capabilities, "roots") != nullptr;
  return abilities;
}

json::object capability_for(QuestionKind kind) {
  switch (kind) {
  case QuestionKind::form: return {{"elicitation", json::object{{"form", json::object()}}}};
  case QuestionKind::url: return {{"elicitation", json::object{{"url", json::object()}}}};
  case QuestionKind::sampling: return {{"sampling", json::object()}};
  case QuestionKind::roots: break;
  }
  return {{"roots", json::object()}};
}

std::string session_mark(ClientAbilities abilities) {
  const unsigned bits = (abilities.form ? 1u : 0u) | (abilities.url ? 2u : 0u) | (abilities.sampling ? 4u : 0u) |
                        (abilities.roots ? 8u : 0u);
  return std::string(mark) + "0123456789abcdef"[bits];
}

ClientAbilities abilities_of_session(std::string_view id) {
  if (id.size() < mark.size() + 1 || id.substr(id.size() - mark.size() - 1, mark.size()) != mark) return {};
  const std::size_t bits = std::string_view("0123456789abcdef").find(id.back());
  if (bits == std::string_view::npos) return {};
  return {(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0};
}

} // namespace crank
