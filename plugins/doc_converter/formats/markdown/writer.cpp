// Blocks as Markdown, GitHub's flavour, laid out as people write it.
#include "markdown.hpp"

#include "../../model/walk.hpp"
#include "anchors.hpp"
#include "inline_writer.hpp"
#include "source.hpp"
#include "table_writer.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace doc::markdown {
namespace {

constexpr std::string_view page_break = "<div style=\"page-break-after: always;\"></div>";

// Each line of `text` behind `first` or, from the second on, `rest`; blank lines without blanks at their end.
std::string with_margin(std::string_view text, std::string_view first, std::string_view rest) {
  std::string out;
  std::string_view margin = first;
  for (;;) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    out += line.empty() ? margin.substr(0, margin.find_last_not_of(' ') + 1) : margin;
    out += line;
    if (end == std::string_view::npos) return out;
    out += '\n';
    margin = rest;
    text.remove_prefix(end + 1);
  }
}

bool is_numbered(const List& list) { return list.numbering != Numbering::bullet; }

// Markdown reads an empty item, and a number other than 1, behind a line of text as a part of that text.
bool follows_text(const List& list) {
  if (list.items.empty() || list.items[0].blocks.empty()) return false;
  return !is_numbered(list) || list.start == 1;
}

// Items that are a paragraph, perhaps with such lists below it.
bool is_tight(const List& list) {
  return std::all_of(list.items.begin(), list.items.end(), [](const ListItem& item) {
    for (std::size_t i = 0; i < item.blocks.size(); ++i) {
      const auto* inner = std::get_if<List>(&item.blocks[i].content);
      if (i == 0 ? !std::holds_alternative<Paragraph>(item.blocks[i].content)
                 : !(i == 1 && inner && is_tight(*inner) && follows_text(*inner)))
        return false;
    }
    return true;
  });
}

class Writer final : public BlockSink {
public:
  Writer(Output& output, Context& context) : output_(output), context_(context), text_(output) {
    hooks_.note = [this](const Note& note) { return add_note(note); };
    hooks_.anchor = [this](const std::string& name) {
      return name == heading_slug_ ? std::string() : AnchoredText::anchor(name);
    };
  }

  void begin(const Metadata&) override {}

  void block(Block block) override {
    std::string out = next_of(block, previous_);
    if (out.empty()) return;
    out += '\n';
    text_.write((is_first_ ? "" : "\n") + out);
    is_first_ = false;
    write_notes();
  }

  void end() override {
    text_.end();
    output_.flush();
  }

private:
  // What was written before a block, for what must not run together.
  struct Previous {
    enum Kind { other, bullets, numbers, quote } kind = other;
    bool is_alternate = false; // its list has the second kind of marker
  };

  // The block's lines, without an end behind the last; empty where there is nothing to say.
  std::string next_of(const Block& block, Previous& previous) {
    Previous now;
    if (const auto* list = std::get_if<List>(&block.content)) {
      now.kind = is_numbered(*list) ? Previous::numbers : Previous::bullets;
      now.is_alternate = previous.kind == now.kind && !previous.is_alternate;
    } else if (std::holds_alternative<Quote>(block.content)) {
      now.kind = Previous::quote;
    }
    const Deeper deeper(context_, depth_);
    std::string out =
        std::visit([&](const auto& content) { return text_of(content, now.is_alternate); }, block.content);
    if (out.empty()) return out;
    if (now.kind == Previous::quote && previous.kind == Previous::quote) out.insert(0, "<!-- -->\n\n");
    previous = now;
    return out;
  }

  std::string text_of(const Blocks& blocks, bool is_tight_item) {
    std::string out;
    Previous previous;
    for (const Block& block : blocks) {
      const std::string next = next_of(block, previous);
      if (next.empty()) continue;
      if (!out.empty()) out += is_tight_item ? "\n" : "\n\n";
      out += next;
    }
    return out;
  }

  std::string text_of(const Paragraph& paragraph, bool) {
    note_links(paragraph.inlines);
    return inline_text(paragraph.inlines, Place::paragraph, hooks_);
  }

  std::string text_of(const Heading& heading, bool) {
    note_links(heading.inlines);
    heading_slug_ = slug(plain_text(heading.inlines));
    const std::string text = inline_text(heading.inlines, Place::heading, hooks_);
    heading_slug_.clear();
    if (text.empty()) return {};
    return std::string(static_cast<std::size_t>(std::clamp(heading.level, 1, 6)), '#').append(" ").append(text);
  }

