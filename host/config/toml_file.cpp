#include "config/toml_file.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <sstream>

#undef TOML_HEADER_ONLY // a distribution's library is built with exceptions, another ABI
#undef TOML_SHARED_LIB
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

namespace crank {
namespace {

namespace json = boost::json;

template <class T>
std::string as_text(const T& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

json::value to_json(const toml::node& node) {
  if (const auto* value = node.as_string()) return json::string(value->get());
  if (const auto* value = node.as_integer()) return value->get();
  if (const auto* value = node.as_boolean()) return value->get();
  if (const auto* value = node.as_floating_point()) {
    // JSON has neither infinity nor NaN: as a text it fails the check of whatever wants a number.
    return std::isfinite(value->get()) ? json::value(value->get()) : json::value(as_text(value->get()));
  }
  if (const auto* value = node.as_date()) return json::string(as_text(value->get()));
  if (const auto* value = node.as_time()) return json::string(as_text(value->get()));
  if (const auto* value = node.as_date_time()) return json::string(as_text(value->get()));
  if (const auto* list = node.as_array()) {
    json::array items;
    for (const toml::node& item : *list) items.push_back(to_json(item));
    return items;
  }
  json::object members;
  if (const auto* table = node.as_table()) {
    for (const auto& [key, value] : *table) members[std::string_view(key.str())] = to_json(value);
  }
  return members;
}

TomlEntry to_entry(const toml::key& key, const toml::node& node) {
  return {std::string(key.str()), to_json(node), static_cast<std::uint32_t>(key.source().begin.line)};
}

std::string one_line(std::string_view text) {
  std::string line(text);
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  return line;
}

Result<std::string, Failure> read_text(const std::string& path) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  // Reading a directory opens and then fails; an empty file sets failbit on `text` alone.
  if (in && in.peek() != std::ifstream::traits_type::eof()) text << in.rdbuf();
  if (!in.is_open() || in.bad() || errno == EISDIR) {
    const char* reason = errno != 0 ? std::strerror(errno) : "cannot be read";
    return Failure{"configuration file " + path + ": " + reason, 2};
  }
  return text.str();
}

} // namespace

Result<TomlFile, Failure> read_toml_file(const std::string& path) {
  auto text = read_text(path);
  if (!text) return std::move(text).error();
  const toml::parse_result parsed = toml::parse(std::string_view(*text), std::string_view(path));
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    return Failure{path + ":" + std::to_string(error.source().begin.line) +
                       ": not valid TOML: " + one_line(error.description()),
                   2};
  }
  TomlFile file;
  for (const auto& [key, node] : parsed.table()) {
    const toml::table* table = node.as_table();
    if (table == nullptr) {
      file.entries.push_back(to_entry(key, node));
      continue;
    }
    TomlSection section{std::string(key.str()), static_cast<std::uint32_t>(key.source().begin.line), {}};
    for (const auto& [name, value] : *table) section.entries.push_back(to_entry(name, value));
    file.sections.push_back(std::move(section));
  }
  return file;
}

} // namespace crank
