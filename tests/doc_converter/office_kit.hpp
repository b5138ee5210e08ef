// Office packages made by hand, for the tests and fuzzers of their readers.
#pragma once

#include "io/output.hpp"
#include "package/archive_writer.hpp"

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

namespace doc::test {

using Parts = std::vector<std::pair<std::string, std::string>>;

// The archive's bytes.
inline std::string archive_of(const Parts& parts) {
  char path[] = "/tmp/doc-converter-test-XXXXXX";
  const int descriptor = mkstemp(path);
  if (descriptor < 0) throw std::runtime_error("cannot make a temporary file");
  unlink(path);
  Output output(descriptor, 1ull << 30);
  package::ArchiveWriter archive(output);
  for (const auto& part : parts) archive.add_stored(part.first, part.second);
  archive.finish();
  std::string bytes(output.size(), '\0');
  bytes.resize(output.read_at(0, bytes.data(), bytes.size()));
  return bytes;
}

inline constexpr std::string_view docx_namespaces =
    R"(xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" )"
    R"(xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" )"
    R"(xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" )"
    R"(xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" )"
    R"(xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" )"
    R"(xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" )"
    R"(xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" )"
    R"(xmlns:v="urn:schemas-microsoft-com:vml")";

inline std::string relationships_of(std::string_view list) {
  return std::string(R"(<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">)")
      .append(list)
      .append("</Relationships>");
}

// A document with that body, and those elements of styles.xml, numbering.xml and footnotes.xml. Its main part has an
// unusual name.
inline std::string docx_of(const std::string& body, const std::string& styles = {}, const std::string& numbering = {},
                           const std::string& footnotes = {}) {
  const std::string type = R"(Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/)";
  const auto part = [](const char* root, const std::string& content) {
    return std::string("<w:")
        .append(root)
        .append(" ")
        .append(docx_namespaces)
        .append(">")
        .append(content)
        .append("</w:")
        .append(root)
        .append(">");
  };
  return archive_of({
      {"_rels/.rels",
       relationships_of("<Relationship Id=\"a\" " + type + "officeDocument\" Target=\"/word/main.xml\"/>")},
      {"word/_rels/main.xml.rels",
       relationships_of("<Relationship Id=\"s\" " + type + "styles\" Target=\"styles.xml\"/><Relationship Id=\"n\" " +
                        type + "numbering\" Target=\"numbering.xml\"/><Relationship Id=\"f\" " + type +
                        "footnotes\" Target=\"footnotes.xml\"/><Relationship Id=\"u\" " + type +
                        "hyperlink\" Target=\"https://example.org/\" TargetMode=\"External\"/>")},
      {"word/main.xml", part("document", "<w:body>" + body + "</w:body>")},
      {"word/styles.xml", part("styles", styles)},
      {"word/numbering.xml", part("numbering", numbering)},
      {"word/footnotes.xml", part("footnotes", footnotes)},
  });
}

inline constexpr std::string_view odt_namespaces =
    R"(xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" )"
    R"(xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" )"
    R"(xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" )"
    R"(xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" )"
    R"(xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" )"
    R"(xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" )"
    R"(xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0" )"
    R"(xmlns:xlink="http://www.w3.org/1999/xlink")";

// A document with that text, and those automatic styles.
inline std::string odt_of(const std::string& text, const std::string& styles = {}, const std::string& manifest = {}) {
  return archive_of({
      {"mimetype", "application/vnd.oasis.opendocument.text"},
      {"META-INF/manifest.xml",
       "<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\">" + manifest +
           "</manifest:manifest>"},
      {"content.xml", std::string("<office:document-content ")
                          .append(odt_namespaces)
                          .append("><office:automatic-styles>")
                          .append(styles)
                          .append("</office:automatic-styles><office:body><office:text>")
                          .append(text)
                          .append("</office:text></office:body></office:document-content>")},
  });
}

} // namespace doc::test
