// The PDF reader, on tables that lines say little of, and on columns that are nearly none.
#include "catch.hpp"
#include "formats/pdf/pdf.hpp"
#include "kit.hpp"
#include "pdf_page_kit.hpp"

using namespace doc;
using namespace doc::test;

namespace {

std::string read_outline(const PdfFile& file) { return outline(read_all(pdf::read, file.bytes()).blocks); }

std::string row(std::initializer_list<std::string> cells, const char* kind = "tr") {
  std::string out = "  " + std::string(kind) + "\n";
  for (const std::string& cell : cells) out += "    td\n" + (cell.empty() ? std::string() : "      p " + cell + "\n");
  return out;
}

} // namespace

TEST_CASE("Rows of a PDF's table need no line between them", "[pdf_reader]") {
  std::string content = "60 700 m 240 700 l 60 680 m 240 680 l 60 630 m 240 630 l S\n"
                        "60 700 m 60 630 l 180 700 m 180 630 l 240 700 m 240 630 l S\n";
  content += pdf_text(64, 686, "Name") + pdf_text(184, 686, "Price") + pdf_text(64, 666, "Bread") +
             pdf_text(184, 666, "3.10") + pdf_text(64, 652, "Salted butter") + pdf_text(184, 652, "12.80") +
             pdf_text(64, 638, "Milk") + pdf_text(184, 638, "1.25");
  PdfFile file;
  file.page(content);
  CHECK(read_outline(file) == "table \n" + row({"Name", "Price"}) + row({"Bread", "3.10"}) +
                                  row({"Salted butter", "12.80"}) + row({"Milk", "1.25"}));
}

TEST_CASE("Lines of wrapped text in a PDF's cells are no rows", "[pdf_reader]") {
  std::string content = "60 700 m 200 700 l 60 660 m 200 660 l 60 620 m 200 620 l S\n"
                        "60 700 m 60 620 l 130 700 m 130 620 l 200 700 m 200 620 l S\n";
  content += pdf_text(64, 686, "words that are") + pdf_text(64, 672, "wrapped here") +
             pdf_text(134, 686, "more of them") + pdf_text(134, 672, "wrapped too") + pdf_text(64, 646, "below") +
             pdf_text(134, 646, "beside");
  PdfFile file;
  file.page(content);
  CHECK(read_outline(file) ==
        "table \n" + row({"words that are wrapped here", "more of them wrapped too"}) + row({"below", "beside"}));
}

TEST_CASE("Lines that set a head and a first column apart leave the other columns", "[pdf_reader]") {
  std::string content = "60 680 m 300 680 l 110 700 m 110 630 l S\n";
  const char* texts[4][4] = {{"", "A", "B", "C"}, {"x", "1", "2", "3"}, {"y", "4", "5", "6"}, {"z", "7", "8", "9"}};
  for (int i = 0; i < 4; ++i) {
    for (int k = i == 0 ? 1 : 0; k < 4; ++k) content += pdf_text(70 + 60 * k, 688 - 18 * i, texts[i][k]);
  }
  PdfFile file;
  file.page(content);
  const std::string result = read_outline(file);
  CHECK(result.find(row({"x", "1", "2", "3"}) + row({"y", "4", "5", "6"})) != std::string::npos);
}

namespace {

std::string rule(int y, int x0 = 60, int x1 = 360) {
  return std::to_string(x0) + " " + std::to_string(y) + " m " + std::to_string(x1) + " " + std::to_string(y) + " l S\n";
}

std::string cells(int y, std::initializer_list<const char*> texts, int x = 64) {
  std::string content;
  for (const char* text : texts) {
    if (*text) content += pdf_text(x, y, text);
    x += 100;
  }
  return content;
}

} // namespace

TEST_CASE("A PDF's table may be ruled across alone, with its cells in the middle of their rows", "[pdf_reader]") {
  PdfFile file;
  file.page(rule(700) + cells(686, {"Tool", "What it is for"}) + rule(680) +
            cells(664, {"", "It drives nails in the"}) + cells(657, {"Hammer"}) + cells(650, {"", "wall."}) +
            cells(614, {"", "plain wood"}) + cells(600, {"Saw", "thin plastic"}) + cells(586, {"", "never stone"}) +
            rule(560) + pdf_text(60, 530, "A heading", 14) + rule(510) + cells(496, {"Day", "Open"}) + rule(490) +
            cells(476, {"Mon", "8:00"}) + cells(462, {"Tue", "9:00"}) + rule(456));
  CHECK(read_outline(file) == "table \n" + row({"Tool", "What it is for"}, "th") +
                                  row({"Hammer", "It drives nails in the wall."}) +
                                  row({"Saw", "plain wood thin plastic never stone"}) + "p A heading\n" + "table \n" +
                                  row({"Day", "Open"}, "th") + row({"Mon", "8:00"}) + row({"Tue", "9:00"}));
}

