// Markdown: what is read from it, that what is written is read as it was meant, and that it is pleasant to look at.
#include "formats/markdown/markdown.hpp"
#include "kit.hpp"
#include "model/walk.hpp"

#include <catch2/catch.hpp>

using namespace doc;
using namespace doc::test;

namespace {

Collected read_markdown(std::string_view bytes) { return read_all(markdown::read, bytes, "x.md"); }
std::string read_outline(std::string_view bytes) { return outline(read_markdown(bytes).blocks); }
std::string written(Blocks blocks) { return write_all(markdown::make_writer, {}, std::move(blocks)); }

void same_again(const Blocks& blocks) {
  const std::string text = written(blocks);
  INFO(text);
  CHECK(outline(read_markdown(text).blocks) == outline(blocks));
}

Block runs(Inlines inlines) { return {Paragraph{std::move(inlines)}}; }

TextStyle style(bool bold, bool italic = false, bool strikethrough = false) {
  TextStyle result;
  result.bold = bold;
  result.italic = italic;
  result.strikethrough = strikethrough;
  return result;
}

} // namespace

TEST_CASE("markdown: the sample reads back as it was, but for cells over several places", "[markdown]") {
  Blocks blocks = sample_blocks();
  const std::string text = written(blocks);
  for (Block& block : blocks) {
    auto* table = std::get_if<Table>(&block.content);
    if (!table) continue;
    Row& wide = table->rows[2];
    wide.cells[0].columns = wide.cells[1].rows = 1;
    wide.cells.insert(wide.cells.begin() + 1, Cell{});
    table->rows[3].cells.push_back(Cell{});
  }
  CHECK(outline(read_markdown(text).blocks) == outline(blocks));
}

TEST_CASE("markdown: whatever cells hold, a table is written with pipes", "[markdown]") {
  const auto paragraph = [](const std::string& text) { return Block{Paragraph{{{text, {}, {}}}}}; };
  List list;
  list.items = {{{paragraph("c")}}, {{paragraph("d"), paragraph("e")}}};
  Table inner;
  inner.rows = {{{{{paragraph("f")}}, {{paragraph("g|h")}}}}};
  Table table;
  table.rows.push_back({{{{paragraph("a"), paragraph("b")}}, {{Block{list}}}}});
  table.rows.push_back({{{{Block{Heading{2, {{"title", {}, {}}}}}, paragraph("text")}}, {{Block{inner}}}}});
  const std::string text = written({Block{table}});
  CHECK(text == "| | |\n| --- | --- |\n| a<br> b | \xe2\x80\xa2 c<br> \xe2\x80\xa2 d<br> e |\n"
                "| <h2>title</h2> text | <table> <tr> <td>f</td> <td>g\\|h</td> </tr> </table> |\n");
  CHECK(read_outline(text) ==
        "table \n  tr\n    td\n      p a<br>b\n    td\n      p \xe2\x80\xa2 c<br>\xe2\x80\xa2 d<br>e\n"
        "  tr\n    td\n      h2 title\n      p text\n    td\n      table \n        tr\n"
        "          td\n            p f\n          td\n            p g|h\n");
}

TEST_CASE("markdown: a cell that spans leaves the places empty that it covers", "[markdown]") {
  const auto cell = [](const std::string& text, std::uint32_t columns, std::uint32_t rows) {
    return Cell{{Block{Paragraph{{{text, {}, {}}}}}}, columns, rows};
  };
  Table table;
  table.rows.push_back({{cell("a", 2, 2), cell("b", 1, 1)}});
  table.rows.push_back({{cell("c", 1, 2)}});
  table.rows.push_back({{cell("d", 1, 1), cell("e", 1, 1)}});
  CHECK(written({Block{table}}) == "| | | |\n| --- | --- | --- |\n| a | | b |\n| | | c |\n| d | e | |\n");
}

