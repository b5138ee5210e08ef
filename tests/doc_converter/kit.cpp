#include "kit.hpp"

#include "model/error.hpp"
#include "text/base64.hpp"

#include <cstdio>
#include <stdexcept>
#include <unistd.h>

namespace doc::test {
namespace {

// An empty file without a name.
int temporary_file() {
  char path[] = "/tmp/doc-converter-test-XXXXXX";
  const int descriptor = mkstemp(path);
  if (descriptor < 0) throw std::runtime_error("cannot make a temporary file");
  unlink(path);
  return descriptor;
}

std::string indented(int depth, const std::string& text) {
  return std::string(static_cast<std::size_t>(depth) * 2, ' ') + text + "\n";
}

std::string outline_of(const Inlines& inlines);
std::string outline_of(const Blocks& blocks, int depth);

std::string outline_of(const Inline& run) {
  std::string out;
  if (const auto* text = std::get_if<std::string>(&run.content)) out = *text;
  if (std::holds_alternative<LineBreak>(run.content)) return "<br>";
  if (const auto* image = std::get_if<std::shared_ptr<const Image>>(&run.content))
    out = "<img " + (*image)->media_type + " " + (*image)->alt + ">";
  if (const auto* note = std::get_if<Note>(&run.content)) {
    std::string inner = outline_of(*note->blocks, 0);
    while (!inner.empty() && inner.back() == '\n') inner.pop_back();
    return "<note " + inner + ">";
  }
  if (std::holds_alternative<Anchor>(run.content)) return {};
  const auto around = [&out](bool on, const char* mark) {
    if (on) out = mark + out + mark;
  };
  around(run.style.code, "`");
  around(run.style.italic, "*");
  around(run.style.bold, "**");
  around(run.style.strikethrough, "~~");
  around(run.style.underline, "_");
  around(run.style.superscript, "^");
  around(run.style.subscript, ",");
  if (!run.link.empty()) out = "[" + out + "](" + run.link + ")";
  return out;
}

std::string outline_of(const Inlines& inlines) {
  std::string out;
  for (const Inline& run : inlines) out += outline_of(run);
  return out;
}

std::string outline_of(const List& list, int depth) {
  std::string out;
  std::int32_t number = list.start;
  for (const ListItem& item : list.items) {
    std::string mark = list.numbering == Numbering::bullet ? "*" : std::to_string(number++) + ".";
    if (item.checked) mark += *item.checked ? " [x]" : " [ ]";
    out += indented(depth, "li " + mark) + outline_of(item.blocks, depth + 1);
  }
  return out;
}

std::string outline_of(const Table& table, int depth) {
  std::string out = indented(depth, "table " + outline_of(table.caption));
  for (const Row& row : table.rows) {
    out += indented(depth + 1, row.header ? "th" : "tr");
    for (const Cell& cell : row.cells) {
      std::string span;
      if (cell.columns > 1 || cell.rows > 1)
        span = " " + std::to_string(cell.columns) + "x" + std::to_string(cell.rows);
      out += indented(depth + 2, "td" + span) + outline_of(cell.blocks, depth + 3);
    }
  }
  return out;
}

std::string outline_of(const Block& block, int depth) {
  struct Visitor {
    int depth;
    std::string operator()(const Paragraph& paragraph) const {
      return indented(depth, "p " + outline_of(paragraph.inlines));
    }
    std::string operator()(const Heading& heading) const {
      return indented(depth, "h" + std::to_string(heading.level) + " " + outline_of(heading.inlines));
    }
    std::string operator()(const List& list) const { return outline_of(list, depth); }
    std::string operator()(const Table& table) const { return outline_of(table, depth); }
    std::string operator()(const CodeBlock& code) const {
      return indented(depth, "code " + code.language + " " + code.text);
    }
    std::string operator()(const Quote& quote) const {
      return indented(depth, "quote") + outline_of(quote.blocks, depth + 1);
    }
    std::string operator()(const Rule&) const { return indented(depth, "rule"); }
    std::string operator()(const PageBreak&) const { return indented(depth, "page break"); }
  };
  return std::visit(Visitor{depth}, block.content);
}

std::string outline_of(const Blocks& blocks, int depth) {
  std::string out;
  for (const Block& block : blocks) out += outline_of(block, depth);
  return out;
}

Block rich_paragraph(Inlines inlines) { return {Paragraph{std::move(inlines)}}; }

Cell cell(std::string text, std::uint32_t columns = 1, std::uint32_t rows = 1) {
  Cell result;
  result.blocks.push_back(paragraph(std::move(text)));
  result.columns = columns;
  result.rows = rows;
  return result;
}

Row row(std::vector<Cell> cells, bool header = false) {
  Row result;
  result.cells = std::move(cells);
  result.header = header;
  return result;
}

ListItem item(Blocks blocks, std::optional<bool> checked = {}) {
  ListItem result;
  result.blocks = std::move(blocks);
  result.checked = checked;
  return result;
}

Block sample_emphasis() {
  TextStyle bold, italic, both, underline, strike, code, super, sub, red;
  bold.bold = both.bold = italic.italic = both.italic = true;
  underline.underline = strike.strikethrough = code.code = super.superscript = sub.subscript = true;
  red.color = 0xc00000;
  return rich_paragraph({text_run("Plain, "), text_run("bold", bold), text_run(", "), text_run("italic", italic),
                         text_run(", "), text_run("both", both), text_run(", "), text_run("underlined", underline),
                         text_run(", "), text_run("struck", strike), text_run(", "), text_run("code()", code),
                         text_run(", x"), text_run("2", super), text_run(", H"), text_run("2", sub), text_run("O, "),
                         text_run("red", red), text_run(".")});
}

Block sample_links() {
  Inline anchor;
  anchor.content = Anchor{"place"};
  return rich_paragraph({anchor, text_run("See "), text_run("the site", {}, "https://example.org/a?b=1&c=2"),
                         text_run(" or "), text_run("the table", {}, "#the-table"), text_run(".")});
}

Block sample_lists() {
  List inner;
  inner.numbering = Numbering::decimal;
  inner.start = 3;
  inner.items = {item({paragraph("third of the inner list")}), item({paragraph("fourth of the inner list")})};
  List outer;
  outer.items = {item({paragraph("first of the outer list"), Block{inner}}),
                 item({paragraph("second of the outer list"), paragraph("in two paragraphs")})};
  return {outer};
}

Block sample_tasks() {
  List tasks;
  tasks.items = {item({paragraph("done task")}, true), item({paragraph("open task")}, false)};
  return {tasks};
}

Block sample_table() {
  Table table;
  table.widths = {2, 1, 1};
  table.rows = {row({cell("Name"), cell("Amount"), cell("Unit")}, true),
                row({cell("Flour"), cell("500"), cell("gram")}),
                row({cell("Two columns wide", 2), cell("two rows high", 1, 2)}), row({cell("Salt"), cell("10")})};
  return {table};
}

Block sample_picture() {
  auto image = std::make_shared<Image>();
  image->media_type = "image/png";
  image->bytes = std::make_shared<const std::string>(sample_png());
  image->width_px = image->height_px = 8;
  image->width_pt = image->height_pt = 72;
  image->alt = "A square";
  Inline run;
  run.content = std::shared_ptr<const Image>(image);
  return rich_paragraph({run});
}

Block sample_note() {
  Inline note;
  note.content = Note{std::make_shared<const Blocks>(Blocks{paragraph("The text of the footnote.")}), false};
  return rich_paragraph({text_run("A sentence with a note"), note, text_run(" that goes on.")});
}

} // namespace

std::unique_ptr<Input> input_of(std::string_view bytes, std::string name) {
  const int descriptor = temporary_file();
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count <= 0) throw std::runtime_error("cannot write a temporary file");
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return std::make_unique<Input>(descriptor, std::move(name));
}

