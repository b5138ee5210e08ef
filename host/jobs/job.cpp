#include "jobs/job.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <array>

namespace crank {
namespace {

constexpr std::array<std::string_view, 6> names = {"queued", "running",   "succeeded",
                                                   "failed", "cancelled", "interrupted"};

constexpr std::array<std::string_view, 4> callback_names = {"waiting", "pending", "delivered", "abandoned"};

constexpr std::string_view digits = "0123456789abcdef";

} // namespace

std::string new_job_id() {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), bytes.size()) != 1) return {};
  std::string id;
  for (const unsigned char byte : bytes) {
    id += digits[byte >> 4];
    id += digits[byte & 15];
  }
  return id;
}

std::string_view name_of(JobState state) { return names.at(static_cast<std::size_t>(state)); }

std::string_view name_of(CallbackState state) { return callback_names.at(static_cast<std::size_t>(state)); }

std::optional<JobState> job_state_of(std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<JobState>(found - names.begin());
}

bool is_job_id(std::string_view text) {
  return text.size() == 32 &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

} // namespace crank
