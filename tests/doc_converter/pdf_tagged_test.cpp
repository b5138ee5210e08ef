// The PDF reader, on documents that say what their text is.
#include "catch.hpp"
#include "formats/pdf/pdf.hpp"
#include "kit.hpp"
#include "pdf_page_kit.hpp"

using namespace doc;
using namespace doc::test;

namespace {

std::string read_outline(const PdfFile& file) { return outline(read_all(pdf::read, file.bytes()).blocks); }

std::string marked(int id, int x, int y, const std::string& text, int size = 10, const char* font = "F1") {
  return "/X<</MCID " + std::to_string(id) + ">>BDC " + pdf_text(x, y, text, size, font) + "EMC\n";
}

std::string element(const std::string& role, const std::string& kids, const std::string& more = {}) {
  return "<</S/" + role + more + "/K[" + kids + "]>>";
}

std::string root(const std::string& kids, const std::string& more = {}) {
  return "<</Type/StructTreeRoot" + more + "/K[<</S/Document/Pg @1/K[" + kids + "]>>]>>";
}

} // namespace

TEST_CASE("The tags of a PDF say what is a heading and in which order it is read", "[pdf_reader]") {
  PdfFile file;
  file.page(marked(2, 60, 700, "Drawn first and read last.") + marked(0, 60, 650, "Plain but a heading") +
            marked(1, 60, 600, "A paragraph whose lines stand") + marked(1, 60, 540, "far from each other."));
  file.structure(root(element("H2", "0") + element("P", "1") + element("P", "2")));
  CHECK(read_outline(file) == "h2 Plain but a heading\np A paragraph whose lines stand far from each other.\n"
                              "p Drawn first and read last.\n");
}

TEST_CASE("Names of a program's own are those that the PDF maps them to", "[pdf_reader]") {
  PdfFile file;
  file.page(marked(0, 60, 700, "A head") + marked(1, 60, 680, "Some words of text."));
  file.structure(root(element("Top", "0") + element("Loop", "1"), "/RoleMap<</Top/Middle/Middle/H3/Loop/Loop>>"));
  CHECK(read_outline(file) == "h3 A head\np Some words of text.\n");
}

TEST_CASE("Tagged lists nest, and their labels are none of the text", "[pdf_reader]") {
  PdfFile file;
  file.page(marked(0, 60, 700, "1.") + marked(1, 80, 700, "first") + marked(2, 100, 680, "\\267 inner") +
            marked(3, 60, 660, "2.") + marked(4, 80, 660, "second"));
  const std::string inner = element("L", element("LI", element("LBody", "2")));
  file.structure(root(element("L", element("LI", element("Lbl", "0") + element("LBody", "1" + inner)) +
                                       element("LI", element("Lbl", "3") + element("LBody", "4")))));
  CHECK(read_outline(file) == "li 1.\n  p first\n  li *\n    p inner\nli 2.\n  p second\n");
}

TEST_CASE("Tagged tables have their spans, their empty cells and no lines", "[pdf_reader]") {
  PdfFile file;
  file.page(marked(0, 60, 700, "Both") + marked(1, 200, 700, "C") + marked(2, 60, 680, "a") + marked(3, 60, 660, "x") +
            marked(4, 200, 660, "z"));
  const std::string wide = "/A<</O/Table/ColSpan 2>>";
  file.structure(root(
      element("Table", element("TR", element("TH", "0", wide) + element("TH", "1")) +
                           element("TR", element("TD", "2") + element("TD", "") + element("TD", "")) +
                           element("TR", element("TD", element("P", "3")) + element("TD", "") + element("TD", "4")))));
  CHECK(read_outline(file) == "table \n  th\n    td 2x1\n      p Both\n    td\n      p C\n"
                              "  tr\n    td\n      p a\n    td\n    td\n"
                              "  tr\n    td\n      p x\n    td\n    td\n      p z\n");
}

TEST_CASE("A tagged table and a paragraph go on over pages, a repeated head does not", "[pdf_reader]") {
  PdfFile file;
  file.page(marked(0, 60, 700, "Head") + marked(1, 60, 100, "one"));
  file.page(marked(0, 60, 700, "Head") + marked(1, 60, 680, "two"));
  const auto on = [](int page, int id) {
    return "<</Type/MCR/Pg @" + std::to_string(page) + "/MCID " + std::to_string(id) + ">>";
  };
  file.structure(root(element("Table", element("TR", element("TH", on(1, 0) + on(2, 0))) +
                                           element("TR", element("TD", on(1, 1) + on(2, 1))))));
  CHECK(read_outline(file) == "table \n  th\n    td\n      p Head\n  tr\n    td\n      p one two\n");
}

TEST_CASE("Text that the tags do not know is not lost", "[pdf_reader]") {
  PdfFile file;
  file.page(marked(0, 60, 700, "A paragraph that is tagged and long enough.") + pdf_text(60, 660, "Not tagged.") +
            marked(1, 60, 620, "Another one that is tagged and long enough."));
  file.structure(root(element("P", "0") + element("P", "1")));
  CHECK(read_outline(file) == "p A paragraph that is tagged and long enough.\np Not tagged.\n"
                              "p Another one that is tagged and long enough.\n");
}

TEST_CASE("Tags that cover little of a page are not believed", "[pdf_reader]") {
  PdfFile file;
  file.page(marked(0, 60, 700, "Word") + pdf_text(60, 660, "A line of text that nobody has tagged at all."));
  file.structure(root(element("H1", "0")));
  CHECK(read_outline(file).find("h1") == std::string::npos);
}

TEST_CASE("A structure tree that goes in circles or too deep ends", "[pdf_reader]") {
  PdfFile file;
  file.page(marked(0, 60, 700, "Some words of text."));
  file.structure("<</Type/StructTreeRoot/Pg @1/K[6 0 R<</S/P/Pg @1/K[0 6 0 R]>>]>>");
  CHECK(read_outline(file) == "p Some words of text.\n");

  std::string deep = "0";
  for (int i = 0; i < 150; ++i) deep = element(i % 2 ? "L" : "LI", deep);
  file.structure(root(deep));
  CHECK(read_outline(file).find("Some words of text.") != std::string::npos);
}
