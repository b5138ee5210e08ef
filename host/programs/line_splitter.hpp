// Lines out of what comes in pieces. Knows nothing of where it comes from.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace crank {

class LineSplitter {
public:
  enum class Overlong { refuse, split };
  // `take` gets each line without its end, and says whether there shall be more.
  using Take = std::function<bool(std::string_view)>;

  LineSplitter(std::size_t longest, Overlong overlong, Take take)
      : longest_(longest), overlong_(overlong), take_(std::move(take)) {}

  enum class State { fine, too_long, stopped };
  State add(std::string_view piece);
  // There is no more: what has no end is a line, too.
  State end();

private:
  State give(std::string_view line) { return take_(line) ? State::fine : State::stopped; }

  const std::size_t longest_;
  const Overlong overlong_;
  const Take take_;
  std::string begun_;
};

} // namespace crank
