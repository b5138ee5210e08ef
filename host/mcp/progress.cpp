#include "mcp/progress.hpp"

#include "mcp/json_rpc.hpp"
#include "json/json.hpp"

#include <boost/json/value.hpp>

#include <cmath>

namespace crank {

bool McpProgress::is_due() {
  const auto now = Clock::now();
  if (token_.empty() || (told_ && now - *told_ < interval_)) return false;
  told_ = now;
  return true;
}

std::string McpProgress::message(double progress, bool percent, std::string_view note) {
  last_ = progress;
  std::string params = R"({"progressToken":)" + token_ + R"(,"progress":)" + json_text(boost::json::value(progress));
  if (percent) params += R"(,"total":100)";
  if (!note.empty()) {
    params += R"(,"message":)";
    append_json_string(params, note);
  }
  return rpc_notification("notifications/progress", params + "}");
}

std::optional<std::string> McpProgress::at(double fraction, std::string_view note) {
  if (!wanted()) return std::nullopt;
  const bool known = fraction >= 0 && fraction <= 1;
  if (unit_ == Unit::open) unit_ = known ? Unit::percent : Unit::steps;
  if (unit_ == Unit::steps) {
    if (!is_due()) return std::nullopt;
    return message(std::floor(last_) + 1, false, note);
  }
  const double percent = fraction * 100;
  if (!known || percent <= last_ || !is_due()) return std::nullopt;
  return message(percent, true, note);
}

std::optional<std::string> McpProgress::items(std::uint64_t count) {
  if (unit_ == Unit::open) unit_ = Unit::steps;
  const auto progress = static_cast<double>(count);
  if (unit_ != Unit::steps || progress <= last_ || !is_due()) return std::nullopt;
  return message(progress, false, count == 1 ? "1 result" : std::to_string(count) + " results");
}

} // namespace crank
