// DOCX, read and written.
#include "catch.hpp"
#include "formats/docx/docx.hpp"
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

TEST_CASE("what is written as docx is read back") {
  const std::string bytes = write_all(docx::make_writer, sample_metadata(), sample_blocks());
  const Collected got = read_all(docx::read, bytes);
  CHECK(got.ended);
  CHECK(got.metadata.title == sample_metadata().title);
  CHECK(got.metadata.author == sample_metadata().author);
  CHECK(got.metadata.language == sample_metadata().language);
  CHECK(outline(got.blocks) == outline(expected_blocks()));
}

namespace {

std::string read_body(const std::string& body, const std::string& styles = {}, const std::string& numbering = {},
                      const std::string& footnotes = {}) {
  return outline(read_all(docx::read, docx_of(body, styles, numbering, footnotes)).blocks);
}

std::string run(const std::string& text) { return "<w:r><w:t xml:space=\"preserve\">" + text + "</w:t></w:r>"; }
std::string field(const std::string& instruction, const std::string& result) {
  return "<w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r><w:instrText>" + instruction +
         "</w:instrText></w:r><w:r><w:fldChar w:fldCharType=\"separate\"/></w:r>" + result +
         "<w:r><w:fldChar w:fldCharType=\"end\"/></w:r>";
}

} // namespace

TEST_CASE("tracked changes are read as if they were accepted") {
  CHECK(read_body("<w:p>" + run("kept ") + "<w:ins>" + run("inserted") + "</w:ins><w:del><w:r><w:delText>deleted" +
                  "</w:delText></w:r></w:del><w:moveFrom>" + run("moved away") + "</w:moveFrom></w:p>") ==
        "p kept inserted\n");
  CHECK(read_body("<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr>" + run("one ") + "</w:p><w:p>" + run("two") +
                  "</w:p>") == "p one two\n");
}

TEST_CASE("results of fields are read, and their instructions are not") {
  CHECK(read_body("<w:p>" + field("HYPERLINK \"http://a.example/\" \\l \"there\"", run("a link")) + run(" on page ") +
                  field(" PAGEREF x \\h " + std::string(), run("7")) + "</w:p>") ==
        "p [a link](http://a.example/#there) on page 7\n");
  CHECK(read_body("<w:p><w:hyperlink r:id=\"u\">" + run("out") + "</w:hyperlink> <w:fldSimple w:instr=\"HYPERLINK " +
                  "\\l place\">" + run("in") + "</w:fldSimple></w:p>") ==
        "p [out](https://example.org/)[in](#place)\n");
  // One that never ends hides nothing of the rest.
  CHECK(read_body("<w:p><w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r><w:instrText>PAGE</w:instrText></w:r>" +
                  run("a") + "</w:p><w:p>" + field("REF x", run("b")) + run(" c") + "</w:p>") == "p a\np b c\n");
}

TEST_CASE("what is chosen of a form's list is read, and letters drawn along a line") {
  CHECK(read_body("<w:p>" + run("size ") +
                  "<w:r><w:fldChar w:fldCharType=\"begin\"><w:ffData><w:ddList><w:result w:val=\"1\"/>"
                  "<w:listEntry w:val=\"small\"/><w:listEntry w:val=\"large\"/></w:ddList></w:ffData></w:fldChar></w:r>"
                  "<w:r><w:instrText>FORMDROPDOWN</w:instrText></w:r><w:r><w:fldChar w:fldCharType=\"end\"/></w:r>"
                  "</w:p>") == "p size large\n");
  CHECK(read_body("<w:p><w:r><w:pict><v:shape><v:textpath string=\"Party!\"/></v:shape></w:pict></w:r></w:p>") ==
        "p Party!\n");
}

TEST_CASE("headings are known by their styles' names, in many languages and without definitions") {
  const auto heading = [](const std::string& name) {
    return read_body("<w:p><w:pPr><w:pStyle w:val=\"x\"/></w:pPr>" + run("a") + "</w:p>",
                     "<w:style w:type=\"paragraph\" w:styleId=\"x\"><w:name w:val=\"" + name + "\"/></w:style>");
  };
  for (const char* name : {"heading 2", "Heading 2,h2", "Überschrift 2", "Titre 2", "標題 2", "Nadpis 2", "Otsikko 2",
                           "Başlık 2", "제목 2", "Заголовок 2", "Επικεφαλίδα 2", "Tiêu đề 2", "כותרת 2"}) {
    INFO(name);
    CHECK(heading(name) == "h2 a\n");
  }
  CHECK(heading("Heading 2 Char") == "p a\n");
  CHECK(read_body("<w:p><w:pPr><w:pStyle w:val=\"Heading3\"/></w:pPr>" + run("a") + "</w:p>") == "h3 a\n");
}

TEST_CASE("alternatives and text boxes are read once") {
  const std::string box = "<w:txbxContent><w:p>" + run("boxed") + "</w:p></w:txbxContent>";
  CHECK(read_body("<w:p>" + run("text") +
                  "<w:r><mc:AlternateContent><mc:Choice Requires=\"wps\"><w:drawing><wp:anchor><a:graphic>"
                  "<a:graphicData><wps:wsp><wps:txbx>" +
                  box +
                  "</wps:txbx></wps:wsp></a:graphicData></a:graphic></wp:anchor></w:drawing></mc:Choice><mc:Fallback>"
                  "<w:pict><v:shape><v:textbox>" +
                  box + "</v:textbox></v:shape></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>") ==
        "p text\np boxed\n");
}

