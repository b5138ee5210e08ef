// The PDF reader, on tables that lines say little of, and on columns that are nearly none.
#include "catch.hpp"
#include "formats/pdf/pdf.hpp"
#include "kit.hpp"
#include "pdf_page_kit.hpp"

using namespace doc;
using namespace doc::test;

namespace {

std::string read_outline(const PdfFile& file) { return outline(read_all(pdf::read, file.bytes()).blocks); }

std::string row(std::initializer_list<std::string> cells) {
  std::string out = "  tr\n";
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
