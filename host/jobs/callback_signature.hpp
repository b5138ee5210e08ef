// How a receiver of callbacks knows that they are ours, as Standard Webhooks has it (standardwebhooks.com, symmetric
// signatures): webhook-signature is "v1," and base64 of HMAC-SHA256 over "ID.TIMESTAMP.BODY", one for each secret.
// Knows no HTTP and no file.
#pragma once

#include "base/problem.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace crank {

// 24 to 64 bytes that sender and receiver know.
using CallbackSecret = std::string;

// Of "whsec_" and base64; empty: it is none.
[[nodiscard]] CallbackSecret parse_callback_secret(std::string_view text);
// A new one, 256 random bits, as text. Empty where the system gives none.
[[nodiscard]] std::string new_callback_secret();
// Of a file with a secret in each line; empty lines and those that begin with # do not count. At least one, or which
// line is wrong.
[[nodiscard]] Result<std::vector<CallbackSecret>, std::string> parse_callback_secrets(std::string_view text);

// The value of webhook-signature. `timestamp`: seconds since the epoch, of this attempt.
[[nodiscard]] std::string callback_signature(const std::vector<CallbackSecret>& secrets, std::string_view id,
                                             std::int64_t timestamp, std::string_view body);

} // namespace crank
