// The PDF reader, on small documents that are written here.
#include "catch.hpp"
#include "formats/pdf/pdf.hpp"
#include "kit.hpp"
#include "pdf_page_kit.hpp"

using namespace doc;
using namespace doc::test;

namespace {

std::string read_outline(const PdfFile& file) { return outline(read_all(pdf::read, file.bytes()).blocks); }

// Lines of running text, 14 points apart.
std::string lines(int x, int y, const std::vector<std::string>& texts, int size = 10, const char* font = "F1") {
  std::string content;
  for (const std::string& text : texts) {
    content += pdf_text(x, y, text, size, font);
    y -= 14;
  }
  return content;
}

} // namespace

TEST_CASE("PDF lines become paragraphs, and divided words one", "[pdf_reader]") {
  PdfFile file;
  file.page(lines(60, 700,
                  {"The quick brown fox jumps over the lazy dog and goes on with its jour-",
                   "ney through the wood until it comes to the other side of the river now.", "There it rests."}) +
            lines(60, 640, {"A second paragraph stands apart from the first one."}));
  CHECK(read_outline(file) ==
        "p The quick brown fox jumps over the lazy dog and goes on with its journey through the wood "
        "until it comes to the other side of the river now. There it rests.\n"
        "p A second paragraph stands apart from the first one.\n");
}

TEST_CASE("A PDF's bookmarks and larger text are headings", "[pdf_reader]") {
  PdfFile file;
  file.page(
      pdf_text(60, 760, "A large title", 20) + pdf_text(60, 720, "Marked", 10) +
      lines(60, 690, {"Text of the body that is long enough to be a line of its own in here.", "And more of it."}));
  file.bookmark("Marked", 1);
  CHECK(read_outline(file) ==
        "h1 A large title\nh1 Marked\n"
        "p Text of the body that is long enough to be a line of its own in here. And more of it.\n");
}

TEST_CASE("A PDF's headings may be no larger than its text", "[pdf_reader]") {
  const auto page = [](const std::string& first, const std::string& second) {
    std::string content;
    int y = 760;
    for (const std::string& title : {first, second}) {
      content += pdf_text(60, y, title);
      for (int i = 0; i < 16; ++i)
        content +=
            pdf_text(60, y - 24 - 14 * i, "Text of the body that is long enough to be a line of its own in here");
      y -= 300;
    }
    PdfFile file;
    file.page(content);
    return read_outline(file);
  };
  const std::string capitals = page("SAMPLE DESIGN", "A REMARK");
  CHECK(capitals.find("h1 SAMPLE DESIGN\n") != std::string::npos);
  CHECK(capitals.find("h1 A REMARK\n") != std::string::npos);
  const std::string numbered = page("2.1. Sample design", "2.2 Remarks");
  CHECK(numbered.find("h1 2.1. Sample design\n") != std::string::npos);
  CHECK(numbered.find("h1 2.2 Remarks\n") != std::string::npos);
  std::string clauses;
  for (int i = 1; i < 9; ++i)
    clauses += pdf_text(60, 760 - 30 * i, "1." + std::to_string(i) + " The buyer shall pay at once");
  PdfFile contract;
  contract.page(clauses);
  CHECK(read_outline(contract).find("h1") == std::string::npos);
  const std::string others = page("1.5 million people live there in 2024", "A sentence of few words,");
  CHECK(others.find("h1") == std::string::npos);
}

TEST_CASE("A PDF's raised and lowered letters are of their line, also if they are hardly smaller", "[pdf_reader]") {
  PdfFile file;
  file.page(pdf_text(60, 720, "What comes before is here.", 12) + pdf_text(60, 700, "thirty springs.", 12) +
            "BT /F1 10.6 Tf 132 704 Td (1) Tj ET\n" + pdf_text(150, 700, "The south is clay.", 12));
  CHECK(read_outline(file) == "p What comes before is here.\np thirty springs.^1^ The south is clay.\n");
}

TEST_CASE("Lines of a PDF's contents are no paragraph", "[pdf_reader]") {
  const std::string dots = " . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . . ";
  PdfFile file;
  file.page(
      lines(60, 700, {"1.1 Early days" + dots + "3", "1.2 Later days" + dots + "12", "2 After them" + dots + "iv"}));
  CHECK(read_outline(file) ==
        "p 1.1 Early days" + dots + "3\np 1.2 Later days" + dots + "12\np 2 After them" + dots + "iv\n");
}

TEST_CASE("A bullet of a PDF may touch its word", "[pdf_reader]") {
  PdfFile file;
  file.page(pdf_text(60, 700, "\\267first item") + pdf_text(60, 686, "\\267second"));
  CHECK(read_outline(file) == "li *\n  p first item\nli *\n  p second\n");
  PdfFile hidden;
  hidden.page(pdf_text(60, 700, "\\267\\267\\267\\267"));
  CHECK(read_outline(hidden) == "p \xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2\n");
}

TEST_CASE("Lists of a PDF nest by their labels' places", "[pdf_reader]") {
  PdfFile file;
  file.page(pdf_text(60, 700, "- first item") + pdf_text(80, 686, "1. inner one") + pdf_text(80, 672, "2. inner two") +
            pdf_text(60, 658, "- second item"));
  CHECK(read_outline(file) ==
        "li *\n  p first item\n  li 1.\n    p inner one\n  li 2.\n    p inner two\nli *\n  p second item\n");
}

