// Text in which anchors stand that are wanted only where a link leads to them, which is known when all links are. Text
// is held back until then, up to some megabytes; from there on every anchor is written.
#pragma once

#include "../../io/output.hpp"

#include <string>
#include <string_view>
#include <unordered_set>

namespace doc::markdown {

class AnchoredText {
public:
  explicit AnchoredText(Output& output) : output_(output) {}

  // What stands in text for an anchor: two characters that no text has around its name.
  static std::string anchor(std::string_view name);
  void add_target(std::string name) { targets_.insert(std::move(name)); }

  void write(std::string_view text);
  void end();

private:
  void put_out(bool all);

  Output& output_;
  std::string held_;
  std::unordered_set<std::string> targets_;
  bool holds_ = true;
};

} // namespace doc::markdown
