// The text of a PDF that is written, as its readers take it out, in scripts where glyphs are not characters.
#include "written_pdf.hpp"

using namespace doc;
using namespace doc::test;

namespace {

// pdftotext puts marks of direction around what runs to the left.
std::string without_direction_marks(std::string text) {
  for (const std::string mark : {"\xe2\x80\xaa", "\xe2\x80\xab", "\xe2\x80\xac"}) {
    for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark)) text.erase(at, mark.size());
  }
  return text;
}

void check_words(const Blocks& blocks, const std::vector<std::string>& words) {
  if (!has_program("pdftotext")) return;
  const WrittenPdf file(blocks);
  for (const char* mode : {"", "-raw "}) {
    CAPTURE(mode);
    check_contains(without_direction_marks(file.through("pdftotext " + std::string(mode) + "{} -")), words);
  }
}

} // namespace

TEST_CASE("pdf writer: Arabic and Hebrew words are read as they are written", "[pdf_writer]") {
  // Lam-alef in four forms, a bold word and a link, a number and Latin among them.
  check_words(
      {with_runs({text_run("هذا نص لا إلى الأسماء والآن "), text_run("غامقة", {.bold = true}), text_run(" و"),
                  text_run("رابط", {}, "https://example.org/"), text_run(" 123 ثم Latin")}),
       paragraph("זהו טקסט בעברית 2024")},
      {"هذا", "نص", "لا", "إلى", "الأسماء", "والآن", "غامقة", "رابط", "123", "ثم", "Latin", "טקסט", "בעברית", "2024"});
}

TEST_CASE("pdf writer: lines that run to the left keep their order", "[pdf_writer]") {
  if (!has_program("pdftotext")) return;
  const WrittenPdf file({paragraph("בראשית ברא אלהים את השמים ואת הארץ")});
  check_contains(without_direction_marks(file.through("pdftotext {} -")), {"בראשית ברא אלהים את השמים ואת הארץ"});
}

TEST_CASE("pdf writer: joiners of Persian words are kept", "[pdf_writer]") {
  check_words({paragraph("این متن می‌خواهد آزمایش شود")},
              {"این", "متن", "می‌خواهد", "آزمایش"});
}

TEST_CASE("pdf writer: marks stay with their letters", "[pdf_writer]") {
  if (!has_program("pdftotext")) return;
  const WrittenPdf file({paragraph("الكِتَابُ مُفِيدٌ جِدًّا"), paragraph("שָׁלוֹם עֲלֵיכֶם"), paragraph("x̂ and n̂a end")});
  check_contains(without_direction_marks(file.through("pdftotext {} -")),
                 {"الكِتَابُ مُفِيدٌ جِدًّا", "שָׁלוֹם עֲלֵיכֶם", "x̂ and n̂a end"});
}

TEST_CASE("pdf writer: ligatures, conjuncts and signs are characters again", "[pdf_writer]") {
  check_words({paragraph("office fluffy affine find"), paragraph("中文字符"), paragraph("😀")},
              {"office", "fluffy", "affine", "find", "中文字符"});
}
