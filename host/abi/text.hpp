// Between the ABI's text, and what is asked by it, and ours.
#pragma once

#include "base/request.hpp"

#include <crank/crank.h>

#include <string>
#include <string_view>

namespace crank {

inline crank_str to_abi(std::string_view text) { return {text.data(), text.size()}; }

// NULL with a length is taken as empty.
inline std::string_view from_abi(crank_str text) {
  return text.ptr ? std::string_view(text.ptr, text.len) : std::string_view();
}

// False for NULL with a length.
inline bool is_readable(crank_str text) { return text.ptr || text.len == 0; }

// crank_call.get and each, for calls and sessions alike. They may throw what containers throw.
[[nodiscard]] crank_status get_attribute(const RequestAttributes& attributes, std::string_view key, crank_str& out);
[[nodiscard]] crank_status each_attribute(const RequestAttributes& attributes, std::string_view prefix,
                                          crank_visit visit, void* user);

} // namespace crank
