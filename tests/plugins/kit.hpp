// kit.hpp: what the test plugins have in common, so that each file shows only how its plugin misbehaves. It uses the
// plain C ABI and must not use crank.hpp: these plugins test what the host does with any language's tables.
#pragma once
#include <crank/crank.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace kit {

inline crank_status start(crank_plugin *, crank_str) noexcept { return CRANK_OK; }
inline void stop(crank_plugin *) noexcept {}
inline void destroy(crank_plugin *) noexcept {}

using Call = crank_status(crank_plugin *, crank_call *) noexcept;
using Create = crank_status(const crank_host *, crank_plugin **) noexcept;

inline crank_status answer(crank_plugin *, crank_call *call) noexcept { return call->write(call, "{}", 2); }

/* A well-behaved instance; the plugin's file then breaks one thing. */
constexpr crank_plugin table(Call *call = answer) {
  return {sizeof(crank_plugin), nullptr, start, call, stop, destroy, nullptr};
}

template <crank_plugin *Instance>
crank_status create(const crank_host *, crank_plugin **out) noexcept {
  *out = Instance;
  return CRANK_OK;
}

constexpr crank_str str(std::string_view text) { return {text.data(), text.size()}; }

constexpr crank_entry entry(std::string_view manifest, Create *create) {
  return {CRANK_MAGIC, CRANK_ABI_MAJOR, CRANK_ABI_MINOR, CRANK_NEEDS_MINOR, sizeof(crank_entry), str(manifest), create};
}

inline std::string_view view(crank_str text) { return {text.ptr == nullptr ? "" : text.ptr, text.len}; }

inline crank_status fail(crank_call *call, crank_status status, std::string_view text) {
  const crank_problem problem = {sizeof(crank_problem), status,  0,           {nullptr, 0}, str(text),
                                 CRANK_UNKNOWN,         nullptr, {nullptr, 0}};
  return call->fail(call, &problem);
}

inline void log(const crank_host *host, std::string_view text) { host->log(host, CRANK_LOG_ERROR, str(text)); }

/* The value of the string member `name` of a JSON object that already passed a schema, if it has no escapes; empty
 * without it. */
inline std::string_view text(std::string_view json, std::string_view name) {
  const std::size_t at = json.find(name);
  const std::size_t begin = at == std::string_view::npos ? at : json.find('"', at + name.size());
  const std::size_t end = begin == std::string_view::npos ? begin : json.find('"', begin + 1);
  return end == std::string_view::npos ? std::string_view() : json.substr(begin + 1, end - begin - 1);
}

/* The integer value of top-level member `name` of a JSON object that already passed a schema, or `otherwise`. */
inline std::int64_t integer(std::string_view json, std::string_view name, std::int64_t otherwise) {
  const auto at = json.find(name);
  if (at == std::string_view::npos) return otherwise;
  auto i = json.find(':', at + name.size());
  if (i == std::string_view::npos) return otherwise;
  do ++i;
  while (i < json.size() && (json[i] == ' ' || json[i] == '\t' || json[i] == '\r' || json[i] == '\n'));
  const bool negative = i < json.size() && json[i] == '-';
  if (negative) ++i;
  std::int64_t value = 0;
  for (; i < json.size() && json[i] >= '0' && json[i] <= '9'; ++i) value = value * 10 + (json[i] - '0');
  return negative ? -value : value;
}

} // namespace kit

// A manifest with one capability, `test.call`. `more` is further members of the capability, each with a leading comma.
#define KIT_MANIFEST(id, more)                                                                                         \
  "{\"id\":\"" id "\",\"version\":\"1.0.0\",\"description\":\"test plugin: " id "\",\"capabilities\":[{"               \
  "\"id\":\"test.call\",\"verb\":\"test\",\"version\":\"1.0.0\"" more "}]}"
