// Progress of one request as its client is told of it: only where it gave a token, always growing, and not more often
// than anybody can follow.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace crank {

class McpProgress {
public:
  // More often nobody can follow.
  static constexpr std::chrono::milliseconds shortest_interval{40};

  // `token`: JSON text, empty where the client gave none.
  explicit McpProgress(std::string token, std::chrono::milliseconds interval = shortest_interval)
      : token_(std::move(token)), interval_(interval) {}

  bool wanted() const { return !token_.empty(); }
  // A notification, or nothing. `fraction` is in [0,1], or negative where it is not known.
  std::optional<std::string> at(double fraction, std::string_view note);
  // The same for results that come one by one.
  std::optional<std::string> items(std::uint64_t count);

private:
  using Clock = std::chrono::steady_clock;

  bool is_due();
  std::string message(double progress, bool percent, std::string_view note);

  const std::string token_;
  const std::chrono::milliseconds interval_;
  double last_ = -1;
  enum class Unit { open, percent, steps };
  Unit unit_ = Unit::open; // one request is told of in one unit
  std::optional<Clock::time_point> told_;
};

} // namespace crank
