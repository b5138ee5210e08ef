// Documents inside of a document: what Word calls an altChunk, and programs that know HTML alone make DOCX with.
#include "catch.hpp"
#include "conversion.hpp"
#include "io/output.hpp"
#include "kit.hpp"
#include "office_kit.hpp"

using namespace doc;
using namespace doc::test;

namespace {

const std::string usual_body = "<w:p><w:r><w:t>before</w:t></w:r></w:p><w:altChunk r:id=\"c\"/>"
                               "<w:p><w:r><w:t>behind</w:t></w:r></w:p>";

std::string with_chunk(const std::string& name, const std::string& bytes, const std::string& mode = {},
                       const std::string& body = usual_body) {
  const std::string type = R"(Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/)";
  return archive_of({
      {"_rels/.rels",
       relationships_of("<Relationship Id=\"a\" " + type + "officeDocument\" Target=\"word/document.xml\"/>")},
      {"word/_rels/document.xml.rels",
       relationships_of("<Relationship Id=\"c\" " + type + "aFChunk\" Target=\"" + name + "\"" + mode + "/>")},
      {"word/document.xml",
       "<w:document " + std::string(docx_namespaces) + "><w:body>" + body + "</w:body></w:document>"},
      {"word/" + name, bytes},
  });
}

std::string markdown_of(const std::string& bytes) {
  const auto input = input_of(bytes, "x.docx");
  char path[] = "/tmp/doc-converter-test-XXXXXX";
  const int descriptor = mkstemp(path);
  REQUIRE(descriptor >= 0);
  unlink(path);
  Output output(descriptor, 1 << 20);
  Context context({});
  convert(*input, std::nullopt, Format::markdown, output, context);
  std::string text(output.size(), '\0');
  text.resize(output.read_at(0, text.data(), text.size()));
  return text;
}

const std::string archive_head =
    "MIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n    type=\"text/html\";\r\n"
    "    boundary=\"=part\"\r\n\r\n--=part\r\nContent-Type: text/html; charset=\"utf-8\"\r\n"
    "Content-Transfer-Encoding: quoted-printable\r\nContent-Location: file:///x.html\r\n\r\n";

} // namespace

TEST_CASE("documents of other formats inside of a DOCX are read where they stand", "[embedded]") {
  CHECK(markdown_of(with_chunk("a.html", "<html><body><h2>In</h2><p>one <b>two</b></p></body></html>")) ==
        "before\n\n## In\n\none **two**\n\nbehind\n");
  CHECK(markdown_of(with_chunk("a.rtf", "{\\rtf1 one {\\b two}\\par}")) == "before\n\none **two**\n\nbehind\n");
  CHECK(markdown_of(with_chunk("a.txt", "one two\n")) == "before\n\none two\n\nbehind\n");
  CHECK(markdown_of(with_chunk("a.docx", with_chunk("b.html", "<p>inner</p>"))) ==
        "before\n\nbefore\n\ninner\n\nbehind\n\nbehind\n");
}

TEST_CASE("a page inside of a DOCX brings its pictures in its archive", "[embedded]") {
  const std::string page =
      archive_head +
      "<p>gr=C3=BC=C3=9Fe an a=\r\nlle <img src=3D\"file:///i.png\" alt=3D\"dot\"></p>\r\n--=part\r\n"
      "Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\nContent-Location: file:///i.png\r\n\r\n"
      "iVBORw0K\r\nGgo=\r\n--=part--\r\n";
  CHECK(markdown_of(with_chunk("a.mht", page))
            .find("gr\xc3\xbc\xc3\x9f"
                  "e an alle ![dot](data:image/png;base64,iVBORw0KGgo=)") != std::string::npos);
}

TEST_CASE("a page inside of a DOCX may stand alone, be cut off, or say nothing", "[embedded]") {
  CHECK(markdown_of(with_chunk("a.mht", archive_head + "<p>one</p>\r\n")) == "before\n\none\n\nbehind\n");
  CHECK(markdown_of(with_chunk("a.mht", "MIME-Version: 1.0\nContent-Type: text/html\n\n<p>one</p>")) ==
        "before\n\none\n\nbehind\n");
  CHECK(markdown_of(with_chunk("a.mht", "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary = \"x\"\n\n--x\n"
                                        "Content-Type: text/plain\n\nno page\n--x--\n")) == "before\n\nbehind\n");
  const std::string page = "<html>\r\n<p>Content-Type: multipart/mixed</p>\r\n\r\n<p>two</p></html>";
  CHECK(markdown_of(with_chunk("a.html", page)) == "before\n\nContent-Type: multipart/mixed\n\ntwo\n\nbehind\n");
}

TEST_CASE("only what shows a picture becomes one", "[embedded]") {
  const std::string page =
      archive_head + "<p><a href=3D\"i.png\">see \"i.png\"</a> <img src=3D'i.png'></p>\r\n--=3Dpart\r\n";
  std::string bytes =
      page.substr(0, page.size() - 11) +
      "--=part\r\nContent-Type: image/png\r\n"
      "Content-Transfer-Encoding: base64\r\nContent-Location: file:///i.png\r\n\r\niVBORw0KGgo=\r\n--=part--\r\n";
  const std::string text = markdown_of(with_chunk("a.mht", bytes));
  CHECK(text.find("see \"i.png\"") != std::string::npos);
  CHECK(text.find("![](data:image/png;base64,iVBORw0KGgo=)") != std::string::npos);
}

TEST_CASE("a picture may be named by its content's id", "[embedded]") {
  const std::string page =
      "MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\n--x\nContent-Type: text/html\n\n"
      "<p><img src='cid:a-rather-long-name@example.org'></p>\n--x\nContent-Type: image/png\n"
      "Content-ID: <a-rather-long-name@example.org>\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n--x--\n";
  CHECK(markdown_of(with_chunk("a.mht", page)).find("![](data:image/png;base64,iVBORw0KGgo=)") != std::string::npos);
}

TEST_CASE("documents inside of a DOCX are counted", "[embedded]") {
  std::string body;
  for (int i = 0; i < 1001; ++i) body += "<w:altChunk r:id=\"c\"/>";
  CHECK(refusal_of([&] { markdown_of(with_chunk("a.html", "<p>x</p>", {}, body)); }) == "LIMIT_EXCEEDED");
  const std::string deleted = "<w:p><w:pPr><w:rPr><w:del w:id=\"1\"/></w:rPr></w:pPr><w:r><w:t>first</w:t></w:r></w:p>";
  CHECK(markdown_of(with_chunk("a.html", "<p>x</p>", {}, deleted + "<w:altChunk r:id=\"c\"/>")) == "first\n\nx\n");
}

TEST_CASE("what a DOCX has inside can neither nest without end nor lead outside", "[embedded]") {
  std::string nested = with_chunk("a.html", "<p>bottom</p>");
  for (int i = 0; i < 6; ++i) nested = with_chunk("a.docx", nested);
  CHECK(markdown_of(nested).find("bottom") == std::string::npos);
  CHECK(markdown_of(with_chunk("a.html", "<p>no</p>", " TargetMode=\"External\"")) == "before\n\nbehind\n");
  CHECK(markdown_of(with_chunk("../../../etc/passwd", "x")) == "before\n\nbehind\n");
  for (const char* damaged : {"PK\x03\x04 cut off", "%PDF-1.4", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
                              "MIME-Version: 1.0\nContent-Type: multipart/related; boundary=\n\n"})
    CHECK(markdown_of(with_chunk("a.docx", damaged)).find("behind") != std::string::npos);
}
