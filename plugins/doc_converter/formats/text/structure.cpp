#include "structure.hpp"

#include "../../text/utf8.hpp"
#include "../../text/width.hpp"

#include <algorithm>
#include <cstdint>

namespace doc::text {
namespace {

constexpr std::size_t longest_title = 100; // columns
constexpr std::size_t most_nested = 10;

std::uint32_t last_code_point(std::string_view text) {
  std::size_t at = text.size();
  while (at > 0 && (static_cast<unsigned char>(text[--at]) & 0xc0) == 0x80) {
  }
  return at < text.size() ? next_code_point(text, at) : 0;
}

// The sign that the line consists of; 0: of several, or of too few.
char row_of(std::string_view line) {
  const std::string_view inner = trimmed(line);
  if (inner.size() < 3 || (inner[0] != '=' && inner[0] != '-')) return 0;
  return inner.find_first_not_of(inner[0]) == std::string_view::npos ? inner[0] : '\0';
}

// A row of signs is as long as the title, as near as people count.
bool underlines(std::string_view row, std::string_view title) {
  const std::size_t width = display_width(trimmed(title)), length = trimmed(row).size();
  return width > 0 && width <= longest_title && length * 10 >= width * 7 && length <= width + 4;
}

struct Bullet {
  std::size_t indent; // blanks before it
  std::size_t bytes;  // of what stands before the item's text
};

std::optional<Bullet> bullet_of(std::string_view line) {
  const std::size_t indent = line.find_first_not_of(" \t");
  if (indent == std::string_view::npos) return std::nullopt;
  for (const std::string_view mark :
       {"- ", "* ", "+ ", "\xe2\x80\xa2", "\xe2\x97\xa6", "\xe2\x96\xaa", "\xe2\x80\xa3"}) {
    const std::string_view rest = line.substr(indent);
    if (rest.substr(0, mark.size()) != mark) continue;
    const std::size_t text = line.find_first_not_of(" \t", indent + mark.size());
    if (text != std::string_view::npos) return Bullet{indent, text};
  }
  return std::nullopt;
}

class ListParser {
public:
  explicit ListParser(const std::vector<std::string>& lines) : lines_(lines) {}

  // The items from the next line on that stand no further to the left than it; `next` must begin one.
  List list(std::size_t depth) {
    List list;
    const std::size_t indent = bullet_of(lines_[next_])->indent;
    while (next_ < lines_.size()) {
      const auto bullet = bullet_of(lines_[next_]);
      if (!bullet) {
        go_on(list.items.back());
      } else if (bullet->indent > indent + 1 && depth < most_nested) {
        list.items.back().blocks.push_back({this->list(depth + 1)});
      } else if (bullet->indent + 1 < indent) {
        break;
      } else {
        Paragraph paragraph;
        append_line(paragraph.inlines, clean_text(trimmed(std::string_view(lines_[next_]).substr(bullet->bytes))));
        list.items.push_back({{Block{std::move(paragraph)}}, {}});
        ++next_;
      }
    }
    return list;
  }

private:
  void go_on(ListItem& item) {
    if (!std::holds_alternative<Paragraph>(item.blocks.back().content)) item.blocks.push_back({Paragraph{}});
    append_line(std::get<Paragraph>(item.blocks.back().content).inlines, clean_text(trimmed(lines_[next_])));
    ++next_;
  }

  const std::vector<std::string>& lines_;
  std::size_t next_ = 0;
};

} // namespace

std::string_view trimmed(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(" \t") + 1 - first);
}

void append_line(Inlines& inlines, const std::string& line) {
  if (line.empty()) return; // control characters alone
  std::string* text = inlines.empty() ? nullptr : std::get_if<std::string>(&inlines.back().content);
  if (!text) {
    inlines.push_back({line, {}, {}});
    return;
  }
  std::size_t begin = 0;
  const bool joins = is_ideographic(last_code_point(*text)) && is_ideographic(next_code_point(line, begin));
  if (!joins) *text += ' ';
  *text += line;
}

std::optional<Underlined> underlined_heading(const std::vector<std::string>& lines) {
  const bool has_line_above = lines.size() >= 3 && row_of(lines[0]) != 0 && row_of(lines[0]) == row_of(lines[2]);
  const std::size_t title = has_line_above ? 1 : 0;
  if (lines.size() < title + 2 || row_of(lines[title]) != 0) return std::nullopt;
  const char row = row_of(lines[title + 1]);
  if (row == 0 || !underlines(lines[title + 1], lines[title])) return std::nullopt;
  Underlined found{{row == '=' ? 1 : 2, {}}, title + 2};
  append_line(found.heading.inlines, clean_text(trimmed(lines[title])));
  return found.heading.inlines.empty() ? std::nullopt : std::optional(std::move(found));
}

bool is_drawn(const std::vector<std::string>& lines) {
  const auto count = std::count_if(lines.begin(), lines.end(), [](const std::string& line) {
    const std::string_view inner = trimmed(line);
    if (inner.size() < 3) return false;
    const char first = inner.front(), last = inner.back();
    return (first == '|' && last == '|') ||
           (first == '+' && last == '+' && inner.find_first_not_of("+-=") == std::string_view::npos);
  });
  return lines.size() >= 2 && static_cast<std::size_t>(count) * 2 > lines.size();
}

std::optional<List> bullet_list(const std::vector<std::string>& lines) {
  const auto first = bullet_of(lines[0]);
  if (!first) return std::nullopt;
  std::size_t count = 0;
  for (const std::string& line : lines) {
    const auto bullet = bullet_of(line);
    if (bullet) ++count;
    // What goes on with an item stands below its text, not below its bullet.
    if (!bullet && line.find_first_not_of(" \t") <= first->indent) return std::nullopt;
    if (bullet && bullet->indent + 1 < first->indent) return std::nullopt;
  }
  const bool is_sure = (static_cast<unsigned char>(lines[0][first->indent]) & 0x80) != 0;
  if (count < 2 && !is_sure) return std::nullopt; // one dash may be a dash
  return ListParser(lines).list(0);
}

} // namespace doc::text
