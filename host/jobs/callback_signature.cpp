#include "jobs/callback_signature.hpp"

#include "base/text.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>

namespace crank {
namespace {

constexpr std::string_view prefix = "whsec_";
constexpr std::size_t shortest = 24, longest = 64, made = 32; // bytes
constexpr std::size_t most_secrets = 10;                      // a signature each in every callback

std::string base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0'); // and a 0
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

// RFC 4648 4, padded, and nothing else. Empty: it is not that.
std::string bytes_of(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0 || text.size() > 4 * longest) return {};
  std::array<unsigned char, 3 * longest> bytes{};
  const int size =
      EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 3) return {};
  const std::size_t padding = text[text.size() - 1] != '=' ? 0 : text[text.size() - 2] != '=' ? 1 : 2;
  std::string exact(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(size) - padding);
  return base64(exact) == text ? exact : std::string();
}

} // namespace

CallbackSecret parse_callback_secret(std::string_view text) {
  if (!take_prefix(text, prefix)) return {};
  CallbackSecret secret = bytes_of(text);
  if (secret.size() < shortest || secret.size() > longest) secret.clear();
  return secret;
}

std::string new_callback_secret() {
  std::array<unsigned char, made> bytes{};
  if (RAND_bytes(bytes.data(), bytes.size()) != 1) return {};
  return std::string(prefix).append(base64({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
}

Result<std::vector<CallbackSecret>, std::string> parse_callback_secrets(std::string_view text) {
  std::vector<CallbackSecret> secrets;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    line = trim(line);
    if (line.empty() || line.front() == '#') continue;
    CallbackSecret secret = parse_callback_secret(line);
    if (secret.empty()) // which is not repeated: it may be one, mistyped
      return "line " + std::to_string(number) + ": expected whsec_ and 24 to 64 bytes in base64";
    secrets.push_back(std::move(secret));
  }
  if (secrets.empty()) return std::string("it has no secret");
  if (secrets.size() > most_secrets) return "it has more than " + std::to_string(most_secrets) + " secrets";
  return secrets;
}

std::string callback_signature(const std::vector<CallbackSecret>& secrets, std::string_view id, std::int64_t timestamp,
                               std::string_view body) {
  std::string content(id);
  content.append(".").append(std::to_string(timestamp)).append(".").append(body);
  std::string signatures;
  for (const CallbackSecret& secret : secrets) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(content.data()), content.size(), digest.data(), &size);
    signatures.append(signatures.empty() ? "v1," : " v1,");
    signatures.append(base64({reinterpret_cast<const char*>(digest.data()), size}));
  }
  return signatures;
}

} // namespace crank