TEST_CASE("Columns of a PDF are read one after the other", "[pdf_reader]") {
  std::vector<std::string> left, right;
  for (int i = 0; i < 6; ++i) {
    left.push_back("left column line " + std::to_string(i) + " goes on");
    right.push_back("right column line " + std::to_string(i) + " goes on");
  }
  PdfFile file;
  file.page(lines(60, 700, left) + lines(320, 700, right));
  const std::string result = read_outline(file);
  CHECK(result.find("left column line 5") < result.find("right column line 0"));
}

TEST_CASE("Ruled cells of a PDF are a table", "[pdf_reader]") {
  std::string content = "60 700 m 360 700 l 60 680 m 360 680 l 60 660 m 360 660 l 60 640 m 360 640 l S\n"
                        "60 700 m 60 640 l 160 680 m 160 640 l 260 700 m 260 640 l 360 700 m 360 640 l S\n";
  content += pdf_text(64, 686, "Both") + pdf_text(264, 686, "C") + pdf_text(64, 666, "a1") + pdf_text(164, 666, "b1") +
             pdf_text(264, 666, "c1") + pdf_text(64, 646, "a2") + pdf_text(164, 646, "b2") + pdf_text(264, 646, "c2");
  PdfFile file;
  file.page(content);
  CHECK(read_outline(file) == "table \n  tr\n    td 2x1\n      p Both\n    td\n      p C\n"
                              "  tr\n    td\n      p a1\n    td\n      p b1\n    td\n      p c1\n"
                              "  tr\n    td\n      p a2\n    td\n      p b2\n    td\n      p c2\n");
}

TEST_CASE("Aligned text of a PDF is a table", "[pdf_reader]") {
  std::string content;
  const char* cells[4][3] = {
      {"Name", "Amount", "Unit"}, {"Flour", "500", "gram"}, {"Salt", "10", "gram"}, {"Water", "300", "litres"}};
  for (int row = 0; row < 4; ++row) {
    for (int column = 0; column < 3; ++column)
      content += pdf_text(60 + 120 * column, 700 - 20 * row, cells[row][column]);
  }
  PdfFile file;
  file.page(content);
  const std::string result = read_outline(file);
  CHECK(result.starts_with("table \n"));
  CHECK(result.find("    td\n      p Salt\n    td\n      p 10\n    td\n      p gram\n") != std::string::npos);
}

TEST_CASE("Running heads and page numbers of a PDF are no text", "[pdf_reader]") {
  PdfFile file;
  for (int page = 1; page <= 5; ++page)
    file.page(
        pdf_text(60, 810, "The running head") +
        lines(60, 700, {"Words of page number " + std::string(1, static_cast<char>('a' + page)) + " stand here."}) +
        pdf_text(290, 30, std::to_string(page)));
  const std::string result = read_outline(file);
  CHECK(result.find("running") == std::string::npos);
  CHECK(result.find("Words of page number f stand here.") != std::string::npos);
  CHECK(result.find(" 3") == std::string::npos);
}

TEST_CASE("A PDF's footnotes go to their marks", "[pdf_reader]") {
  PdfFile file;
  file.page(pdf_text(60, 700, "A sentence with a note") + pdf_text(163, 704, "1", 6) +
            pdf_text(60, 686, "and another line of the body text that is here.") + pdf_text(60, 104, "1", 5) +
            pdf_text(64, 100, "The text of the note.", 8));
  CHECK(read_outline(file).find("<note p The text of the note.>") != std::string::npos);
}

TEST_CASE("Text of a PDF goes on over the end of a page", "[pdf_reader]") {
  PdfFile file;
  file.page(lines(60, 700,
                  {"This is a paragraph that fills the whole width of its first and only line and",
                   "that goes on where the page has ended, because it has no room for its"}));
  file.page(lines(60, 700, {"last words here."}));
  CHECK(read_outline(file) ==
        "p This is a paragraph that fills the whole width of its first and only line and that goes on where the page "
        "has ended, because it has no room for its last words here.\n");
}

TEST_CASE("Links and pictures of a PDF are kept", "[pdf_reader]") {
  PdfFile file;
  file.page(pdf_text(60, 700, "See the site for more.") +
            "q 100 0 0 100 60 500 cm BI /W 2 /H 2 /BPC 8 /CS /G ID abcd EI Q\n");
  file.link(60, 698, 300, 710, "https://example.org/");
  const std::string result = read_outline(file);
  CHECK(result.find("](https://example.org/)") != std::string::npos);
  CHECK(result.find("<img image/png >") != std::string::npos);
}

TEST_CASE("Damaged and protected PDFs are refused", "[pdf_reader]") {
  CHECK(refusal_of([] { read_all(pdf::read, "%PDF-1.4\nnothing of use"); }) == "CORRUPT_DOCUMENT");
  PdfFile none;
  CHECK(refusal_of([&] { read_all(pdf::read, none.bytes()); }) == "CORRUPT_DOCUMENT");
  // A table of objects that is wrong is made again.
  PdfFile file;
  file.page(pdf_text(60, 700, "Still here."));
  std::string bytes = file.bytes();
  bytes.resize(bytes.find("startxref"));
  CHECK(outline(read_all(pdf::read, bytes).blocks) == "p Still here.\n");
}
