#include "anchors.hpp"

#include "escape.hpp"

namespace doc::markdown {
namespace {

constexpr std::size_t most_held = 8u << 20;
constexpr char mark_begin = '\x01', mark_end = '\x02'; // control characters, which no Inline has

} // namespace

std::string AnchoredText::anchor(std::string_view name) { return std::string(1, mark_begin).append(name) + mark_end; }

void AnchoredText::write(std::string_view text) {
  held_ += text;
  if (!holds_ || held_.size() > most_held) put_out(true);
}

void AnchoredText::end() { put_out(!holds_); }

void AnchoredText::put_out(bool all) {
  if (all) holds_ = false;
  std::string_view rest = held_;
  while (!rest.empty()) {
    const std::size_t begin = rest.find(mark_begin);
    output_.write(rest.substr(0, begin));
    if (begin == std::string_view::npos) break;
    const std::size_t end = rest.find(mark_end, begin);
    const std::string name(rest.substr(begin + 1, end - begin - 1));
    if (all || targets_.count(name) > 0) output_.write("<a id=\"" + html_escaped(name) + "\"></a>");
    rest.remove_prefix(end + 1);
  }
  held_.clear();
}

} // namespace doc::markdown