TEST_CASE("markdown: blocks and spans are read", "[markdown]") {
  CHECK(read_outline("# One #\n\nTwo\n===\n\na *b* **c** ~~d~~ `e` [f](http://g \"t\")  \nh\\\ni\nj") ==
        "h1 One\nh1 Two\np a *b* **c** ~~d~~ `e` [f](http://g)<br>h<br>i j\n");
  CHECK(read_outline("> q\n>\n> - a\n>   1) b\n\n***\n\n```c++\nx\n\ny\n```\n\n    z") ==
        "quote\n  p q\n  li *\n    p a\n    li 1.\n      p b\nrule\ncode c++ x\n\ny\ncode  z\n");
  CHECK(read_outline("- [x] a\n- [ ] b\n\n|a|b|\n|-|-:|\n|c|`d\\|e`|\n") ==
        "li * [x]\n  p a\nli * [ ]\n  p b\ntable \n  th\n    td\n      p a\n    td\n      p b\n  tr\n    td\n      p "
        "c\n    "
        "td\n      p `d|e`\n");
  CHECK(read_outline("see <https://a.b>, https://c.d and [e]\n\n[e]: /f 'g'") ==
        "p see [https://a.b](https://a.b), [https://c.d](https://c.d) and [e](/f)\n");
  CHECK(read_outline("&copy; &#228; &auml; &nosuch; &lt;") == "p © ä ä &nosuch; <\n");
  CHECK(read_outline("H~2~O x^2^ 2^10 ~~no~~") == "p H,2,O x^2^ 2^10 ~~no~~\n");
}

TEST_CASE("markdown: front matter is about the document", "[markdown]") {
  const Collected document =
      read_markdown("---\ntitle: \"A: title\"\nauthor:\n  - One\n  - Two\nlang: de\nkeywords: [a, b]\n---\n\ntext");
  CHECK(document.metadata.title == "A: title");
  CHECK(document.metadata.author == "One, Two");
  CHECK(document.metadata.language == "de");
  CHECK(document.metadata.keywords == "a, b");
  CHECK(outline(document.blocks) == "p text\n");
  CHECK(read_outline("---\n\ntext\n\n---\n") == "rule\np text\nrule\n");
}

TEST_CASE("markdown: footnotes", "[markdown]") {
  CHECK(read_outline("a[^1] b[^x].\n\n[^1]: one *i*\n    more\n\n    two\n\n[^x]: x\nlazy\n\nc [^no] \\[^1]") ==
        "p a<note p one *i* more\np two> b<note p x lazy>.\np c [^no] [^1]\n");
  CHECK(read_outline("```\n[^1]: code\n```\n\na[^1]\n") == "code  [^1]: code\np a[^1]\n");
  CHECK(read_outline("a[^1]\n\n[^1]: b[^1]") == "p a<note p b[^1]>\n");
}

TEST_CASE("markdown: HTML in it", "[markdown]") {
  CHECK(
      read_outline("<b>a</b> <em>b</em> <u>c</u> x<sup>2</sup> H<sub>2</sub> <kbd>k</kbd><br>d <a href='e'>f</a> <!-- "
                   "no --> 1 < 2") == "p **a** *b* _c_ x^2^ H,2, `k`<br>d [f](e)  1 < 2\n");
  CHECK(read_outline("<table>\n<tr><th>a<th>b\n<tr><td colspan=2>c\n\n- d\n\n</td></tr>\n</table>\n\ne") ==
        "table \n  th\n    td\n      p a\n    td\n      p b\n  tr\n    td 2x1\n      p c\n      li *\n        p d\np "
        "e\n");
  CHECK(read_outline("<div align=center>\n<h2>a</h2>\nb\n</div>\n\n<script>\nno()\n</script>\n<pre>c\n &lt;d</pre>") ==
        "h2 a\np b\ncode  c\n <d\n");
  CHECK(read_outline("[a](javascript:alert(1))") == "p a\n");
}

TEST_CASE("markdown: links inside the document", "[markdown]") {
  const Collected document = read_markdown("# The Table\n\n# The Table\n\n# x {#y}\n\n[a](#the-table-1) [b](#y)");
  REQUIRE(document.blocks.size() == 4);
  const auto anchor = [&](std::size_t i) {
    const auto* found = std::get_if<Anchor>(&std::get<Heading>(document.blocks[i].content).inlines[0].content);
    return found ? found->name : std::string();
  };
  CHECK(anchor(0).empty());
  CHECK(anchor(1) == "the-table-1");
  CHECK(anchor(2) == "y");
}

