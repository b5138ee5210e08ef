// Which addresses belong to anybody on the Internet, and ranges of addresses. Knows nothing of who connects there.
#pragma once

#include "net/asio.hpp"

#include <boost/asio/ip/address.hpp>

#include <optional>
#include <string_view>

namespace crank {

// What an address is for, where it is none of a host on the Internet: "loopback (RFC 1122)". Empty: it is global
// unicast. From IANA's special-purpose registries (RFC 6890); forms of IPv4 in IPv6 are what they stand for, or, where
// nobody needs them any more, none.
[[nodiscard]] std::string_view special_use(const asio::ip::address& address);

// An address whose beginning is given: 10.0.0.0/8, fd00::/8, or one address.
class AddressRange {
public:
  // Only the usual spellings: four decimal numbers, RFC 4291 2.2; no zone.
  [[nodiscard]] static std::optional<AddressRange> parse(std::string_view text);
  [[nodiscard]] bool contains(const asio::ip::address& address) const;

private:
  asio::ip::address first_;
  unsigned bits_ = 0; // that count, from the front
};

// In the usual spellings alone, as above.
[[nodiscard]] std::optional<asio::ip::address> parse_address(std::string_view text);

} // namespace crank
