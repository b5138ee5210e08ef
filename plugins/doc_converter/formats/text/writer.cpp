// Text as a person reads it in a fixed-width face: a paragraph is one line, which whoever shows it wraps; lists have
// their marks, small tables their columns; notes stand at the end.
#include "text.hpp"

#include "../../model/walk.hpp"
#include "../../text/numbers.hpp"
#include "../../text/utf8.hpp"
#include "table.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace doc::text {
namespace {

class Writer final : public BlockSink {
public:
  Writer(Output& output, Context& context) : output_(output), context_(context) {}

  void begin(const Metadata&) override {}

  void block(Block block) override {
    std::string out;
    if (picture_) write_picture(out, &block);
    if (picture_name(block)) {
      picture_ = std::move(block);
    } else {
      write(out, block, {});
    }
    output_.write(out);
  }

  void end() override {
    std::string out;
    if (picture_) write_picture(out, nullptr);
    output_.write(out);
    if (!notes_.empty()) output_.write(std::string(is_first_ ? "" : "\n").append(notes_));
    output_.flush();
  }

private:
  // Where lines begin: `first` is what stands before the next line, `rest` before those after it.
  struct Margin {
    std::string first, rest;
    bool is_tight = false; // no blank lines between paragraphs
  };

  // What a picture is called that is all of a paragraph; null for anything else.
  static const std::string* picture_name(const Block& block) {
    const auto* paragraph = std::get_if<Paragraph>(&block.content);
    if (!paragraph || paragraph->inlines.size() != 1) return nullptr;
    const auto* image = std::get_if<std::shared_ptr<const Image>>(&paragraph->inlines[0].content);
    return image && !(*image)->alt.empty() ? &(*image)->alt : nullptr;
  }

  static bool is_caption(const Inlines& inlines, const std::string& name) {
    return collapse_blanks(plain_text(inlines)) == collapse_blanks(name);
  }

  // A picture's name is not said where its caption says the same beside or below it, as in what pandoc writes.
  void write_picture(std::string& out, const Block* next) {
    const auto* caption = next ? std::get_if<Paragraph>(&next->content) : nullptr;
    if (!caption || !is_caption(caption->inlines, *picture_name(*picture_))) write(out, *picture_, {});
    picture_.reset();
  }

  void separate(std::string& out, const Margin& margin) {
    if (!is_first_ && !margin.is_tight) out += '\n';
    is_first_ = false;
  }

  static void put_lines(std::string& out, std::string_view text, Margin& margin) {
    for (;;) {
      const std::size_t end = text.find('\n');
      const std::string_view line = text.substr(0, end);
      out += margin.first;
      out += line;
      out.erase(out.find_last_not_of(' ') + 1);
      out += '\n';
      margin.first = margin.rest;
      if (end == std::string_view::npos) return;
      text.remove_prefix(end + 1);
    }
  }

  void put_block(std::string& out, std::string_view text, Margin& margin) {
    separate(out, margin);
    put_lines(out, text, margin);
  }

  std::string text_of(const Inlines& inlines) {
    std::string out;
    for (const Inline& run : inlines) {
      if (const auto* text = std::get_if<std::string>(&run.content)) {
        out += *text;
      } else if (std::holds_alternative<LineBreak>(run.content)) {
        out += '\n';
      } else if (const auto* image = std::get_if<std::shared_ptr<const Image>>(&run.content)) {
        // A link's icon says where it leads, which text does not.
        const bool is_icon = !run.link.empty() && (*image)->media_type == "image/svg+xml";
        if (!is_icon && !(*image)->alt.empty() && !is_caption(inlines, (*image)->alt))
          out.append("[").append((*image)->alt).append("]");
      } else if (const auto* note = std::get_if<Note>(&run.content)) {
        out += add_note(*note);
      }
    }
    return out;
  }

  std::string add_note(const Note& note) {
    const std::string mark = "[" + std::to_string(++note_count_) + "]";
    const std::size_t place = notes_.size();
    std::string text;
    const bool was_first = std::exchange(is_first_, true);
    write_all(text, *note.blocks, {mark + " ", std::string(mark.size() + 1, ' '), false});
    is_first_ = was_first;
    notes_.insert(place, text); // before the notes that are in it
    return mark;
  }

