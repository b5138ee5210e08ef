#include "abi/text.hpp"

#include "base/text.hpp"

namespace crank {

crank_status get_attribute(const RequestAttributes& attributes, std::string_view key, crank_str& out) {
  const auto value =
      take_prefix(key, "caller.") ? attributes.caller().attribute(key) : attributes.get(key); // whatever the door
  if (!value) return CRANK_NOT_FOUND;
  out = to_abi(*value);
  return CRANK_OK;
}

crank_status each_attribute(const RequestAttributes& attributes, std::string_view prefix, crank_visit visit,
                            void* user) {
  // Without noexcept: what a plugin throws in spite of it ends here, and not the process.
  std::int32_t (*const raw)(void*, crank_str, crank_str) = visit;
  const bool known = attributes.each(
      prefix, [&](std::string_view key, std::string_view value) { return raw(user, to_abi(key), to_abi(value)) == 0; });
  return known ? CRANK_OK : CRANK_INVALID;
}

} // namespace crank
