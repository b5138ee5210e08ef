#include "openapi/form_body.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace crank {
namespace {

namespace json = boost::json;

std::string joined(const std::vector<std::string>& words) {
  std::string list;
  for (const std::string& word : words) list.append(list.empty() ? "" : ", ").append(word);
  return list;
}

// The content of a file is bytes, which OpenAPI 3.1 says by giving their media type alone (4.8.14.2); generators that
// know 3.0 only go by the format.
json::object item_schema(const FormField& field) {
  json::object schema{{"type", "string"}};
  if (!field.description.empty() && !field.multiple) schema["description"] = field.description;
  if (field.kind == FormField::Kind::file) {
    schema["format"] = "binary";
    schema["contentMediaType"] =
        field.media_types.size() == 1 ? field.media_types.front() : std::string("application/octet-stream");
    if (field.max_bytes) schema["maxLength"] = *field.max_bytes;
    return schema;
  }
  if (!field.choices.empty()) schema["enum"] = json::value_from(field.choices);
  if (field.otherwise) schema["default"] = *field.otherwise;
  return schema;
}

json::object field_schema(const FormField& field) {
  if (!field.multiple) return item_schema(field);
  json::object schema{{"type", "array"}, {"items", item_schema(field)}};
  if (!field.description.empty()) schema["description"] = field.description;
  if (field.required) schema["minItems"] = 1;
  return schema;
}

json::object form_schema(const FormSpec& form, bool with_files) {
  json::object properties;
  json::array required;
  for (const FormField& field : form.fields) {
    if (field.kind == FormField::Kind::file && !with_files) continue;
    properties[field.name] = field_schema(field);
    if (field.required) required.push_back(json::string(field.name));
  }
  json::object schema{{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) schema["required"] = std::move(required);
  if (form.refuses_others) schema["additionalProperties"] = false;
  return schema;
}

// What a part's Content-Type may be, where not everything may (4.8.15).
json::object encodings(const FormSpec& form) {
  json::object encoding;
  for (const FormField& field : form.fields) {
    if (!field.media_types.empty()) encoding[field.name] = json::object{{"contentType", joined(field.media_types)}};
  }
  return encoding;
}

} // namespace

json::object form_body(const FormSpec& form) {
  json::object multipart{{"schema", form_schema(form, true)}};
  if (json::object encoding = encodings(form); !encoding.empty()) multipart["encoding"] = std::move(encoding);
  json::object by_type{{"multipart/form-data", std::move(multipart)}};
  const auto must_come = [](const FormField& field) { return field.required; };
  const auto is_file_that_must = [](const FormField& field) {
    return field.required && field.kind == FormField::Kind::file;
  };
  if (std::none_of(form.fields.begin(), form.fields.end(), is_file_that_must))
    by_type["application/x-www-form-urlencoded"] = json::object{{"schema", form_schema(form, false)}};
  return {{"required", std::any_of(form.fields.begin(), form.fields.end(), must_come)},
          {"content", std::move(by_type)}};
}

} // namespace crank
