// Plain text: encodings, what a paragraph is, and how a document reads in a fixed-width face.
#include "formats/text/text.hpp"
#include "kit.hpp"

#include <catch2/catch.hpp>

using namespace doc;
using namespace doc::test;

namespace {

std::string read_outline(std::string_view bytes) {
  const Collected document = read_all(text::read, bytes);
  CHECK(document.ended);
  return outline(document.blocks);
}

std::string written(Blocks blocks) { return write_all(text::make_writer, {}, std::move(blocks)); }

} // namespace

TEST_CASE("text: encodings are told apart", "[text]") {
  CHECK(read_outline("Z\xc3\xbcrich") == "p Zürich\n");
  CHECK(read_outline("\xef\xbb\xbfZ\xc3\xbcrich") == "p Zürich\n");
  CHECK(read_outline("Z\xfcrich \x80 \x93quoted\x94") == "p Zürich € “quoted”\n");
  CHECK(read_outline(std::string_view("\xff\xfeZ\0\xfc\0\x3d\xd8\x00\xde", 10)) == "p Zü😀\n");
  CHECK(read_outline(std::string_view("\xfe\xff\0Z\0\xfc\xd8\x3d\xde\x00", 10)) == "p Zü😀\n");
  CHECK(read_outline(std::string_view("Z\0\xfc\0r\0i\0", 8)) == "p Züri\n");
  std::string japanese; // many pieces of the file, whose characters stay whole
  for (int i = 0; i < 20'000; ++i) japanese += i % 9 == 0 ? "\x82\xb1\x82\xea\n\n" : "\x82\xcd\x93\xfa ";
  CHECK(read_outline(japanese).find("\xef\xbf\xbd") == std::string::npos);
  CHECK(read_outline(japanese).rfind("p これ\np は日 は日", 0) == 0);
  std::string mostly(20000, 'a'); // a character that is cut off at the end does not change what the file is
  for (int i = 0; i < 100; ++i) mostly += " \xc3\xbc";
  CHECK(read_outline(mostly + " \xc3").find("ü") != std::string::npos);
}

TEST_CASE("text: characters across pieces of the file stay whole", "[text]") {
  std::string bytes(64 * 1024 - 1, 'x');
  bytes += "\xe4\xb8\xad";
  CHECK(read_outline(bytes) == "p " + bytes + "\n");
}

TEST_CASE("text: blank lines end paragraphs, wrapped lines are joined", "[text]") {
  CHECK(read_outline("one\r\n\r\ntwo\r\rthree\n \nfour") == "p one\np two\np three\np four\n");
  CHECK(read_outline(
            "This is a paragraph that was wrapped by\nsomebody's editor at some column or other\nand goes on.") ==
        "p This is a paragraph that was wrapped by somebody's editor at some column or other and goes on.\n");
  CHECK(read_outline("中文中文中文中文\n字符") == "p 中文中文中文中文字符\n");
}

TEST_CASE("text: lines that end early keep their ends", "[text]") {
  CHECK(read_outline("Tyger\nburning bright in the forests of the night") ==
        "p Tyger<br>burning bright in the forests of the night\n");
  CHECK(read_outline("1. first item\n2. second item, which is longer") ==
        "p 1. first item<br>2. second item, which is longer\n");
  const std::string line(150, 'w');
  CHECK(read_outline(line + "\n" + line) == "p " + line + "\np " + line + "\n");
}

TEST_CASE("text: columns and indented lines are kept as they are", "[text]") {
  CHECK(read_outline("Name      Amount\nFlour        500\n") == "code  Name      Amount\nFlour        500\n");
  CHECK(read_outline("    int main() {\n    }\n") == "code      int main() {\n    }\n");
}

TEST_CASE("text: drawn tables are kept as they are", "[text]") {
  const std::string table = "+---+---+\n| a | b |\n+===+===+\n| c | d |\n+---+---+";
  CHECK(read_outline(table) == "code  " + table + "\n");
}

TEST_CASE("text: titles above a row of signs are headings", "[text]") {
  CHECK(read_outline("The Title\n=========\n\nPart\n----\nText of it") == "h1 The Title\nh2 Part\np Text of it\n");
  CHECK(read_outline("=======\n Title\n=======\n") == "h1 Title\n");
  CHECK(read_outline("標題\n====\n") == "h1 標題\n");
  CHECK(read_outline("A\n----------------\n") == "p A ----------------\n");
  CHECK(read_outline("Name   Amount\n-------------\nFlour     500\nSalt       10\n") ==
        "code  Name   Amount\n-------------\nFlour     500\nSalt       10\n");
}

TEST_CASE("text: lines with bullets are lists", "[text]") {
  CHECK(read_outline("- one that is\n  longer\n- two\n    * deeper\n    * still\n- three") ==
        "li *\n  p one that is longer\nli *\n  p two\n  li *\n    p deeper\n  li *\n    p still\nli *\n  p three\n");
  CHECK(read_outline("\u2022 alone") == "li *\n  p alone\n");
  CHECK(read_outline("- a dash alone") == "p - a dash alone\n");
  CHECK(read_outline("- Hello, he said\nand went") == "p - Hello, he said and went\n");
  std::string deep;
  for (std::size_t i = 0; i < 3000; ++i) deep.append(i * 2, ' ').append("- x\n");
  CHECK(read_outline(deep).find("p x") != std::string::npos);
}

TEST_CASE("text: a picture is not named twice where its caption follows it", "[text]") {
  Image image;
  image.media_type = "image/png";
  image.bytes = std::make_shared<const std::string>(sample_png());
  image.alt = "A  square";
  const Block picture{Paragraph{{{std::make_shared<const Image>(image), {}, {}}}}};
  CHECK(written({picture, paragraph("A square")}) == "A square\n");
  CHECK(written({picture, paragraph("Another")}) == "[A  square]\n\nAnother\n");
  const Inline alone = std::get<Paragraph>(picture.content).inlines[0];
  CHECK(written({Block{Paragraph{{alone, text_run(" A square")}}}}) == " A square\n");
  CHECK(written({Block{Paragraph{{alone, text_run(" is seen")}}}}) == "[A  square] is seen\n");
  image.media_type = "image/svg+xml";
  const Inline icon{std::make_shared<const Image>(image), {}, "http://a.example/"};
  CHECK(written({Block{Paragraph{{text_run("a"), icon, text_run(" b")}}}}) == "a b\n");
  CHECK(written({picture, picture}) == "[A  square]\n\n[A  square]\n");
}

TEST_CASE("text: form feeds are page breaks, between pages", "[text]") {
  CHECK(read_outline("\fone\n\ftwo\f") == "p one\npage break\np two\n");
}

TEST_CASE("text: a line without end is read in pieces", "[text]") {
  std::string bytes;
  for (int i = 0; i < 300000; ++i) bytes += "word ";
  const Collected document = read_all(text::read, bytes);
  CHECK(document.blocks.size() > 1);
  std::size_t total = 0;
  for (const Block& block : document.blocks) {
    total += std::get<std::string>(std::get<Paragraph>(block.content).inlines[0].content).size() + 1;
  }
  CHECK(total == bytes.size());
}

TEST_CASE("text: the sample as text", "[text]") {
  const std::string out = written(sample_blocks());
  INFO(out);
  for (const char* line :
       {"A sample\n\nThe first paragraph,", "\n- first of the outer list\n\n  3. third of the inner list\n  4. fourth",
        "\nName   Amount  Unit\nFlour  500     gram\nTwo columns wide  two rows high\nSalt   10\n", "\n[A square]\n",
        "\nA sentence with a note[1] that goes on.\n", "\n    int main() {\n      return 0; // < & >\n    }\n",
        "\n- [x] done task\n- [ ] open task\n", "\f", "The last paragraph\nhas two lines.\n",
        "\n[1] The text of the footnote.\n"}) {
    CAPTURE(line);
    CHECK(out.find(line) != std::string::npos);
  }
  CHECK(out.find("example.org") == std::string::npos);
}

TEST_CASE("text: columns count wide characters twice", "[text]") {
  Table table;
  for (const char* name : {"中文", "ab"}) {
    Row row;
    row.cells.resize(2);
    row.cells[0].blocks = {paragraph(name)};
    row.cells[1].blocks = {paragraph("x")};
    table.rows.push_back(row);
  }
  CHECK(written({Block{table}}) == "中文  x\nab    x\n");
}

TEST_CASE("text: the numbers of lists", "[text]") {
  List list;
  list.numbering = Numbering::lower_roman;
  list.start = 4;
  list.items.resize(2);
  for (ListItem& item : list.items) item.blocks = {paragraph("item")};
  CHECK(written({Block{list}}) == "iv. item\nv. item\n");
}
