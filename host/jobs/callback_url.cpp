#include "jobs/callback_url.hpp"

#include "base/text.hpp"
#include "net/public_address.hpp"

#include <algorithm>
#include <charconv>

namespace crank {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(),
                     [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_'; });
}

// What some library would read as a number: 2130706433, 0177.1, 0x7f.1 (inet_aton).
bool ends_in_number(std::string_view host) {
  const std::string_view last = host.substr(host.rfind('.') + 1);
  return !last.empty() && (std::all_of(last.begin(), last.end(), is_digit) || last.substr(0, 2) == "0x");
}

// "host:port" and "[address]:port", the port optional.
std::optional<std::string> read_authority(std::string_view text, CallbackUrl& url) {
  std::string_view host, rest;
  const bool bracketed = !text.empty() && text.front() == '[';
  const std::size_t end = bracketed ? text.find(']') : text.find(':');
  if (bracketed && end == std::string_view::npos) return "has a [ without a ]";
  host = bracketed ? text.substr(1, end - 1) : text.substr(0, end);
  if (end != std::string_view::npos) rest = text.substr(bracketed ? end + 1 : end);
  if (!rest.empty()) {
    const auto last = rest.data() + rest.size();
    const auto [read, error] = std::from_chars(rest.data() + 1, last, url.port);
    if (rest.front() != ':' || error != std::errc() || read != last || url.port == 0)
      return "has a port that is none: 1 to 65535";
  }
  url.host = lower_case(host);
  if (bracketed || ends_in_number(url.host)) {
    url.address = parse_address(url.host);
    if (!url.address || url.address->is_v6() != bracketed)
      return "has a host that is no address as it is usually written: 192.0.2.1, [2001:db8::1]";
    url.host = url.address->to_string(); // of the spellings of one IPv6 address, one
    return std::nullopt;
  }
  if (!is_callback_host(url.host)) return "has a host that is neither a name nor an address";
  return std::nullopt;
}

} // namespace

bool is_callback_host(std::string_view name) {
  if (name.empty() || name.size() > 253) return false;
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('.', begin), name.size());
    if (!is_label(name.substr(begin, end - begin))) return false;
    begin = end + 1;
  }
  return !ends_in_number(lower_case(name));
}

std::string CallbackUrl::destination() const { return host + ":" + std::to_string(port); }

std::string CallbackUrl::authority() const {
  std::string text = address && address->is_v6() ? "[" + host + "]" : host;
  if (port != (tls ? 443 : 80)) text.append(":").append(std::to_string(port));
  return text;
}

std::string CallbackUrl::place() const {
  return (tls ? "https://" : "http://") + authority() + target.substr(0, target.find('?'));
}

Result<CallbackUrl, std::string> parse_callback_url(std::string_view text) {
  if (text.size() > longest_callback_url) return std::string("must be at most 2048 bytes long");
  // Visible ASCII alone: neither a request line nor a log may be broken by it.
  if (std::any_of(text.begin(), text.end(), [](char c) { return c <= ' ' || c > '~' || c == '\\'; }))
    return std::string("must be a URL in ASCII, without spaces and backslashes");
  CallbackUrl url;
  const std::size_t mark = text.find("://");
  const std::string scheme = lower_case(text.substr(0, mark == std::string_view::npos ? 0 : mark));
  if (scheme != "https" && scheme != "http")
    return std::string("must begin with https://, or http:// where that is allowed");
  url.tls = scheme == "https";
  url.port = url.tls ? 443 : 80;
  const std::string_view rest = text.substr(mark + 3);
  if (rest.find('#') != std::string_view::npos) return std::string("must have no fragment (#)");
  const std::size_t path = std::min(rest.find_first_of("/?"), rest.size());
  const std::string_view authority = rest.substr(0, path);
  if (authority.find('@') != std::string_view::npos)
    return std::string("must have no user and no password before its host");
  if (auto fault = read_authority(authority, url)) return *std::move(fault);
  url.target = rest.substr(path);
  if (url.target.empty() || url.target.front() == '?') url.target.insert(0, "/");
  return url;
}

} // namespace crank
