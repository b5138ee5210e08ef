#include "flow.hpp"

#include "../../model/walk.hpp"
#include "../../text/utf8.hpp"

namespace doc::html {
namespace {

constexpr std::string_view no_break_space = "\xc2\xa0";

// A no-break space alone keeps a line's height, and says nothing.
bool is_spacer(const Inlines& inlines) {
  for (const Inline& run : inlines) {
    if (std::holds_alternative<Anchor>(run.content) || std::holds_alternative<LineBreak>(run.content)) continue;
    const auto* text = std::get_if<std::string>(&run.content);
    if (!text) return false;
    for (std::size_t at = 0; at < text->size();) {
      const std::uint32_t code_point = next_code_point(*text, at);
      if (code_point != ' ' && code_point != '\t' && code_point != 0xa0) return false;
    }
  }
  return true;
}

bool is_blank_byte(char byte) { return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r' || byte == '\f'; }

} // namespace

void Flow::text(std::string_view text, const Look& look) {
  if (look.preserves_blanks) {
    preserved(text, look);
    return;
  }
  std::string out;
  out.reserve(text.size());
  for (const char byte : text) {
    if (!is_blank_byte(byte)) {
      out.push_back(byte);
      after_blank_ = false;
    } else if (!after_blank_) {
      out.push_back(' ');
      after_blank_ = true;
    }
  }
  if (!out.empty()) append(clean_text(out), look);
}

// Several blanks stay several, as no-break spaces, since others collapse them.
void Flow::preserved(std::string_view text, const Look& look) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string line;
    bool is_after_blank = after_blank_;
    for (const char byte : text.substr(0, end)) {
      if (byte == ' ' && is_after_blank)
        line += no_break_space;
      else if (byte != '\r')
        line.push_back(byte);
      is_after_blank = byte == ' ';
    }
    if (!line.empty()) {
      append(clean_text(line), look);
      after_blank_ = is_after_blank;
    }
    if (end == std::string_view::npos) return;
    line_break(look);
    text.remove_prefix(end + 1);
  }
}

void Flow::append(std::string_view text, const Look& look) {
  if (text.empty()) return;
  begin_run(look);
  auto* last = pending_.empty() ? nullptr : std::get_if<std::string>(&pending_.back().content);
  if (last && pending_.back().style == look.style && pending_.back().link == look.link) {
    last->append(text);
    return;
  }
  shared_.context.spend_inlines(1);
  pending_.push_back({std::string(text), look.style, look.link});
}

void Flow::line_break(const Look& look) {
  begin_run(look);
  auto* last = pending_.empty() ? nullptr : std::get_if<std::string>(&pending_.back().content);
  if (last && last->back() == ' ') {
    last->pop_back();
    if (last->empty()) pending_.pop_back();
  }
  shared_.context.spend_inlines(1);
  pending_.push_back({LineBreak{}, {}, {}});
  after_blank_ = true;
}

void Flow::add(Inline run) {
  place_anchors();
  shared_.context.spend_inlines(1);
  pending_.push_back(std::move(run));
  after_blank_ = false;
}

void Flow::begin_run(const Look& look) {
  if (pending_.empty()) alignment_ = look.alignment;
  place_anchors();
}

void Flow::place_anchors() {
  for (std::string& name : shared_.anchors) pending_.push_back({Anchor{std::move(name)}, {}, {}});
  shared_.anchors.clear();
}

void Flow::end_paragraph() {
  if (only_inlines_) {
    if (!after_blank_ && !pending_.empty()) {
      text(" ", {});
    }
    return;
  }
  after_blank_ = true;
  if (pending_.empty()) return;
  Inlines inlines = std::move(pending_);
  pending_.clear();
  trim(inlines);
  if (is_spacer(inlines)) {
    // Anchors wait for the next paragraph.
    for (Inline& run : inlines) {
      if (auto* anchor = std::get_if<Anchor>(&run.content)) shared_.anchors.push_back(std::move(anchor->name));
    }
    return;
  }
  has_blocks_ = true;
  if (heading_level_ > 0)
    emit_({Heading{heading_level_, std::move(inlines), alignment_}});
  else
    emit_({Paragraph{std::move(inlines), alignment_}});
}

void Flow::block(Block block) {
  end_paragraph();
  if (only_inlines_) return;
  has_blocks_ = true;
  emit_(std::move(block));
}

Inlines Flow::take_inlines() {
  Inlines inlines = std::move(pending_);
  pending_.clear();
  after_blank_ = true;
  trim(inlines);
  return inlines;
}

} // namespace doc::html