TEST_CASE("markdown: pictures travel inside, and none is fetched", "[markdown]") {
  Blocks picture{sample_blocks()[12]};
  const std::string text = written(picture);
  const Collected document = read_markdown(text);
  const auto& inlines = std::get<Paragraph>(document.blocks.at(0).content).inlines;
  const auto& image = *std::get<std::shared_ptr<const Image>>(inlines.at(0).content);
  CHECK(*image.bytes == sample_png());
  CHECK(image.alt == "A square");
  CHECK(read_outline("![an *alt*](/etc/passwd)") == "p <img  an alt>\n");
}

TEST_CASE("markdown: text that looks like marks stays text", "[markdown]") {
  for (const char* text : {"# no",
                           "1. no",
                           "12) no",
                           "- no",
                           "+",
                           "> no",
                           "a*b*c",
                           "_no_",
                           "snake_case_name",
                           "`no`",
                           "[no](no)",
                           "<b>no</b>",
                           "&amp;",
                           "a\\b\\*",
                           "!",
                           "~~no~~",
                           "~",
                           "=====",
                           "---",
                           "***",
                           "|a|b|",
                           "a^2^",
                           "[^1]",
                           "[ ] no",
                           "[x] no",
                           "1 < 2 & 3",
                           "\\",
                           ":smile:",
                           "#hash",
                           "####### no",
                           "-no",
                           "http://a.b/c_d_e",
                           "+ no",
                           "***",
                           "`` a",
                           "{#id}",
                           "<!-- no -->",
                           "a  b"}) {
    CAPTURE(text);
    const std::string out = written({paragraph(text)});
    CAPTURE(out);
    std::string back = plain_text(std::get<Paragraph>(read_markdown(out).blocks.at(0).content).inlines);
    CHECK(back == text);
  }
}

TEST_CASE("markdown: only a heading's own braces name it", "[markdown]") {
  CHECK(read_outline("# Title {#there}\n\n[a](#there)\n") ==
        outline({Block{Heading{1, {{Anchor{"there"}, {}, {}}, {"Title", {}, {}}}}}, runs({{"a", {}, "#there"}})}));
  CHECK(read_outline("# {#there}\n\n[a](#there)\n").find("there") != std::string::npos);
  CHECK(read_outline("# A {#a\\_b}\n\n[a](#a_b)\n").find("{#a") == std::string::npos);
  for (const char* text : {"Title {#}", "{#x}", "C {#x .y}", "{.x}", "a {-}", "b {key=value}"}) {
    same_again({Block{Heading{1, {{text, {}, {}}}}}});
    same_again({Block{Heading{2, {{text, style(true), {}}}}}});
    same_again({Block{Heading{3, {{text, {}, "/a"}}}}});
  }
  CHECK(written({Block{Heading{1, {{"C {#x}", {}, {}}}}}}) == "# C \\{#x}\n");
  CHECK(read_outline("<h1>Title {#x}</h1>\n") == outline({Block{Heading{1, {{"Title {#x}", {}, {}}}}}}));
}

TEST_CASE("markdown: a scheme without a host takes in nothing of what is behind it", "[markdown]") {
  same_again({runs({{"https://", {}, {}}, {"x", style(true, true, true), {}}})});
  same_again({runs({{"x", {}, {}}, {"ftp://", style(true), {}}})});
  same_again({runs({{"http://*a*", {}, {}}})});
  same_again({Block{Heading{1, {{"ftp://", {}, {}}, {LineBreak{}, {}, {}}, {"x", {}, {}}}}}});
  CHECK(written({runs({{"of http:// and https://x.org/", {}, {}}})}) == "of http:// and https://x.org/\n");
}

