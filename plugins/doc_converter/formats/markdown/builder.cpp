#include "builder.hpp"

#include "../../model/error.hpp"
#include "../../model/walk.hpp"
#include "../../text/utf8.hpp"
#include "source.hpp"

#include <algorithm>
#include <utility>

namespace doc::markdown {
namespace {

constexpr std::size_t most_spans = 200;
constexpr std::size_t longest_name = 512;

// Takes "{#name}" or "{#name .class}" off the end of a heading whose pieces are still as they were read: what stands
// behind an escaped "{" is a piece of its own, and no name. Nor is there one inside of emphasis or a link.
std::string take_name(Inlines& pieces) {
  const auto ends_name = [&pieces] {
    const auto* text = pieces.empty() ? nullptr : std::get_if<std::string>(&pieces.back().content);
    return text && !text->empty() && text->back() == '}';
  };
  const auto is_plain = [](const Inline& piece) {
    const auto* text = std::get_if<std::string>(&piece.content);
    return text && *text != "{" && piece.style == TextStyle{} && piece.link.empty();
  };
  if (!ends_name() || !is_plain(pieces.back())) return {};
  // "{#a\\_b}" is three pieces; more than a name's bytes are not looked at.
  while (pieces.size() > 1 && is_plain(pieces[pieces.size() - 2]) &&
         std::get<std::string>(pieces.back().content).size() < longest_name) {
    const std::string last = std::get<std::string>(pieces.back().content);
    pieces.pop_back();
    std::get<std::string>(pieces.back().content) += last;
  }
  auto& text = std::get<std::string>(pieces.back().content);
  const std::size_t begin = text.rfind("{#");
  if (begin == std::string::npos) return {};
  const std::size_t end = text.find_first_of(" }", begin);
  std::string name = text.substr(begin + 2, end - begin - 2);
  if (!name.empty()) text.erase(begin);
  return name;
}

bool is_blank_row(const Row& row) {
  return std::all_of(row.cells.begin(), row.cells.end(), [](const Cell& cell) { return cell.blocks.empty(); });
}

} // namespace

Builder::Builder(Context& context, const std::unordered_set<std::string>& targets, std::function<void(Block)> sink)
    : context_(context), targets_(targets), sink_(std::move(sink)), frames_(1) {}

void Builder::open(Container container, bool is_html) {
  end_paragraph();
  // Rows and cells stand only where they belong; HTML may say otherwise.
  const Container around = top().container;
  if (container == Container::row && around != Container::table) return;
  if (container == Container::cell && around != Container::row) return;
  if (container == Container::item && around != Container::list) return;
  if (frames_.size() >= context_.limits().depth - 8 && container != Container::item && container != Container::row &&
      container != Container::cell)
    return;
  if (container == Container::cell) limit_cells();
  if (container == Container::table && html_frame(Container::table) == 0) cells_ = 0;
  frames_.emplace_back();
  top().container = container;
  top().is_html = is_html;
}

void Builder::limit_cells() {
  if (++cells_ > context_.limits().table_cells)
    throw ConversionError(ErrorCode::limit_exceeded, "a table has more cells than are allowed");
}

void Builder::close_to(std::size_t depth) {
  end_paragraph();
  while (frames_.size() > std::max<std::size_t>(depth, 1)) close();
}

void Builder::close() {
  Frame frame = std::move(frames_.back());
  frames_.pop_back();
  switch (frame.container) {
  case Container::document: break;
  case Container::quote:
    if (!frame.blocks.empty()) add(Block{Quote{std::move(frame.blocks)}});
    break;
  case Container::list:
    if (!frame.list.items.empty()) add(Block{std::move(frame.list)});
    break;
  case Container::item: top().list.items.push_back({std::move(frame.blocks), frame.checked}); break;
  case Container::table:
    for (Block& block : frame.blocks) add(std::move(block));
    if (!frame.table.rows.empty() && is_blank_row(frame.table.rows[0]))
      frame.table.rows.erase(frame.table.rows.begin()); // how Markdown writes that there is no header
    if (!frame.table.rows.empty()) add(Block{std::move(frame.table)});
    break;
  case Container::row:
    for (Block& block : frame.blocks) top().blocks.push_back(std::move(block));
    if (!frame.row.cells.empty()) {
      auto& rows = top().table.rows;
      frame.row.header = frame.row.header && (rows.empty() || rows.back().header);
      rows.push_back(std::move(frame.row));
    }
    break;
  case Container::cell:
    frame.cell.blocks = std::move(frame.blocks);
    top().row.cells.push_back(std::move(frame.cell));
    break;
  }
}

std::size_t Builder::html_frame(Container container) const {
  for (std::size_t i = frames_.size(); i-- > 1 && frames_[i].is_html;) {
    if (frames_[i].container == container) return i;
  }
  return 0;
}

void Builder::begin_heading(int level, bool is_html) {
  end_paragraph();
  heading_ = level;
  is_html_heading_ = is_html;
}

void Builder::end_paragraph() {
  const int level = std::exchange(heading_, 0);
  const bool is_html = std::exchange(is_html_heading_, false);
  spans_.clear();
  style_ = {};
  link_.clear();
  if (inlines_.empty()) return;
  Inlines inlines = std::move(inlines_);
  inlines_.clear();
  const std::string name = level > 0 && !is_html ? take_name(inlines) : std::string();
  merge_runs(inlines);
  trim(inlines);
  if (inlines.empty() && name.empty()) return;
  context_.spend_inlines(inlines.size());
  if (level == 0) return add(Block{Paragraph{std::move(inlines)}});
  Heading heading{level, std::move(inlines)};
  name_heading(heading, name);
  add(Block{std::move(heading)});
}

void Builder::name_heading(Heading& heading, std::string name) {
  if (targets_.empty()) return;
  if (name.empty()) {
    name = slug(plain_text(heading.inlines));
    const int count = slugs_[name]++;
    if (count > 0) name += "-" + std::to_string(count);
  }
  if (!name.empty() && has_target(name)) heading.inlines.insert(heading.inlines.begin(), {Anchor{name}, {}, {}});
}

void Builder::add(Block block) {
  switch (top().container) {
  case Container::document: return sink_(std::move(block));
  case Container::list: // outside an item
    top().list.items.emplace_back();
    top().list.items.back().blocks.push_back(std::move(block));
    return;
  default: top().blocks.push_back(std::move(block));
  }
}

void Builder::text(std::string_view text) {
  std::string clean = clean_text(text);
  // A line does not begin with the blanks that stand behind a "<br>".
  if (!style_.code && !inlines_.empty() && std::holds_alternative<LineBreak>(inlines_.back().content))
    clean.erase(0, clean.find_first_not_of(' '));
  if (!clean.empty()) add(Inline{std::move(clean), {}, {}});
}

void Builder::add(Inline run) {
  run.style = style_;
  run.link = link_;
  inlines_.push_back(std::move(run));
}

bool Builder::ends_with_blank() const {
  if (inlines_.empty()) return true;
  const auto* text = std::get_if<std::string>(&inlines_.back().content);
  return text ? text->back() == ' ' : std::holds_alternative<LineBreak>(inlines_.back().content);
}

void Builder::begin_span(std::string_view tag, bool is_html) {
  if (spans_.size() < most_spans || !is_html) spans_.push_back({std::string(tag), is_html, style_, link_});
}

void Builder::end_span(std::string_view tag, bool is_html) {
  for (std::size_t i = spans_.size(); i-- > 0;) {
    if (is_html && !spans_[i].is_html) return;
    if (spans_[i].is_html != is_html || spans_[i].tag != tag) continue;
    style_ = spans_[i].style;
    link_ = spans_[i].link;
    spans_.resize(i);
    return;
  }
}

} // namespace doc::markdown