Collected read_all(Read read, std::string_view bytes, std::string name) {
  const auto input = input_of(bytes, std::move(name));
  Context context({});
  Collected collected;
  read(*input, collected, context);
  return collected;
}

std::string write_all(MakeWriter make_writer, const Metadata& metadata, Blocks blocks) {
  const int descriptor = temporary_file();
  const Input result(dup(descriptor)); // its size is that of now: only read_at() is used
  Context context({});
  Output output(descriptor, context.limits().output_bytes);
  {
    const auto writer = make_writer(output, context);
    writer->begin(metadata);
    for (Block& block : blocks) writer->block(std::move(block));
    writer->end();
  }
  output.flush();
  std::string bytes(output.size(), '\0');
  bytes.resize(result.read_at(0, bytes.data(), bytes.size()));
  return bytes;
}

std::string refusal_of(const std::function<void()>& action) {
  try {
    action();
    return {};
  } catch (const ConversionError& error) {
    return std::string(name(error.code()));
  }
}

Metadata sample_metadata() { return {"A sample", "An Author", "Everything", "sample, test", "en-GB"}; }

Blocks sample_blocks() {
  Blocks blocks;
  blocks.push_back(heading(1, "A sample"));
  blocks.push_back(paragraph("The first paragraph, which is followed by everything else."));
  blocks.push_back(heading(2, "Emphasis"));
  blocks.push_back(sample_emphasis());
  blocks.push_back(sample_links());
  blocks.push_back(heading(2, "Lists"));
  blocks.push_back(sample_lists());
  blocks.push_back(paragraph("Between two lists."));
  blocks.push_back(sample_tasks());
  Block table_heading = heading(2, "The table");
  Inline anchor;
  anchor.content = Anchor{"the-table"};
  auto& inlines = std::get<Heading>(table_heading.content).inlines;
  inlines.insert(inlines.begin(), anchor);
  blocks.push_back(std::move(table_heading));
  blocks.push_back(sample_table());
  blocks.push_back(heading(3, "A picture"));
  blocks.push_back(sample_picture());
  blocks.push_back(heading(2, "The rest"));
  blocks.push_back(sample_note());
  blocks.push_back({Quote{{paragraph("Somebody said this."), paragraph("And went on.")}}});
  blocks.push_back({CodeBlock{"int main() {\n  return 0; // < & >\n}", "c"}});
  blocks.push_back({Rule{}});
  blocks.push_back(paragraph("Ελληνικά, Русский, 中文字符, עברית, العربية, Zürich, naïve, ½ €."));
  blocks.push_back({PageBreak{}});
  blocks.push_back(
      rich_paragraph({text_run("The last paragraph"), Inline{LineBreak{}, {}, {}}, text_run("has two lines.")}));
  return blocks;
}

std::string sample_png() {
  return *from_base64(
      "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAbElEQVR42g3JQQEAMAgDMZSgpEqqhOepQAlKqmjLN1VFFypcTLHFFSmqmm7UuJlm"
      "m2vSP0QLCYsRK05EP0wbGZsxa87EP4YeNHiYYYcbMj+WXrR4mWWXW7I/jj50+JhjjztyP0IHBYcJGy4kPLAsVIH5pgt5AAAAAElFTkSuQmCC");
}

std::string outline(const Blocks& blocks) { return outline_of(blocks, 0); }

Inline text_run(std::string text, TextStyle style, std::string link) {
  return {std::move(text), style, std::move(link)};
}

Block paragraph(std::string text) { return rich_paragraph({text_run(std::move(text))}); }

Block heading(int level, std::string text) { return {Heading{level, {text_run(std::move(text))}}}; }

} // namespace doc::test
