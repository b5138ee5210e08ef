// Where things stand on the pages of a PDF that is written: read from poppler's boxes of words.
#include "written_pdf.hpp"

#include <cmath>
#include <cstdio>

using namespace doc;
using namespace doc::test;

namespace {

struct Place {
  int page = 0;
  double left = 0, top = 0, right = 0, bottom = 0;
};

// Of the first word that reads like this; page 0: there is none.
Place place_of(const std::string& boxes, const std::string& word) {
  Place place;
  const std::size_t at = boxes.find('>' + word + '<');
  if (at == std::string::npos) return place;
  const std::string before = boxes.substr(0, at);
  for (std::size_t page = before.find("<page "); page != std::string::npos; page = before.find("<page ", page + 1))
    ++place.page;
  const std::string tag = before.substr(before.rfind("<word"));
  std::sscanf(tag.c_str(), "<word xMin=\"%lf\" yMin=\"%lf\" xMax=\"%lf\" yMax=\"%lf\"", &place.left, &place.top,
              &place.right, &place.bottom);
  return place;
}

Row row_of(const std::vector<std::string>& texts, bool header = false) {
  Row row;
  row.header = header;
  for (const std::string& text : texts) {
    row.cells.emplace_back();
    row.cells.back().blocks = {paragraph(text)};
  }
  return row;
}

std::string boxes_of(const WrittenPdf& file) { return file.through("pdftotext -bbox {} -"); }

} // namespace

TEST_CASE("pdf writer: lists and tables of Hebrew begin on the right", "[pdf_writer]") {
  if (!has_program("pdftotext")) return;
  List list;
  list.numbering = Numbering::decimal;
  list.items = {{{paragraph("ראשון")}, {}}};
  Table table;
  table.rows = {row_of({"ימין", "שמאל"})};
  const WrittenPdf file({Block{list}, Block{table}});
  const std::string boxes = boxes_of(file);
  INFO(boxes);
  for (const char* word : {"1.", "ןושאר", "ןימי", "לאמש"}) REQUIRE(place_of(boxes, word).page == 1);
  CHECK(place_of(boxes, "1.").left > place_of(boxes, "ןושאר").right);
  CHECK(place_of(boxes, "1.").left > 480);
  CHECK(place_of(boxes, "ןימי").left > place_of(boxes, "לאמש").right);
}

TEST_CASE("pdf writer: the numbers of a wide table stay whole, within the margins", "[pdf_writer]") {
  if (!has_program("pdftotext")) return;
  Table table;
  std::vector<std::string> texts;
  for (int i = 10; i < 24; ++i) texts.push_back(std::to_string(i) + "000000");
  table.rows = {row_of(texts)};
  const std::string boxes = boxes_of(WrittenPdf({Block{table}}));
  INFO(boxes);
  for (const std::string& text : texts) {
    CAPTURE(text);
    CHECK(place_of(boxes, text).page == 1);
    CHECK(place_of(boxes, text).right < 595.28 - 60);
  }
}

TEST_CASE("pdf writer: a cell of many pages fills them", "[pdf_writer]") {
  if (!has_program("pdftotext")) return;
  Table table;
  table.rows = {row_of({"Head"}, true), row_of({"first"})};
  for (int i = 0; i < 150; ++i) table.rows[1].cells[0].blocks.push_back(paragraph("line" + std::to_string(i)));
  const std::string boxes = boxes_of(WrittenPdf({Block{table}}));
  double lowest = 0;
  int pages = 0;
  for (int i = 0; i < 150; ++i) {
    const Place place = place_of(boxes, "line" + std::to_string(i));
    if (place.page == 2) lowest = std::max(lowest, place.bottom);
    pages = std::max(pages, place.page);
  }
  CHECK(pages == 4);
  CHECK(lowest > 720); // of 842 with the margin
}

TEST_CASE("pdf writer: a picture may be on a page twice", "[pdf_writer]") {
  auto image = std::make_shared<Image>();
  image->media_type = "image/png";
  image->bytes = std::make_shared<const std::string>(sample_png());
  Inline run;
  run.content = std::shared_ptr<const Image>(image);
  const WrittenPdf file({with_runs({run, text_run(" and "), run}), with_runs({run})});
  if (has_program("qpdf")) {
    const std::string checked = file.through("qpdf --check {}");
    INFO(checked);
    CHECK(checked.find("WARNING") == std::string::npos);
    check_contains(checked, {"No syntax or stream encoding errors"});
  }
}

TEST_CASE("pdf writer: the mark of an item stands on the line of its text", "[pdf_writer]") {
  if (!has_program("pdftotext")) return;
  auto image = std::make_shared<Image>();
  image->media_type = "image/png";
  image->bytes = std::make_shared<const std::string>(sample_png());
  image->width_pt = image->height_pt = 90;
  Inline picture;
  picture.content = std::shared_ptr<const Image>(image);
  List list;
  list.numbering = Numbering::decimal;
  list.start = 7;
  list.items = {{{with_runs({text_run("beside "), picture})}, {}}};
  const std::string boxes = boxes_of(WrittenPdf({Block{list}}));
  INFO(boxes);
  REQUIRE(place_of(boxes, "7.").page == 1);
  CHECK(std::abs(place_of(boxes, "7.").bottom - place_of(boxes, "beside").bottom) < 0.5);
}

TEST_CASE("pdf writer: marks of lists stay in their cells", "[pdf_writer]") {
  if (!has_program("pdftotext")) return;
  List list;
  list.numbering = Numbering::decimal;
  list.items = {{{paragraph("x")}, {}}};
  Table table;
  table.rows = {row_of({"first", ""})};
  table.rows[0].cells[1].blocks = {Block{list}};
  const std::string boxes = boxes_of(WrittenPdf({Block{table}}));
  INFO(boxes);
  REQUIRE(place_of(boxes, "1.").page == 1);
  CHECK(place_of(boxes, "1.").left > place_of(boxes, "first").right + 10);
}
