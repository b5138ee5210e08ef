#include "forms/parameters.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace crank {
namespace {

constexpr std::size_t longest_boundary = 70;
constexpr std::string_view token_marks = "!#$%&'*+-.^_`|~"; // RFC 9110 5.6.2

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool is_token_character(char c) {
  return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') ||
         token_marks.find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_character);
}

std::string lower_case(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

// Takes a quoted string off the front of `text`, which begins with its quote; nullopt where it does not end.
std::optional<std::string> take_quoted(std::string_view& text) {
  std::string value;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return value;
    }
    const bool escapes = text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\');
    if (escapes) ++i;
    value += text[i];
  }
  return std::nullopt;
}

// Up to the next semicolon: more than a token, for some senders leave out the quotes.
std::optional<std::string> take_unquoted(std::string_view& text) {
  const std::size_t end = std::min(text.find(';'), text.size());
  const std::string_view value = trim(text.substr(0, end));
  text.remove_prefix(end);
  if (value.empty() || value.find('"') != std::string_view::npos) return std::nullopt;
  return std::string(value);
}

} // namespace

const std::string* ParameterizedValue::find(std::string_view name) const {
  for (const auto& [known, its_value] : parameters) {
    if (known == name) return &its_value;
  }
  return nullptr;
}

std::optional<ParameterizedValue> parse_parameters(std::string_view text) {
  ParameterizedValue result;
  const std::size_t begin = std::min(text.find(';'), text.size());
  result.value = lower_case(trim(text.substr(0, begin)));
  text.remove_prefix(begin);
  while (!text.empty()) {
    text = trim(text);
    if (!take_prefix(text, ";")) return std::nullopt;
    text = trim(text);
    if (text.empty() || text.front() == ';') continue; // as many senders have it
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view name = trim(text.substr(0, equals));
    if (!is_token(name)) return std::nullopt;
    text = trim(text.substr(equals + 1));
    auto value = !text.empty() && text.front() == '"' ? take_quoted(text) : take_unquoted(text);
    std::string known = lower_case(name);
    if (!value || result.find(known)) return std::nullopt;
    result.parameters.emplace_back(std::move(known), *std::move(value));
    text = trim(text);
  }
  return result;
}

std::optional<FormType> parse_form_type(std::string_view content_type) {
  auto parsed = parse_parameters(content_type);
  if (!parsed) return std::nullopt;
  const std::string_view essence = parsed->value;
  const std::size_t slash = std::min(essence.find('/'), essence.size());
  if (!is_token(essence.substr(0, slash)) || slash == essence.size() || !is_token(essence.substr(slash + 1)))
    return std::nullopt;
  FormType type{parsed->value, std::nullopt};
  const std::string* boundary = parsed->find("boundary");
  if (!boundary || boundary->empty() || boundary->size() > longest_boundary || boundary->back() == ' ') return type;
  if (std::all_of(boundary->begin(), boundary->end(), [](char c) { return c >= 0x20 && c <= 0x7e; }))
    type.boundary = *boundary;
  return type;
}

} // namespace crank
