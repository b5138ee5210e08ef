// RTF: what is read of documents, and that what is written is read again.
#include "catch.hpp"
#include "formats/rtf/rtf.hpp"
#include "kit.hpp"

#include <regex>

using namespace doc::test;

namespace {

std::string outline_of(std::string_view document) {
  return outline(read_all(doc::rtf::read, document, "a.rtf").blocks);
}

} // namespace

TEST_CASE("a document survives RTF", "[rtf]") {
  const std::string document = write_all(doc::rtf::make_writer, sample_metadata(), sample_blocks());
  const Collected back = read_all(doc::rtf::read, document);
  // RTF has no place for a block of code's language.
  const std::string wanted = std::regex_replace(outline(sample_blocks()), std::regex("code c "), "code  ");
  CHECK(outline(back.blocks) == wanted);
  CHECK(back.metadata.title == "A sample");
  CHECK(back.metadata.author == "An Author");
  CHECK(back.metadata.subject == "Everything");
  CHECK(back.metadata.keywords == "sample, test");
  CHECK(back.metadata.language == "en-GB");
  CHECK(document.find_first_not_of("\n\r\t "
                                   "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`"
                                   "abcdefghijklmnopqrstuvwxyz{|}~") == std::string::npos);
}

TEST_CASE("text is read in its code page", "[rtf]") {
  CHECK(outline_of("{\\rtf1\\ansi\\ansicpg1251 \\'cf\\'f0\\'e8\\'e2\\'e5\\'f2\\par}") == "p Привет\n");
  CHECK(outline_of("{\\rtf1\\ansi{\\fonttbl{\\f0\\fcharset128 MS Mincho;}}\\f0 \\'93\\'fa\\'96\\'7b\\'8c\\'eaA}") ==
        "p 日本語A\n");
  CHECK(outline_of("{\\rtf1\\ansi\\uc1 \\u8364?\\u-10179?\\u-8704?x \\uc0\\u233 t\\'e9}") == "p €😀x été\n");
}

TEST_CASE("what is not text stays out", "[rtf]") {
  CHECK(outline_of("{\\rtf1{\\info{\\title T}}{\\header h\\par}{\\*\\unknown u}a{\\v hidden}{\\deleted gone}"
                   "{\\xe index}{\\upr{ansi}{\\*\\ud b}}\\par}") == "p ab\n");
  CHECK(outline_of(
            "{\\rtf1{\\shp{\\*\\shpinst{\\sp{\\sn x}{\\sv 1}}{\\shptxt box\\par}}{\\shprslt twice\\par}}text\\par}") ==
        "p text\np box\n");
}

TEST_CASE("cells span as their rows define", "[rtf]") {
  CHECK(
      outline_of(
          "{\\rtf1\\trowd\\clvmgf\\cellx1000\\clmgf\\cellx2000\\clmrg\\cellx3000\\intbl a\\cell b\\cell\\cell\\row"
          "\\trowd\\clvmrg\\cellx1000\\cellx2000\\cellx3000\\cell c\\cell d\\cell\\row\\pard e\\par}") ==
      "table \n  tr\n    td 1x2\n      p a\n    td 2x1\n      p b\n  tr\n    td\n      p c\n    td\n      p d\np e\n");
}

TEST_CASE("lists are known by their tables, by old words, and by what was typed", "[rtf]") {
  CHECK(outline_of(
            "{\\rtf1{\\*\\listtable{\\list{\\listlevel\\levelnfc0\\levelstartat4}\\listid7}}{\\*\\listoverridetable"
            "{\\listoverride\\listid7\\ls1}}\\pard\\ls1{\\listtext 4.\\tab}x\\par}") == "li 4.\n  p x\n");
  CHECK(outline_of("{\\rtf1{\\pntext B}{\\*\\pn\\pnlvlblt}y\\par}") == "li *\n  p y\n");
  CHECK(outline_of("{\\rtf1\\pard\\fi-360\\li360 2)\\tab z\\par}") == "li 2.\n  p z\n");
}

TEST_CASE("links and notes are found in fields and footnotes", "[rtf]") {
  CHECK(outline_of("{\\rtf1{\\field{\\*\\fldinst HYPERLINK \"http://a.example/\" \\\\l \"b\"}{\\fldrslt c}}d"
                   "{\\footnote\\pard {\\super\\chftn} note}\\par}") == "p [c](http://a.example/#b)d<note p note>\n");
}

TEST_CASE("damage is read as far as it goes", "[rtf]") {
  CHECK(outline_of("{\\rtf1 {\\b cut") == "p **cut**\n");
  CHECK(outline_of("{\\rtf1 a}}}\\par}b") == "p a\np b\n");
  CHECK(refusal_of([] { read_all(doc::rtf::read, "no RTF"); }) == "CORRUPT_DOCUMENT");
  CHECK(refusal_of([] { read_all(doc::rtf::read, "{\\rtf1 " + std::string(20'000, '{')); }) == "LIMIT_EXCEEDED");
}

TEST_CASE("rtf: items of old lists keep the numbers that they show", "[rtf]") {
  const auto item = [](const std::string& shown, const std::string& text) {
    return "\\pard{\\pntext " + shown + "\\tab}{\\*\\pn\\pnlvlbody\\pnstart1\\pndec{\\pntxta.}}\\fi-360\\li720 " +
           text + "\\par\n";
  };
  const std::string bullet =
      "\\pard{\\pntext\\'b7\\tab}{\\*\\pn\\pnlvlblt{\\pntxtb\\'b7}}\\fi-360\\li720 between\\par\n";
  CHECK(outline_of("{\\rtf1\\ansi " + item("1.", "one") + bullet + item("2.", "two") + item("7.", "seven") +
                   item("i.", "first") + item("ii.", "second") + item("a.", "alpha") + item("b.", "beta") +
                   item("c.", "gamma") + "}") ==
        "li 1.\n  p one\nli *\n  p between\nli 2.\n  p two\nli 7.\n  p seven\nli 1.\n  p first\nli 2.\n  p second\n"
        "li 1.\n  p alpha\nli 2.\n  p beta\nli 3.\n  p gamma\n");
}
