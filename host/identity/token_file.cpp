#include "identity/token_file.hpp"

#include "identity/scopes.hpp"
#include "json/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value_from.hpp>

#include <algorithm>
#include <set>

namespace crank {
namespace {

namespace json = boost::json;

constexpr std::int64_t version = 1;

// A text that `read` makes something of; or `fault` is what was expected at `place`.
template <class Read>
auto text_member(const json::object& object, std::string_view name, const std::string& place, const char* expected,
                 std::string& fault, Read read) -> decltype(read(std::string_view())) {
  const json::value* value = object.if_contains({name.data(), name.size()});
  if (value && value->is_string()) {
    const auto& text = value->get_string();
    if (auto found = read(std::string_view(text.data(), text.size()))) return found;
  }
  fault = json_pointer(place, name) + ": expected " + expected;
  return {};
}

std::optional<std::string> if_name(std::string_view text) {
  return is_token_name(text) ? std::optional(std::string(text)) : std::nullopt;
}

std::optional<std::string> if_id(std::string_view text) {
  return is_token_id(text) ? std::optional(std::string(text)) : std::nullopt;
}

std::vector<std::string> scopes_of(const json::object& object, const std::string& place, std::string& fault) {
  std::vector<std::string> scopes;
  const json::value* list = object.if_contains("scopes");
  bool sound = list && list->is_array() && !list->get_array().empty();
  for (std::size_t i = 0; sound && i < list->get_array().size(); ++i) {
    const json::value& one = list->get_array()[i];
    sound = one.is_string() && is_scope({one.get_string().data(), one.get_string().size()});
    if (sound) scopes.emplace_back(one.get_string());
  }
  if (!sound) fault = json_pointer(place, "scopes") + ": expected a list of scopes such as \"document.*\"";
  return scopes;
}

std::string unknown_member(const json::object& object, const std::string& place,
                           std::initializer_list<std::string_view> known) {
  for (const auto& member : object) {
    if (std::find(known.begin(), known.end(), std::string_view(member.key())) == known.end())
      return json_pointer(place, member.key()) + ": unknown to this version of crank-host";
  }
  return {};
}

Result<Token, std::string> token_of(const json::value& value, const std::string& place) {
  if (!value.is_object()) return place + ": expected an object";
  const json::object& object = value.get_object();
  std::string fault = unknown_member(object, place, {"id", "name", "sha256", "scopes", "created", "expires"});
  if (!fault.empty()) return fault;
  Token token;
  token.scopes = scopes_of(object, place, fault);
  const auto id = text_member(object, "id", place, "12 hexadecimal digits", fault, if_id);
  const auto name = text_member(object, "name", place, "a name of a-z 0-9 . _ -", fault, if_name);
  const auto digest = text_member(object, "sha256", place, "64 hexadecimal digits", fault, parse_digest);
  const char* a_time = "a time such as 2026-12-31T12:00:00Z";
  const auto created = text_member(object, "created", place, a_time, fault, parse_token_time);
  if (object.contains("expires"))
    token.expires = text_member(object, "expires", place, a_time, fault, parse_token_time);
  if (!fault.empty()) return fault;
  token.id = *id;
  token.name = *name;
  token.digest = *digest;
  token.created = *created;
  return token;
}

} // namespace

bool is_token_name(std::string_view text) {
  const auto alphanumeric = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !text.empty() && text.size() <= 64 && alphanumeric(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return alphanumeric(c) || c == '.' || c == '_' || c == '-'; });
}

Result<std::vector<Token>, std::string> parse_token_file(std::string_view text) {
  const auto document = parse_json(text);
  if (!document) return document.error();
  if (!document->is_object()) return std::string("expected a JSON object");
  const json::object& object = document->get_object();
  const json::value* number = object.if_contains("version");
  if (!number || !number->is_int64()) return std::string("/version: expected a number");
  if (number->get_int64() != version) return std::string("/version: unknown to this version of crank-host");
  if (std::string fault = unknown_member(object, "", {"version", "tokens"}); !fault.empty()) return fault;
  const json::value* list = object.if_contains("tokens");
  if (!list || !list->is_array()) return std::string("/tokens: expected a list");
  std::vector<Token> tokens;
  std::set<std::string, std::less<>> names, ids;
  for (const json::value& one : list->get_array()) {
    const std::string place = json_pointer("/tokens", tokens.size());
    auto token = token_of(one, place);
    if (!token) return std::move(token).error();
    if (!names.insert(token->name).second) return place + "/name: there is another token of that name";
    if (!ids.insert(token->id).second) return place + "/id: there is another token of that id";
    tokens.push_back(*std::move(token));
  }
  return tokens;
}

std::string token_file_text(const std::vector<Token>& tokens) {
  json::array list;
  for (const Token& token : tokens) {
    json::object one{{"id", token.id},
                     {"name", token.name},
                     {"sha256", digest_text(token.digest)},
                     {"scopes", json::value_from(token.scopes)},
                     {"created", token_time_text(token.created)}};
    if (token.expires) one["expires"] = token_time_text(*token.expires);
    list.push_back(std::move(one));
  }
  return pretty_json(json::object{{"version", version}, {"tokens", std::move(list)}}) + "\n";
}

} // namespace crank
