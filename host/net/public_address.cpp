#include "net/public_address.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string>

namespace crank {
namespace {

struct V4Block {
  std::uint32_t first;
  unsigned bits;
  std::string_view use;
};

constexpr std::uint32_t v4(unsigned a, unsigned b, unsigned c, unsigned d) { return a << 24 | b << 16 | c << 8 | d; }

constexpr std::array v4_blocks = {
    V4Block{v4(0, 0, 0, 0), 8, "an address of this network (RFC 1122)"},
    V4Block{v4(10, 0, 0, 0), 8, "private (RFC 1918)"},
    V4Block{v4(100, 64, 0, 0), 10, "shared behind a carrier's translator (RFC 6598)"},
    V4Block{v4(127, 0, 0, 0), 8, "loopback (RFC 1122)"},
    V4Block{v4(168, 63, 129, 16), 32, "the host's side of a virtual machine (Azure)"},
    V4Block{v4(169, 254, 0, 0), 16, "link-local (RFC 3927)"},
    V4Block{v4(172, 16, 0, 0), 12, "private (RFC 1918)"},
    V4Block{v4(192, 0, 0, 0), 24, "for protocols (RFC 6890)"},
    V4Block{v4(192, 0, 2, 0), 24, "for documentation (RFC 5737)"},
    V4Block{v4(192, 88, 99, 0), 24, "a 6to4 relay (RFC 7526)"},
    V4Block{v4(192, 168, 0, 0), 16, "private (RFC 1918)"},
    V4Block{v4(198, 18, 0, 0), 15, "for benchmarks (RFC 2544)"},
    V4Block{v4(198, 51, 100, 0), 24, "for documentation (RFC 5737)"},
    V4Block{v4(203, 0, 113, 0), 24, "for documentation (RFC 5737)"},
    V4Block{v4(224, 0, 0, 0), 4, "multicast (RFC 5771)"},
    V4Block{v4(240, 0, 0, 0), 4, "reserved (RFC 1112)"},
};

struct V6Block {
  std::uint64_t first; // the first half of the address
  unsigned bits;
  std::string_view use;
};

constexpr std::array v6_blocks = {
    V6Block{0x0064'ff9b'0001'0000, 48, "translated locally (RFC 8215)"},
    V6Block{0x0100'0000'0000'0000, 64, "discarded (RFC 6666)"},
    V6Block{0x2001'0000'0000'0000, 32, "Teredo (RFC 4380)"},
    V6Block{0x2001'0000'0000'0000, 23, "for protocols (RFC 2928)"},
    V6Block{0x2001'0db8'0000'0000, 32, "for documentation (RFC 3849)"},
    V6Block{0x2002'0000'0000'0000, 16, "6to4 (RFC 3056)"},
    V6Block{0x3fff'0000'0000'0000, 20, "for documentation (RFC 9637)"},
    V6Block{0x5f00'0000'0000'0000, 16, "for segment routing (RFC 9602)"},
    V6Block{0xfc00'0000'0000'0000, 7, "unique local (RFC 4193)"},
    V6Block{0xfe80'0000'0000'0000, 10, "link-local (RFC 4291)"},
    V6Block{0xfec0'0000'0000'0000, 10, "site-local (RFC 3879)"},
    V6Block{0xff00'0000'0000'0000, 8, "multicast (RFC 4291)"},
};
constexpr std::uint64_t translated = 0x0064'ff9b'0000'0000; // RFC 6052 2.1, the IPv4 address is at the end

template <class Number>
bool begins_like(Number number, Number first, unsigned bits) {
  return bits == 0 || ((number ^ first) >> (sizeof(Number) * 8 - bits)) == 0;
}

std::string_view special_use(std::uint32_t address) {
  for (const V4Block& block : v4_blocks) {
    if (begins_like(address, block.first, block.bits)) return block.use;
  }
  return {};
}

std::string_view special_use(std::uint64_t front, std::uint64_t back) {
  if (front == 0 && back == 0) return "unspecified (RFC 4291)";
  if (front == 0 && back == 1) return "loopback (RFC 4291)";
  if (front == translated && back >> 32 == 0) return special_use(static_cast<std::uint32_t>(back));
  for (const V6Block& block : v6_blocks) {
    if (begins_like(front, block.first, block.bits)) return block.use;
  }
  constexpr std::uint64_t global_unicast = 0x2000'0000'0000'0000; // the only range given out (RFC 4291 2.4, IANA)
  return begins_like(front, global_unicast, 3) ? std::string_view() : "no global unicast address (RFC 4291)";
}

// An IPv4 address that is written as IPv6 (RFC 4291 2.5.5.2) is the IPv4 address.
asio::ip::address plain(const asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  return address;
}

std::uint64_t number_of(const unsigned char* bytes) {
  std::uint64_t number = 0;
  for (int i = 0; i < 8; ++i) number = number << 8 | bytes[i];
  return number;
}

template <class Bytes>
bool begin_alike(const Bytes& a, const Bytes& b, unsigned bits) {
  const unsigned whole = bits / 8, rest = bits % 8;
  return std::equal(a.begin(), a.begin() + whole, b.begin()) && (rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
}

} // namespace

std::string_view special_use(const asio::ip::address& given) {
  const asio::ip::address address = plain(given);
  if (address.is_v4()) return special_use(static_cast<std::uint32_t>(address.to_v4().to_uint()));
  if (address.to_v6().scope_id() != 0) return "of one link alone (RFC 4007)";
  const auto bytes = address.to_v6().to_bytes();
  return special_use(number_of(bytes.data()), number_of(bytes.data() + 8));
}

std::optional<asio::ip::address> parse_address(std::string_view text) {
  if (text.find('%') != std::string_view::npos) return std::nullopt;
  error_code error;
  const auto address = asio::ip::make_address(std::string(text), error); // inet_pton: 1.2.3.4 and no other spelling
  return error ? std::nullopt : std::optional(address);
}

std::optional<AddressRange> AddressRange::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = parse_address(text.substr(0, slash));
  if (!address) return std::nullopt;
  AddressRange range;
  range.first_ = plain(*address);
  const unsigned most = range.first_.is_v4() ? 32 : 128;
  range.bits_ = most;
  if (slash == std::string_view::npos) return range;
  if (range.first_ != *address) return std::nullopt; // how long is ::ffff:10.0.0.0/8?
  const std::string_view length = text.substr(slash + 1);
  const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), range.bits_);
  if (error != std::errc() || end != length.data() + length.size() || range.bits_ > most) return std::nullopt;
  return range;
}

bool AddressRange::contains(const asio::ip::address& given) const {
  const asio::ip::address address = plain(given);
  if (address.is_v4() != first_.is_v4()) return false;
  if (address.is_v4()) return begin_alike(address.to_v4().to_bytes(), first_.to_v4().to_bytes(), bits_);
  return begin_alike(address.to_v6().to_bytes(), first_.to_v6().to_bytes(), bits_);
}

} // namespace crank