  std::string text_of(const Quote& quote, bool) {
    const std::string text = text_of(quote.blocks, false);
    return text.empty() ? std::string() : with_margin(text, "> ", "> ");
  }

  std::string text_of(const CodeBlock& code, bool) {
    std::size_t longest = 2, run = 0;
    for (const char c : code.text) {
      run = c == '`' ? run + 1 : 0;
      longest = std::max(longest, run);
    }
    const std::string fence(longest + 1, '`');
    std::string language = code.language;
    language.erase(std::remove_if(language.begin(), language.end(),
                                  [](char c) { return c == '`' || c == '\\' || c == '&' || c == ' ' || c == '\t'; }),
                   language.end());
    return fence + language + "\n" + code.text + (code.text.empty() ? "" : "\n") + fence;
  }

  std::string text_of(const Rule&, bool) { return "___"; } // in an item, dashes and stars would be a marker
  std::string text_of(const PageBreak&, bool) { return std::string(page_break); }

  std::string text_of(const Table& table, bool) {
    note_links(table);
    return table_text(table, hooks_);
  }

  std::string text_of(const List& list, bool is_alternate) {
    const bool tight = is_tight(list);
    std::int64_t number =
        std::clamp<std::int64_t>(list.start, 0, 999'999'999 - static_cast<std::int64_t>(list.items.size()));
    std::string out;
    for (const ListItem& item : list.items) {
      std::string marker = is_alternate ? "*" : "-";
      if (is_numbered(list)) marker = std::to_string(number++) + (is_alternate ? ")" : ".");
      std::string text = text_of(item.blocks, tight);
      const bool begins_with_text = !item.blocks.empty() && std::holds_alternative<Paragraph>(item.blocks[0].content);
      if (item.checked && begins_with_text) text.insert(0, *item.checked ? "[x] " : "[ ] ");
      if (!out.empty()) out += tight ? "\n" : "\n\n";
      out += with_margin(text, marker + " ", std::string(marker.size() + 1, ' '));
    }
    return out;
  }

  std::string add_note(const Note& note) {
    const std::string label = "[^" + std::to_string(++note_count_) + "]";
    const std::string slug = std::exchange(heading_slug_, {});
    const std::size_t place = notes_.size();
    std::string text = with_margin(text_of(*note.blocks, false), label + ": ", "    ");
    notes_.insert(place, "\n" + text + "\n"); // before those that stand in it
    heading_slug_ = slug;
    return label;
  }

  void write_notes() {
    if (notes_.empty()) return;
    text_.write(notes_);
    notes_.clear();
    previous_ = {};
  }

  void note_links(const Inlines& inlines) {
    for (const Inline& run : inlines) {
      if (!run.link.empty() && run.link[0] == '#') text_.add_target(run.link.substr(1));
    }
  }

  // Those in tables do not come by text_of().
  void note_links(const Table& table) {
    note_links(table.caption);
    for (const Row& row : table.rows) {
      for (const Cell& cell : row.cells) note_links(cell.blocks);
    }
  }
  void note_links(const Blocks& blocks) {
    for (const Block& block : blocks) {
      if (const auto* paragraph = std::get_if<Paragraph>(&block.content)) note_links(paragraph->inlines);
      if (const auto* heading = std::get_if<Heading>(&block.content)) note_links(heading->inlines);
      if (const auto* quote = std::get_if<Quote>(&block.content)) note_links(quote->blocks);
      if (const auto* table = std::get_if<Table>(&block.content)) note_links(*table);
      if (const auto* list = std::get_if<List>(&block.content)) {
        for (const ListItem& item : list->items) note_links(item.blocks);
      }
    }
  }

  Output& output_;
  Context& context_;
  AnchoredText text_;
  InlineHooks hooks_;
  std::string notes_; // of the block that is written, with their labels
  std::string heading_slug_;
  Previous previous_;
  std::uint32_t note_count_ = 0;
  std::uint32_t depth_ = 0;
  bool is_first_ = true;
};

} // namespace

std::unique_ptr<BlockSink> make_writer(Output& output, Context& context) {
  return std::make_unique<Writer>(output, context);
}

} // namespace doc::markdown
