#include "jobs/callback_policy.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace crank {

bool CallbackPolicy::is_allowance(std::string_view text) { return AddressRange::parse(text) || is_callback_host(text); }

CallbackPolicy::CallbackPolicy(const std::vector<std::string>& allowed) {
  for (const std::string& one : allowed) {
    if (const auto range = AddressRange::parse(one))
      ranges_.push_back(*range);
    else
      names_.push_back(one);
  }
}

bool CallbackPolicy::allows(const CallbackUrl& url) const {
  return std::any_of(names_.begin(), names_.end(),
                     [&](const std::string& name) { return equal_ignoring_case(name, url.host); });
}

bool CallbackPolicy::allows(const asio::ip::address& address) const {
  return std::any_of(ranges_.begin(), ranges_.end(),
                     [&](const AddressRange& range) { return range.contains(address); });
}

std::optional<std::string> CallbackPolicy::refusal(const CallbackUrl& url) const {
  if (url.address) return refusal(url, *url.address);
  if (url.tls || allows(url) || !ranges_.empty()) return std::nullopt; // the rest is decided for an address
  return "must begin with https://: this worker's callback_allow does not name " + url.host;
}

std::optional<std::string> CallbackPolicy::refusal(const CallbackUrl& url, const asio::ip::address& address) const {
  if (allows(url) || allows(address)) return std::nullopt;
  const std::string text = address.to_string();
  if (const std::string_view use = special_use(address); !use.empty()) {
    const std::string where = url.address ? text + " is " : url.host + " is at " + text + ", which is ";
    return "leads to where no callback may go: " + where + std::string(use) +
           ", and this worker's callback_allow does not have it";
  }
  if (url.tls) return std::nullopt;
  return "must begin with https://: this worker's callback_allow has neither " + url.host + " nor " + text;
}

} // namespace crank
