// Plain text into paragraphs, and what else it says without doubt. Lines between blank lines are one paragraph; within
// it a line's end is a break where the line ends before it had to, as in verse, addresses and lists, and a blank where
// it was only wrapped.
#include "text.hpp"

#include "../../text/utf8.hpp"
#include "../../text/width.hpp"
#include "decoder.hpp"
#include "structure.hpp"

#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

namespace doc::text {
namespace {

constexpr std::size_t most_block_bytes = 256 * 1024; // a longer block of lines is several
constexpr std::size_t most_wrapped_columns = 120;    // who has longer lines does not wrap

// "- ", "* ", "• ", "12. ", "a) "
bool begins_item(std::string_view line) {
  if (line.substr(0, 4) == "\xe2\x80\xa2 ") return true;
  if (line.size() > 2 && (line[0] == '-' || line[0] == '*' || line[0] == '+') && line[1] == ' ') return true;
  std::size_t at = 0;
  while (at < line.size() && at < 4 && std::isdigit(static_cast<unsigned char>(line[at]))) ++at;
  if (at == 0 && !line.empty() && std::isalpha(static_cast<unsigned char>(line[0]))) at = 1;
  return at > 0 && at + 1 < line.size() && (line[at] == '.' || line[at] == ')') && line[at + 1] == ' ';
}

// Columns, or drawings: blanks in the middle of a line that are there for what is below them.
bool has_columns(std::string_view line) {
  const std::string_view inner = trimmed(line);
  return inner.find("   ") != std::string_view::npos || inner.find('\t') != std::string_view::npos;
}

bool is_preformatted(const std::vector<std::string>& lines) {
  const auto columns = std::count_if(lines.begin(), lines.end(), has_columns);
  if (lines.size() >= 2 && static_cast<std::size_t>(columns) * 2 >= lines.size()) return true;
  const auto is_indented = [](const std::string& line) { return line.compare(0, 4, "    ") == 0 || line[0] == '\t'; };
  const auto first = std::find_if_not(lines.begin(), lines.end(), is_indented);
  return first == lines.end() && lines.size() >= 2;
}

// A single line is preformatted only beside others that are.
CodeBlock preformatted(const std::vector<std::string>& lines) {
  CodeBlock code;
  for (const std::string& line : lines) {
    if (!code.text.empty()) code.text += '\n';
    code.text += clean_text(std::string_view(line).substr(0, line.find_last_not_of(" \t") + 1));
  }
  return code;
}

class Reader {
public:
  Reader(const Input& input, BlockSink& sink, Context& context) : lines_(input), sink_(sink), context_(context) {}

  void run() {
    sink_.begin({});
    while (const std::optional<Line> line = lines_.next()) {
      take(*line);
      if ((++count_ & 0xfff) == 0) context_.progress(lines_.fraction());
    }
    flush();
    sink_.end();
  }

private:
  void take(const Line& line) {
    if (trimmed(line.text).empty()) {
      flush();
    } else {
      bytes_ += line.text.size();
      block_.push_back(line.text);
      if (line.end == LineEnd::cut || bytes_ > most_block_bytes) flush();
    }
    if (line.end != LineEnd::form_feed) return;
    flush();
    breaks_page_ = has_text_; // none at the very beginning, none at the end
  }

  void flush() {
    if (block_.empty()) return;
    has_text_ = true;
    if (breaks_page_) sink_.block({PageBreak{}});
    breaks_page_ = false;
    // What has columns below its line is the head of a table, and no title.
    if (auto found = underlined_heading(block_); found && !(block_.size() > found->lines && is_preformatted(block_))) {
      sink_.block({std::move(found->heading)});
      block_.erase(block_.begin(), block_.begin() + static_cast<std::ptrdiff_t>(found->lines));
    }
    if (!block_.empty()) write_block();
    block_.clear();
    bytes_ = 0;
  }

  void write_block() {
    if (is_preformatted(block_) || is_drawn(block_)) {
      sink_.block({preformatted(block_)});
    } else if (auto list = bullet_list(block_)) {
      context_.spend_inlines(block_.size());
      sink_.block({std::move(*list)});
    } else {
      write_paragraphs();
    }
  }

  void write_paragraphs() {
    std::vector<std::string> lines;
    std::vector<std::size_t> widths;
    for (const std::string& line : block_) {
      lines.push_back(clean_text(trimmed(line)));
      widths.push_back(display_width(lines.back()));
    }
    const std::size_t widest = *std::max_element(widths.begin(), widths.end());
    Paragraph paragraph;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      append_line(paragraph.inlines, lines[i]);
      if (i + 1 == lines.size()) break;
      if (widest > most_wrapped_columns) {
        write(paragraph);
      } else if (ends_early(lines, widths, i, widest)) {
        paragraph.inlines.push_back({LineBreak{}, {}, {}});
      }
    }
    write(paragraph);
  }

  // Would the next line's first word have had its place on this line? A tenth is left to those who wrap by hand.
  static bool ends_early(const std::vector<std::string>& lines, const std::vector<std::size_t>& widths, std::size_t i,
                         std::size_t widest) {
    const std::string& next = lines[i + 1];
    if (begins_item(next)) return true;
    const std::size_t word = display_width(std::string_view(next).substr(0, next.find(' ')));
    return widths[i] + 1 + word <= widest - widest / 10;
  }

  void write(Paragraph& paragraph) {
    if (!paragraph.inlines.empty()) {
      context_.spend_inlines(paragraph.inlines.size());
      sink_.block({std::move(paragraph)});
    }
    paragraph = {};
  }

  Lines lines_;
  BlockSink& sink_;
  Context& context_;
  std::vector<std::string> block_;
  std::size_t bytes_ = 0;
  std::uint64_t count_ = 0;
  bool has_text_ = false;
  bool breaks_page_ = false;
};

} // namespace

void read(const Input& input, BlockSink& sink, Context& context) { Reader(input, sink, context).run(); }

} // namespace doc::text
