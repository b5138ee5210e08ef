// OpenDocument text, read and written.
#include "catch.hpp"
#include "formats/odt/odt.hpp"
#include "kit.hpp"
#include "office_kit.hpp"

using namespace doc;
using namespace doc::test;

namespace {

// The sample as the format can hold it: it has no place for the language of code.
Blocks expected_blocks() {
  Blocks blocks = sample_blocks();
  for (Block& block : blocks) {
    if (auto* code = std::get_if<CodeBlock>(&block.content)) code->language.clear();
  }
  return blocks;
}

} // namespace

TEST_CASE("what is written as odt is read back") {
  const std::string bytes = write_all(odt::make_writer, sample_metadata(), sample_blocks());
  const Collected got = read_all(odt::read, bytes);
  CHECK(got.ended);
  CHECK(got.metadata.title == sample_metadata().title);
  CHECK(got.metadata.author == sample_metadata().author);
  CHECK(got.metadata.language == sample_metadata().language);
  CHECK(outline(got.blocks) == outline(expected_blocks()));
}

namespace {

std::string read_text(const std::string& text, const std::string& styles = {}) {
  return outline(read_all(odt::read, odt_of(text, styles)).blocks);
}

} // namespace

TEST_CASE("white space of odt collapses, and its elements for it do not") {
  CHECK(read_text(
            "<text:p>  one\n  two<text:s text:c=\"3\"/>three<text:tab/>four <text:span> five</text:span></text:p>") ==
        "p one two   three\tfour five\n");
}

TEST_CASE("comments and deleted text of odt are left out") {
  CHECK(read_text("<text:tracked-changes><text:changed-region><text:deletion><text:p>gone</text:p></text:deletion>"
                  "</text:changed-region></text:tracked-changes><text:p>kept<office:annotation><text:p>comment</text:p>"
                  "</office:annotation></text:p>") == "p kept\n");
}

TEST_CASE("numbers that odt writes out and paragraphs that it hides are left out") {
  CHECK(read_text("<text:h text:outline-level=\"1\"><text:number>1.2</text:number>Heading</text:h><text:list>"
                  "<text:list-item><text:number>a)</text:number><text:p>item</text:p></text:list-item></text:list>") ==
        "h1 Heading\nli *\n  p item\n");
  CHECK(read_text("<text:p>a<text:span><text:hidden-paragraph text:is-hidden=\"true\"/></text:span></text:p>"
                  "<text:p>b<text:hidden-paragraph text:is-hidden=\"false\"/></text:p>") == "p b\n");
}

TEST_CASE("a table in a frame of odt is read") {
  CHECK(read_text("<text:p>a<draw:frame><table:table><table:table-row><table:table-cell><text:p>b</text:p>"
                  "</table:table-cell></table:table-row></table:table></draw:frame></text:p>") ==
        "p a\ntable \n  tr\n    td\n      p b\n");
}

TEST_CASE("headings in lists of odt are headings, and levels of lists come together") {
  CHECK(read_text("<text:list><text:list-item><text:list><text:list-item><text:h text:outline-level=\"2\">Numbered"
                  "</text:h></text:list-item></text:list></text:list-item></text:list>") == "h2 Numbered\n");
  CHECK(
      read_text(
          "<text:list><text:list-item><text:p>a</text:p></text:list-item></text:list><text:list><text:list-item>"
          "<text:list><text:list-item><text:p>b</text:p></text:list-item></text:list></text:list-item></text:list>") ==
      "li *\n  p a\n  li *\n    p b\n");
}

TEST_CASE("repetitions of odt are bounded") {
  const std::string table = "<table:table><table:table-column table:number-columns-repeated=\"1000000000\"/>"
                            "<table:table-row table:number-rows-repeated=\"1000000000\"><table:table-cell "
                            "table:number-columns-repeated=\"1000000000\"/></table:table-row></table:table>";
  std::string many;
  for (int i = 0; i < 10; ++i) many += table;
  CHECK(read_all(odt::read, odt_of(many)).blocks.size() == 10);
  CHECK(read_text("<text:p>a<text:s text:c=\"1000000000\"/>b</text:p>").size() < 2000);
}

TEST_CASE("an encrypted odt is refused as that") {
  const std::string bytes = odt_of("<text:p>x</text:p>", {},
                                   "<manifest:file-entry manifest:full-path=\"content.xml\"><manifest:encryption-data/>"
                                   "</manifest:file-entry>");
  CHECK(refusal_of([&] { read_all(odt::read, bytes); }) == "ENCRYPTED_DOCUMENT");
}
