// Where a job's callback goes: an http or https URL in its one usual spelling. Knows no policy.
#pragma once

#include "base/problem.hpp"
#include "net/asio.hpp"

#include <boost/asio/ip/address.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace crank {

struct CallbackUrl {
  bool tls = true;
  std::string host;                         // lower case, without brackets
  std::optional<asio::ip::address> address; // where the host is one
  std::uint16_t port = 443;
  std::string target; // path and query: what a request line has

  // "example.com:443": whom a request meets, whatever its path.
  [[nodiscard]] std::string destination() const;
  // What Host has: without the port that the scheme means (RFC 9110 4.2).
  [[nodiscard]] std::string authority() const;
  // For people and logs: without the query, which may hold secrets.
  [[nodiscard]] std::string place() const;
};

// Or what is wrong with it, for "Callback-Url REASON". Stricter than RFC 3986: no user, no fragment, no escapes in the
// host, and a host that ends in a number is an IPv4 address of four decimal numbers, so that nobody reads another
// address from it than we do.
[[nodiscard]] Result<CallbackUrl, std::string> parse_callback_url(std::string_view text);

inline constexpr std::size_t longest_callback_url = 2048;

// Whether it can be the name of a host: labels of letters, digits, - and _, the last of which is no number.
[[nodiscard]] bool is_callback_host(std::string_view name);

} // namespace crank
