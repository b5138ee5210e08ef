// Blocks made of any bytes, written as Markdown and read again: the words must be the same, and so must the structure
// and the emphasis.
#include "doc_fuzz.hpp"
#include "formats/markdown/markdown.hpp"
#include "text/utf8.hpp"

#include <cstdio>
#include <string_view>

namespace {

using namespace doc;

// Takes decisions from bytes; zeros when they are used up.
class Bytes {
public:
  Bytes(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  std::uint8_t next() {
    if (size_ == 0) return 0;
    --size_;
    return *data_++;
  }
  bool has_more() const { return size_ > 0; }
  std::string text() {
    const std::size_t length = std::min<std::size_t>(next() % 12u + 1, size_);
    std::string raw(reinterpret_cast<const char*>(data_), length);
    data_ += length;
    size_ -= length;
    for (char& c : raw) {
      if (static_cast<unsigned char>(c) >= 0x7f || c == '\t') c = 'x';
    }
    return collapse_blanks(clean_text(raw));
  }

private:
  const std::uint8_t* data_;
  std::size_t size_;
};

Inlines inlines_of(Bytes& bytes) {
  Inlines inlines;
  for (int count = bytes.next() % 5 + 1; count > 0 && bytes.has_more(); --count) {
    const std::uint8_t kind = bytes.next();
    Inline run;
    run.style.bold = kind & 1;
    run.style.italic = kind & 2;
    run.style.strikethrough = kind & 4;
    run.style.superscript = (kind & 24) == 24;
    if ((kind & 0xe0) == 0x20) run.link = "/a";
    if ((kind & 0xe0) == 0x40 && !inlines.empty()) {
      run = {LineBreak{}, {}, {}};
    } else {
      std::string text = bytes.text();
      if (text.empty()) continue;
      if ((kind & 0xe0) == 0x60) run.style.code = true;
      if ((kind & 0xe0) == 0x80 && !inlines.empty()) text = " " + text;
      run.content = text;
    }
    inlines.push_back(std::move(run));
  }
  return inlines;
}

std::string said(const Blocks& blocks);

Blocks blocks_of(Bytes& bytes, int depth) {
  Blocks blocks;
  for (int count = bytes.next() % 4 + 1; count > 0 && bytes.has_more(); --count) {
    const std::uint8_t kind = bytes.next();
    switch (depth > 2 ? 0 : kind % 8) {
    case 1: blocks.push_back({Heading{kind / 8 % 6 + 1, inlines_of(bytes)}}); break;
    case 2: {
      List list;
      list.numbering = kind & 8 ? Numbering::decimal : Numbering::bullet;
      list.start = kind / 16;
      for (int items = kind % 3 + 1; items > 0; --items) {
        Blocks inside = blocks_of(bytes, depth + 1);
        if (!said(inside).empty()) list.items.push_back({std::move(inside), {}}); // readers differ in empty items
      }
      blocks.push_back({list});
      break;
    }
    case 3: blocks.push_back({Quote{blocks_of(bytes, depth + 1)}}); break;
    case 4: blocks.push_back({CodeBlock{bytes.text(), "c"}}); break;
    case 5: blocks.push_back({Rule{}}); break;
    case 6: {
      Table table;
      table.rows.resize(2);
      table.rows[0].header = true;
      for (Row& row : table.rows) {
        row.cells.resize(2);
        for (Cell& cell : row.cells) cell.blocks = {Block{Paragraph{inlines_of(bytes)}}};
      }
      blocks.push_back({table});
      break;
    }
    default: blocks.push_back({Paragraph{inlines_of(bytes)}});
    }
  }
  return blocks;
}

// The words and their emphasis, whatever the blanks between them.
std::string said(const Inlines& inlines) {
  std::string out;
  for (const Inline& run : inlines) {
    const auto* text = std::get_if<std::string>(&run.content);
    if (!text) continue;
    for (const char c : *text) {
      if (c == ' ') continue;
      out += c;
      const int style = run.style.bold + 2 * run.style.italic + 4 * run.style.strikethrough +
                        8 * run.style.superscript + 16 * run.style.code;
      out += static_cast<char>('A' + style);
    }
  }
  return out;
}

std::string said(const Blocks& blocks);
std::string said(const Block& block) {
  if (const auto* paragraph = std::get_if<Paragraph>(&block.content)) {
    const std::string text = said(paragraph->inlines);
    return text.empty() ? text : "p(" + text + ")\n";
  }
  if (const auto* heading = std::get_if<Heading>(&block.content)) {
    const std::string text = said(heading->inlines);
    return text.empty() ? text : "h" + std::to_string(heading->level) + "(" + text + ")\n";
  }
  if (const auto* quote = std::get_if<Quote>(&block.content)) {
    const std::string text = said(quote->blocks);
    return text.empty() ? text : "q(" + text + ")\n";
  }
  if (const auto* code = std::get_if<CodeBlock>(&block.content)) return "c(" + code->text + ")\n";
  if (std::holds_alternative<Rule>(block.content)) return "r\n";
  std::string out;
  if (const auto* list = std::get_if<List>(&block.content)) {
    for (const ListItem& item : list->items) out += "li(" + said(item.blocks) + ")\n";
  }
  if (const auto* table = std::get_if<Table>(&block.content)) {
    for (const Row& row : table->rows) {
      std::string cells;
      for (const Cell& cell : row.cells) cells += "td(" + said(cell.blocks) + ")";
      if (cells != "td()td()") out += "tr(" + cells + ")\n";
    }
  }
  return out;
}
std::string said(const Blocks& blocks) {
  std::string out;
  for (const Block& block : blocks) out += said(block);
  return out;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes bytes(data, size);
  const Blocks blocks = blocks_of(bytes, 0);
  Context context(fuzz::small_limits());
  const int file = fuzz::memory_file("", 0);
  Output output(file, context.limits().output_bytes);
  const auto writer = markdown::make_writer(output, context);
  writer->begin({});
  for (const Block& block : blocks) writer->block(block);
  writer->end();
  const Input input(dup(file));
  fuzz::Checked again;
  markdown::read(input, again, context);
  if (said(again.blocks) == said(blocks)) return 0;
  std::fprintf(stderr, "meant:\n%s\nwritten:\n%s\nread:\n%s\n", said(blocks).c_str(), std::string(input.view()).c_str(),
               said(again.blocks).c_str());
  std::abort();
}