TEST_CASE("A line below a part of a PDF's table's head sets several columns together", "[pdf_reader]") {
  PdfFile file;
  file.page(rule(700, 60, 460) + pdf_text(230, 688, "Harvest") + rule(682, 164, 350) +
            cells(676, {"Region", "", "", "Remark"}) + cells(668, {"", "Wheat", "Barley"}) + rule(660, 60, 460) +
            cells(646, {"North", "410", "122", "early frost"}) + cells(628, {"South", "530", "98", "none"}) +
            rule(620, 60, 460));
  CHECK(read_outline(file) ==
        "table \n  th\n    td 1x2\n      p Region\n    td 2x1\n      p Harvest\n    td 1x2\n      p Remark\n" +
            row({"Wheat", "Barley"}) + row({"North", "410", "122", "early frost"}) +
            row({"South", "530", "98", "none"}));
}

TEST_CASE("Rows of a PDF's table may each have a line below, and its head none above", "[pdf_reader]") {
  PdfFile file;
  file.page(cells(686, {"Name", "Mass", "Age"}) + rule(680) + cells(666, {"Io", "8.9", "4"}) + rule(660) +
            cells(646, {"Europa", "4.8", ""}) + rule(640) + cells(626, {"Ganymede", "14.8", "3"}) + rule(620));
  CHECK(read_outline(file) == "table \n" + row({"Name", "Mass", "Age"}, "th") + row({"Io", "8.9", "4"}) +
                                  row({"Europa", "4.8", ""}) + row({"Ganymede", "14.8", "3"}));
}

TEST_CASE("Nothing is lost beside a PDF's table", "[pdf_reader]") {
  PdfFile file;
  file.page(rule(700) + pdf_text(64, 686, "Item", 10, "F2") + pdf_text(164, 686, "Price", 10, "F2") + rule(680) +
            pdf_text(64, 650, "Bread", 18) + pdf_text(164, 650, "3.00", 18) + pdf_text(64, 620, "Sum", 18) +
            pdf_text(164, 620, "99.00", 18) + pdf_text(64, 603, "Prices include tax", 8));
  CHECK(read_outline(file).find("Prices include tax") != std::string::npos);
  PdfFile letter;
  letter.page(rule(700) + cells(686, {"A company", "Tel. 123"}) + rule(680) + cells(650, {"Dear Anna"}) +
              cells(630, {"thank you."}) + cells(610, {"Yours", "Bert"}));
  CHECK(read_outline(letter).find("table") == std::string::npos);
  PdfFile underlined;
  underlined.page(rule(700) + cells(688, {"Name", "Age"}) + rule(686, 64, 90) + rule(680) + cells(666, {"Io", "4"}) +
                  cells(650, {"Europa", "5"}) + rule(640));
  CHECK(read_outline(underlined) == "table \n" + row({"Name", "Age"}, "th") + row({"Io", "4"}) + row({"Europa", "5"}));
}

TEST_CASE("A PDF's columns between the lines of its head and foot are no table", "[pdf_reader]") {
  std::string content =
      rule(780, 60, 540) + pdf_text(60, 765, "A journal") + pdf_text(460, 765, "Volume 3") + rule(755, 60, 540);
  for (const int x : {60, 310}) {
    for (int i = 0; i < 20; ++i)
      content +=
          pdf_text(x, 730 - 14 * i,
                   x == 60 ? "left column goes on and on with its words" : "right column goes on with its words");
  }
  content += rule(60, 60, 540);
  PdfFile file;
  file.page(content);
  CHECK(read_outline(file).find("tr") == std::string::npos);
}

TEST_CASE("A column's last line beside a PDF's title comes after the other column", "[pdf_reader]") {
  std::string content = pdf_text(60, 760, "The title", 16);
  for (int i = 0; i < 12; ++i)
    content += pdf_text(60, 730 - 14 * i, "line " + std::to_string(i) + " of a column that is rather wide");
  content += pdf_text(330, 760, "The end of it all.");
  PdfFile file;
  file.page(content);
  const std::string result = read_outline(file);
  CHECK(result.find("h1 The title\n") != std::string::npos);
  CHECK(result.find("line 11") < result.find("The end of it all."));
}

TEST_CASE("A caption at a column's head does not become part of a sentence", "[pdf_reader]") {
  PdfFile file;
  const std::string line = "The quick brown fox jumps over the lazy dog and goes on with its way,";
  file.page(pdf_text(60, 114, line) + pdf_text(60, 100, line));
  file.page(pdf_text(60, 760, "Table 2: Foxes") + pdf_text(60, 700, "as it always does when it is out in the wood."));
  const std::string result = read_outline(file);
  CHECK(result.find("p Table 2: Foxes\n") != std::string::npos);
  CHECK(result.find("its way, as it always does") != std::string::npos);
}
