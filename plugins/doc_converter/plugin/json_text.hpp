// Small pieces of JSON in and out, over crank/json.h.
#pragma once

#include <crank/json.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace doc_converter {

inline crank_str slice(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view view(crank_str text) {
  return text.len ? std::string_view(text.ptr, text.len) : std::string_view();
}

// A member of an object as the JSON text that it is, or as the string that it is; nothing where it is missing or
// something else.
inline std::optional<std::string_view> member(std::string_view object, const char* name) {
  crank_str value;
  return crank_json_find(slice(object), name, &value) ? std::optional(view(value)) : std::nullopt;
}
inline std::optional<std::string> string_value(std::string_view json) {
  std::string out(json.size(), '\0');
  std::size_t length = 0;
  if (!crank_json_string(slice(json), out.data(), out.size(), &length)) return std::nullopt;
  out.resize(length);
  return out;
}
inline std::optional<std::string> string_member(std::string_view object, const char* name) {
  const auto value = member(object, name);
  return value ? string_value(*value) : std::nullopt;
}

// `text` with its quotes.
inline std::string quoted(std::string_view text) {
  std::string out(crank_json_escape(text.data(), text.size(), nullptr, 0) + 2, '"');
  crank_json_escape(text.data(), text.size(), out.data() + 1, out.size() - 2);
  return out;
}

// An object in the making.
class JsonObject {
public:
  JsonObject& add(std::string_view name, std::string_view text) { return raw(name, quoted(text)); }
  JsonObject& add(std::string_view name, std::uint64_t number) { return raw(name, std::to_string(number)); }
  JsonObject& raw(std::string_view name, std::string_view json) {
    text_.append(text_.size() > 1 ? "," : "").append(quoted(name)).append(":").append(json);
    return *this;
  }
  std::string close() { return std::move(text_.append("}")); }
  const std::string& open() const { return text_; } // without its end

private:
  std::string text_ = "{";
};

} // namespace doc_converter
