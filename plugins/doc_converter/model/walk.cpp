#include "walk.hpp"

#include <string_view>

namespace doc {
namespace {

constexpr std::string_view blanks = " \t";

bool is_trimmed(const Inline& run) {
  if (std::holds_alternative<LineBreak>(run.content)) return true;
  const auto* text = std::get_if<std::string>(&run.content);
  return text && text->find_first_not_of(blanks) == std::string::npos;
}

} // namespace

std::string plain_text(const Inlines& inlines) {
  std::string out;
  for (const Inline& run : inlines) {
    if (const auto* text = std::get_if<std::string>(&run.content)) out += *text;
    if (std::holds_alternative<LineBreak>(run.content)) out += ' ';
  }
  return out;
}

void merge_runs(Inlines& inlines) {
  Inlines merged;
  merged.reserve(inlines.size());
  for (Inline& run : inlines) {
    auto* text = std::get_if<std::string>(&run.content);
    if (text && text->empty()) continue;
    auto* last = text && !merged.empty() ? std::get_if<std::string>(&merged.back().content) : nullptr;
    if (last && merged.back().style == run.style && merged.back().link == run.link) {
      *last += *text;
    } else {
      merged.push_back(std::move(run));
    }
  }
  inlines = std::move(merged);
}

void trim(Inlines& inlines) {
  while (!inlines.empty() && is_trimmed(inlines.back())) inlines.pop_back();
  std::size_t first = 0;
  while (first < inlines.size() && is_trimmed(inlines[first])) ++first;
  inlines.erase(inlines.begin(), inlines.begin() + static_cast<std::ptrdiff_t>(first));
  if (inlines.empty()) return;
  if (auto* text = std::get_if<std::string>(&inlines.back().content)) text->erase(text->find_last_not_of(blanks) + 1);
  if (auto* text = std::get_if<std::string>(&inlines.front().content)) text->erase(0, text->find_first_not_of(blanks));
}

bool is_blank(const Inlines& inlines) {
  for (const Inline& run : inlines) {
    if (!is_trimmed(run) && !std::holds_alternative<Anchor>(run.content)) return false;
  }
  return true;
}

} // namespace doc
