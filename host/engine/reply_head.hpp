// The head of a response, as far as a plugin has a say in it. Doors take of it what their protocol has.
#pragma once

#include <crank/crank.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace crank {

// Whether a text is a media type with its parameters, if any (RFC 9110 8.3.1).
[[nodiscard]] bool is_media_type(std::string_view text);

struct ReplyHead {
  int status = 0;                                            // an HTTP status; 0: the operation's
  std::string media_type;                                    // empty: the operation's
  std::vector<std::pair<std::string, std::string>> fields{}; // HTTP fields, names in lower case

  // The keys, values and results of crank_call.set.
  crank_status set(std::string_view key, std::string_view value);
  // That of a field alone; the key is its name. For what has no status and no media type of its own.
  crank_status set_field(std::string_view name, std::string_view value);

  // Whether a response of this status has no content (RFC 9110 6.4.1).
  bool without_content() const { return status == 204 || status == 205 || status == 304; }
};

} // namespace crank