TEST_CASE("toggles of styles cancel each other, and a heading is not bold for being one") {
  const std::string styles =
      "<w:style w:type=\"paragraph\" w:styleId=\"x1\"><w:name w:val=\"heading 2\"/><w:rPr><w:b/></w:rPr></w:style>"
      "<w:style w:type=\"paragraph\" w:styleId=\"x2\"><w:name w:val=\"Mine\"/><w:basedOn w:val=\"x1\"/></w:style>"
      "<w:style w:type=\"paragraph\" w:styleId=\"x3\"><w:name w:val=\"Strong text\"/><w:rPr><w:b/></w:rPr></w:style>"
      "<w:style w:type=\"character\" w:styleId=\"c\"><w:name w:val=\"Strong\"/><w:rPr><w:b/></w:rPr></w:style>";
  CHECK(read_body("<w:p><w:pPr><w:pStyle w:val=\"x2\"/></w:pPr>" + run("Heading") + "</w:p>", styles) ==
        "h2 Heading\n");
  CHECK(read_body("<w:p><w:pPr><w:pStyle w:val=\"x3\"/></w:pPr>" + run("bold") +
                      "<w:r><w:rPr><w:rStyle w:val=\"c\"/></w:rPr><w:t>not</w:t></w:r></w:p>",
                  styles) == "p **bold**not\n");
}

TEST_CASE("prefixes of namespaces are the document's own, and strict ones count") {
  std::string bytes = archive_of(
      {{"word/document.xml",
        "<x:document xmlns:x=\"http://purl.oclc.org/ooxml/wordprocessingml/main\" xmlns:w=\"urn:other\">"
        "<x:body><x:p><x:r><x:t>words</x:t></x:r><w:r><w:t>others</w:t></w:r></x:p></x:body></x:document>"}});
  CHECK(outline(read_all(docx::read, bytes).blocks) == "p words\n");
}

TEST_CASE("numbers go on after what interrupts a list") {
  const std::string numbering =
      "<w:abstractNum w:abstractNumId=\"0\"><w:lvl w:ilvl=\"0\"><w:start w:val=\"1\"/><w:numFmt w:val=\"lowerRoman\"/>"
      "<w:lvlText w:val=\"%1.\"/></w:lvl></w:abstractNum><w:num w:numId=\"1\"><w:abstractNumId w:val=\"0\"/></w:num>"
      "<w:num w:numId=\"2\"><w:abstractNumId w:val=\"0\"/><w:lvlOverride w:ilvl=\"0\"><w:startOverride w:val=\"5\"/>"
      "</w:lvlOverride></w:num>";
  const auto item = [](const std::string& number, const std::string& text) {
    return "<w:p><w:pPr><w:numPr><w:ilvl w:val=\"0\"/><w:numId w:val=\"" + number + "\"/></w:numPr></w:pPr>" +
           run(text) + "</w:p>";
  };
  CHECK(
      read_body(item("1", "a") + item("1", "b") + "<w:p>" + run("between") + "</w:p>" + item("1", "c") + item("2", "d"),
                {}, numbering) == "li 1.\n  p a\nli 2.\n  p b\np between\nli 3.\n  p c\nli 5.\n  p d\n");
}

TEST_CASE("cells that are merged downwards are one") {
  const auto cell = [](const std::string& properties, const std::string& text) {
    return "<w:tc><w:tcPr>" + properties + "</w:tcPr><w:p>" + (text.empty() ? text : run(text)) + "</w:p></w:tc>";
  };
  CHECK(read_body("<w:tbl><w:tr>" + cell("<w:vMerge w:val=\"restart\"/>", "tall") + cell("", "a") + "</w:tr><w:tr>" +
                  cell("<w:vMerge/>", "") + "<w:sdt><w:sdtContent>" + cell("", "b") +
                  "</w:sdtContent></w:sdt></w:tr></w:tbl>") ==
        "table \n  tr\n    td 1x2\n      p tall\n    td\n      p a\n  tr\n    td\n      p b\n");
  CHECK(read_body("<w:tbl><w:tr>" + cell("<w:hMerge w:val=\"restart\"/>", "a") + cell("<w:hMerge/>", "b") +
                  "</w:tr></w:tbl>") == "table \n  tr\n    td 2x1\n      p a\n      p b\n");
}

TEST_CASE("what is damaged or hostile is refused") {
  const auto refusal = [](const std::string& bytes) { return refusal_of([&] { read_all(docx::read, bytes); }); };
  CHECK(refusal(archive_of({{"word/styles.xml", "<x/>"}})) == "CORRUPT_DOCUMENT");
  CHECK(refusal(archive_of({{"word/document.xml", "<w:document"}})) == "CORRUPT_DOCUMENT");
  CHECK(refusal(archive_of({{"a", "1"}, {"a", "2"}})) == "CORRUPT_DOCUMENT");
  CHECK(refusal("PK\x03\x04 and no more") == "CORRUPT_DOCUMENT");
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<w:tbl><w:tr><w:tc>";
  for (int i = 0; i < 100'000; ++i) deep += "</w:tc></w:tr></w:tbl>";
  CHECK(refusal(docx_of(deep)) == "LIMIT_EXCEEDED");
  std::string damaged = docx_of("<w:p>" + run("words") + "</w:p>");
  damaged[damaged.find("words")] = 'W'; // which the checksum notices
  CHECK(refusal(damaged) == "CORRUPT_DOCUMENT");
}