  void write_all(std::string& out, const Blocks& blocks, Margin margin) {
    for (const Block& block : blocks) margin.first = write(out, block, margin);
  }

  // Returns what stands before the next line.
  std::string write(std::string& out, const Block& block, Margin margin) {
    const Deeper deeper(context_, depth_);
    std::visit([&](const auto& content) { write(out, content, margin); }, block.content);
    return margin.first;
  }

  void write(std::string& out, const Paragraph& paragraph, Margin& margin) {
    const std::string text = text_of(paragraph.inlines);
    if (text.find_first_not_of(" \t\n") != std::string::npos) put_block(out, text, margin);
  }

  void write(std::string& out, const Heading& heading, Margin& margin) {
    std::string text = text_of(heading.inlines);
    if (text.find_first_not_of(" \t\n") == std::string::npos) return;
    if (!is_first_ && heading.level <= 2 && margin.rest.empty()) out += '\n';
    put_block(out, text, margin);
  }

  void write(std::string& out, const CodeBlock& code, Margin& margin) {
    margin.first += "    ";
    margin.rest += "    ";
    put_block(out, code.text, margin);
    margin.rest.resize(margin.rest.size() - 4);
    margin.first = margin.rest;
  }

  void write(std::string& out, const Quote& quote, Margin& margin) {
    write_all(out, quote.blocks, {margin.first + "  ", margin.rest + "  ", margin.is_tight});
    margin.first = margin.rest;
  }

  void write(std::string& out, const Rule&, Margin& margin) { put_block(out, "----------", margin); }
  void write(std::string& out, const PageBreak&, Margin&) {
    if (!is_first_) out += "\n\f";
    is_first_ = true;
  }

  void write(std::string& out, const List& list, Margin& margin) {
    std::int64_t number = list.start;
    const bool is_tight = is_short(list);
    if (!is_first_ && !margin.is_tight && is_tight) out += '\n';
    for (const ListItem& item : list.items) {
      std::string mark = list.numbering == Numbering::bullet ? "-" : number_text(list.numbering, number++) + ".";
      if (item.checked) mark += *item.checked ? " [x]" : " [ ]";
      mark += ' ';
      const Margin inner{margin.first + mark, margin.rest + std::string(mark.size(), ' '), margin.is_tight || is_tight};
      write_all(out, item.blocks, inner);
      margin.first = margin.rest;
    }
  }

  // Items of one paragraph, perhaps with further lists of such items.
  static bool is_short(const List& list) {
    for (const ListItem& item : list.items) {
      for (std::size_t i = 0; i < item.blocks.size(); ++i) {
        const auto* inner = std::get_if<List>(&item.blocks[i].content);
        const bool is_text = i == 0 && std::holds_alternative<Paragraph>(item.blocks[i].content);
        if (!is_text && !(inner && is_short(*inner))) return false;
      }
    }
    return true;
  }

  void write(std::string& out, const Table& table, Margin& margin) {
    if (!is_blank(table.caption)) put_block(out, text_of(table.caption), margin);
    Grid grid;
    for (const Row& row : table.rows) {
      grid.emplace_back();
      for (const Cell& cell : row.cells) grid.back().push_back({cell_text(cell), cell.columns, cell.rows});
    }
    if (const std::string text = aligned(grid); !text.empty()) {
      put_block(out, text, margin);
      return;
    }
    for (const auto& row : grid) { // too large for columns: the cells in order, a row between blank lines
      std::string text;
      for (const GridCell& cell : row) {
        if (!cell.text.empty()) text.append(text.empty() ? "" : "\n").append(cell.text);
      }
      if (!text.empty()) put_block(out, text, margin);
    }
  }

  std::string cell_text(const Cell& cell) {
    std::string text;
    const bool was_first = std::exchange(is_first_, true);
    write_all(text, cell.blocks, {{}, {}, true});
    is_first_ = was_first;
    if (!text.empty()) text.pop_back();
    return text;
  }

  Output& output_;
  Context& context_;
  std::optional<Block> picture_; // which is written once it is known what follows it
  std::string notes_;
  std::uint32_t note_count_ = 0;
  std::uint32_t depth_ = 0;
  bool is_first_ = true;
};

} // namespace

std::unique_ptr<BlockSink> make_writer(Output& output, Context& context) {
  return std::make_unique<Writer>(output, context);
}

} // namespace doc::text
