#include "manifest/form_rules.hpp"

#include "json/json.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <string_view>

namespace crank {
namespace {

namespace json = boost::json;

using Broken = std::optional<std::string>;

constexpr std::size_t longest_name = 255;
constexpr std::uint64_t longest_text = 16 * 1024 * 1024; // it is in memory while the call lives

Broken broken(std::string_view pointer, std::string_view sentence) {
  return std::string(pointer).append(" ").append(sentence);
}

bool flag(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value && value->get_bool();
}

// Members that only the other kind of field has.
Broken check_kind(const json::object& field, const std::string& pointer) {
  const bool file = field.at("type").get_string() == "file";
  for (const std::string_view member : {"enum", "default"}) {
    if (file && field.contains(member)) return broken(json_pointer(pointer, member), "is for texts alone");
  }
  if (!file && field.contains("media_types")) return broken(pointer + "/media_types", "is for files alone");
  const json::value* most = field.if_contains("max_bytes");
  if (!file && most && most->to_number<std::uint64_t>() > longest_text)
    return broken(pointer + "/max_bytes", "must be at most 16777216 for a text, which is in memory");
  return std::nullopt;
}

Broken check_default(const json::object& field, const std::string& pointer) {
  const json::value* given = field.if_contains("default");
  if (!given) return std::nullopt;
  if (flag(field, "required") || flag(field, "multiple"))
    return broken(pointer + "/default", "does not apply to a field that is required or multiple");
  if (const json::value* most = field.if_contains("max_bytes");
      most && given->get_string().size() > most->to_number<std::uint64_t>())
    return broken(pointer + "/default", "must be at most max_bytes long");
  const json::value* choices = field.if_contains("enum");
  if (choices &&
      std::find(choices->get_array().begin(), choices->get_array().end(), *given) == choices->get_array().end())
    return broken(pointer + "/default", "must be one of the enum");
  return std::nullopt;
}

Broken check_field(std::string_view name, const json::object& field, const std::string& pointer) {
  if (name.empty() || name.size() > longest_name)
    return broken(pointer, "must be a field with a name of 1 to 255 bytes");
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(name.begin(), name.end(), is_control))
    return broken(pointer, "must be a field whose name has no control character");
  if (Broken fault = check_kind(field, pointer)) return fault;
  return check_default(field, pointer);
}

} // namespace

std::optional<std::string> broken_form_rule(const json::object& route, const std::string& pointer) {
  const json::value* body = route.if_contains("body");
  if (!body || body->get_string() != "form") {
    for (const std::string_view member : {"form", "undeclared_fields", "max_parts", "job"}) {
      if (route.contains(member)) return broken(json_pointer(pointer, member), "needs \"body\": \"form\" beside it");
    }
    return std::nullopt;
  }
  const json::value* form = route.if_contains("form");
  if (!form) return broken(pointer, "needs a form, which its \"body\": \"form\" announces");
  for (const std::string_view member : {"input_schema", "content_types"}) {
    if (route.contains(member)) return broken(json_pointer(pointer, member), "does not apply beside a form");
  }
  const std::string_view method = route.at("method").get_string();
  if (method == "GET" || method == "DELETE") return broken(pointer + "/method", "must be one with a body for a form");
  for (const auto& field : form->get_object()) {
    const std::string place = json_pointer(json_pointer(pointer, "form"), std::string_view(field.key()));
    if (Broken fault = check_field(field.key(), field.value().get_object(), place)) return fault;
  }
  return std::nullopt;
}

} // namespace crank
