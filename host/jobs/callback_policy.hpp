// Where callbacks may go: https to the Internet, and what the operator allows besides. Knows no DNS and no socket; what
// it is asked about an address holds for that address alone.
#pragma once

#include "jobs/callback_url.hpp"
#include "net/public_address.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crank {

class CallbackPolicy {
public:
  // `allowed`: names of hosts, and ranges of addresses (is_allowance()). Unencrypted callbacks go there and nowhere
  // else.
  explicit CallbackPolicy(const std::vector<std::string>& allowed);
  [[nodiscard]] static bool is_allowance(std::string_view text);

  // Why nothing may go there, for "Callback-Url REASON", as far as one can tell before its name is resolved.
  [[nodiscard]] std::optional<std::string> refusal(const CallbackUrl& url) const;
  // Why one may not connect to that address for it.
  [[nodiscard]] std::optional<std::string> refusal(const CallbackUrl& url, const asio::ip::address& address) const;

private:
  [[nodiscard]] bool allows(const CallbackUrl& url) const;
  [[nodiscard]] bool allows(const asio::ip::address& address) const;

  std::vector<std::string> names_; // lower case
  std::vector<AddressRange> ranges_;
};

} // namespace crank
