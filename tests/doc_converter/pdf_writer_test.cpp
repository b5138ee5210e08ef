// PDF that is written, seen through poppler's and qpdf's programs where they are installed.
#include "written_pdf.hpp"

using namespace doc;
using namespace doc::test;

TEST_CASE("pdf writer: the sample has its words, bookmarks, links and fonts", "[pdf_writer]") {
  const WrittenPdf file(sample_blocks(), sample_metadata());
  CHECK(file.bytes.compare(0, 5, "%PDF-") == 0);
  if (const char* keep = std::getenv("DOC_KEEP_PDF")) std::ofstream(keep, std::ios::binary) << file.bytes;
  if (has_program("qpdf")) {
    check_contains(file.through("qpdf --check {}"), {"No syntax or stream encoding errors"});
    check_contains(file.through("qpdf --qdf --object-streams=disable {} -"),
                   {"(https://example.org/a?b=1&c=2)", "/Dest (", "/Title (The table)"});
  }
  if (!has_program("pdftotext")) return;
  check_contains(file.through("pdftotext {} -"),
                 {"A sample", "The first paragraph, which is followed by everything else.",
                  "Plain, bold, italic, both, underlined, struck, code(),", "3.", "third of the inner list", "Flour",
                  "Two columns wide", "two rows high", "A sentence with a note", "The text of the footnote.",
                  "Somebody said this.", "return 0; // < & >", "Ελληνικά, Русский, 中文字符,", "Zürich, naïve, ½ €.",
                  "The last paragraph"});
  check_contains(file.through("pdfinfo {}"), {"A sample", "An Author", "Pages:           3", "A4"});
  const std::string fonts = file.through("pdffonts {}");
  INFO(fonts);
  CHECK(fonts.find(" no  ") == std::string::npos); // not embedded
}

TEST_CASE("pdf writer: long documents go on over pages", "[pdf_writer]") {
  Blocks blocks;
  for (int i = 0; i < 400; ++i)
    blocks.push_back(paragraph("Paragraph " + std::to_string(i) +
                               " says something that takes a line or two of the page that it is on, and no more."));
  const WrittenPdf file(blocks);
  if (!has_program("pdftotext")) return;
  const std::string text = file.through("pdftotext {} -");
  std::size_t at = 0;
  for (int i = 0; i < 400; ++i) {
    const std::size_t found = text.find("Paragraph " + std::to_string(i) + " ", at);
    REQUIRE(found != std::string::npos);
    at = found;
  }
}

TEST_CASE("pdf writer: a table's header is on every page, and a row may be longer than one", "[pdf_writer]") {
  Table table;
  for (int i = 0; i < 120; ++i) {
    Row row;
    row.header = i == 0;
    row.cells.resize(2);
    row.cells[0].blocks = {paragraph(i == 0 ? "Number" : std::to_string(i))};
    for (int j = 0; j < (i == 60 ? 90 : 1); ++j)
      row.cells[1].blocks.push_back(
          paragraph(i == 0 ? "Meaning" : "cell" + std::to_string(i) + "x" + std::to_string(j)));
    table.rows.push_back(row);
  }
  const WrittenPdf file({Block{table}});
  if (!has_program("pdftotext")) return;
  const std::string text = file.through("pdftotext {} -");
  check_contains(text, {"cell1x0", "cell60x0", "cell60x89", "cell119x0"});
  std::size_t headers = 0, pages = 0;
  for (std::size_t at = text.find("Number"); at != std::string::npos; at = text.find("Number", at + 1)) ++headers;
  for (const char c : text) pages += c == '\f';
  CHECK(pages > 3);
  CHECK(headers == pages);
}

TEST_CASE("pdf writer: what is hard to place is placed", "[pdf_writer]") {
  Blocks deep{paragraph("innermost")};
  for (int i = 0; i < 80; ++i) deep = {Block{Quote{deep}}};
  std::string endless(200000, 'w');
  Inline note;
  Blocks note_blocks;
  for (int i = 0; i < 200; ++i) note_blocks.push_back(paragraph("note line " + std::to_string(i)));
  note.content = Note{std::make_shared<const Blocks>(note_blocks), false};
  auto broken = std::make_shared<Image>();
  broken->media_type = "image/png";
  broken->bytes = std::make_shared<const std::string>(sample_png().substr(0, 60));
  broken->alt = "broken picture";
  Inline picture;
  picture.content = std::shared_ptr<const Image>(broken);
  Table wide;
  wide.rows.resize(1);
  wide.rows[0].cells.resize(40);
  for (Cell& cell : wide.rows[0].cells) cell.blocks = {paragraph("wide")};
  Table endless_row = wide;
  endless_row.rows[0].cells.resize(700);
  endless_row.rows[0].cells.back().blocks = {paragraph("the 700th cell")};
  const WrittenPdf file({Block{endless_row}, deep[0], paragraph(endless),
                         with_runs({text_run("before"), note, text_run("after")}), with_runs({picture}), Block{wide},
                         Block{PageBreak{}},
                         with_runs({text_run("out", {}, "https://a.b/x(y'\\ü"), text_run("lost", {}, "#nowhere")})});
  if (has_program("qpdf")) check_contains(file.through("qpdf --check {}"), {"No syntax or stream encoding errors"});
  if (has_program("pdftotext"))
    check_contains(file.through("pdftotext {} -"), {"the 700th cell", "innermost", "note line 0", "note line 199",
                                                    "after", "[broken picture]", "lost"});
}