TEST_CASE("markdown: wherever in the text it stands, a list item goes on behind what ends in it", "[markdown]") {
  const auto insides = {"# h",
                        "# h #",
                        "***",
                        "- - -",
                        "h\n  ===",
                        "h\n  ---",
                        "```\n  code\n  ```",
                        "~~~ c\n  ~~~",
                        "p\n",
                        "| a |\n  | - |\n  | c |\n",
                        "<div>\n  x\n  </div>\n",
                        "1. x\n\n     # h",
                        "- ___",
                        "- - -"};
  for (const std::string inside : insides) {
    for (const std::string end : {"\n", "\r\n"}) {
      std::string text = "\n\n- a\n\n  " + inside + "\n\n  last\n";
      for (std::size_t at = 0; end.size() > 1 && (at = text.find('\n', at)) != std::string::npos; at += 2)
        text.insert(at, 1, '\r');
      const std::string expected = read_outline(text);
      for (std::size_t place = 0; place < 256; ++place) {
        INFO(text << " behind " << place << " bytes");
        const std::string before(place, 'x');
        const std::string outlined = read_outline(before + text);
        REQUIRE(outlined.substr(outlined.size() - expected.size()) == expected);
      }
    }
  }
}

TEST_CASE("markdown: a table of dashes in a list is no delimiter", "[markdown]") {
  const auto cells = [](const char* text) {
    return Row{{{{runs({{text, {}, {}}})}}, {{runs({{text, {}, {}}})}}}, true};
  };
  Table table;
  table.rows = {cells("-"), cells("a")};
  table.rows[1].header = false;
  List list;
  list.items = {{{Block{table}}, {}}};
  List outer;
  outer.items = {{{Block{list}}, {}}};
  same_again({Block{list}});
  same_again({Block{outer}});
  CHECK(read_outline("a | b\n- | -\nc | d\n") == read_outline("| a | b |\n|---|---|\n| c | d |\n"));
}

TEST_CASE("markdown: emphasis is read where it was meant", "[markdown]") {
  same_again({runs({text_run("a"), text_run("b", style(true)), text_run("c")})});
  same_again({runs({text_run("a"), text_run("\"b\"", style(true)), text_run("c")})});
  same_again({runs({text_run("a", style(true)), text_run("b", style(false, true)), text_run("c", style(true, true))})});
  same_again({runs({text_run("a", style(false, false, true)), text_run("b")})});
  CHECK(written({runs({text_run("a "), text_run(" b ", style(true)), text_run("c")})}) == "a  **b** c\n");
  CHECK(written({runs({text_run("a ", style(true)), text_run("b", style(true, true))})}) == "**a *b***\n");
}

TEST_CASE("markdown: what must not run together", "[markdown]") {
  List bullets;
  bullets.items.resize(1);
  bullets.items[0].blocks = {paragraph("a")};
  List numbers = bullets;
  numbers.numbering = Numbering::decimal;
  numbers.start = 7;
  Quote quote{{paragraph("q")}};
  same_again({{bullets}, {bullets}, {numbers}, {numbers}, {quote}, {quote}, {CodeBlock{"```\n````", ""}}});
  List nested;
  nested.items.resize(2);
  nested.items[0].blocks = {paragraph("x"), {numbers}};
  nested.items[1].blocks = {{CodeBlock{"c", "sh"}}, {Rule{}}, {quote}, {bullets}};
  same_again({{nested}, paragraph("after")});
}

TEST_CASE("markdown: it looks as people write it", "[markdown]") {
  const std::string text = written(sample_blocks());
  INFO(text);
  for (const char* part : {"# A sample\n\nThe first",
                           "**bold**, *italic*, ***both***, <u>underlined</u>, ~~struck~~, `code()`, x<sup>2</sup>",
                           "\n- [x] done task\n- [ ] open task\n", "[the site](https://example.org/a?b=1&c=2)",
                           "## The table\n", "a note[^1] that goes on.\n\n[^1]: The text of the footnote.\n",
                           "> Somebody said this.\n>\n> And went on.\n", "```c\nint main() {\n"}) {
    CAPTURE(part);
    CHECK(text.find(part) != std::string::npos);
  }
  CHECK(text.find("id=\"place\"") == std::string::npos); // nothing leads there
}
