#include "static_parts.hpp"

#include "../../text/utf8.hpp"

namespace doc::odt {
namespace {

constexpr std::string_view namespaces[][2] = {
    {"xmlns:office", "urn:oasis:names:tc:opendocument:xmlns:office:1.0"},
    {"xmlns:style", "urn:oasis:names:tc:opendocument:xmlns:style:1.0"},
    {"xmlns:text", "urn:oasis:names:tc:opendocument:xmlns:text:1.0"},
    {"xmlns:table", "urn:oasis:names:tc:opendocument:xmlns:table:1.0"},
    {"xmlns:draw", "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"},
    {"xmlns:fo", "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"},
    {"xmlns:svg", "urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"},
    {"xmlns:xlink", "http://www.w3.org/1999/xlink"},
    {"xmlns:meta", "urn:oasis:names:tc:opendocument:xmlns:meta:1.0"},
    {"xmlns:dc", "http://purl.org/dc/elements/1.1/"},
};

void write_text(xml::Writer& xml, std::string_view element, const std::string& text) {
  if (text.empty()) return;
  xml.start(element);
  xml.text(clean_text(text));
  xml.end();
}

} // namespace

void start_root(xml::Writer& xml, std::string_view name) {
  xml.declaration();
  xml.start(name);
  for (const auto& one : namespaces) xml.attribute(one[0], one[1]);
  xml.attribute("office:version", "1.3");
}

std::string manifest_part(const package::Pictures& pictures) {
  xml::Writer xml;
  xml.declaration();
  xml.start("manifest:manifest");
  xml.attribute("xmlns:manifest", "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0");
  xml.attribute("manifest:version", "1.3");
  const auto entry = [&](std::string_view path, std::string_view type) {
    xml.start("manifest:file-entry");
    xml.attribute("manifest:full-path", path);
    if (path == "/") xml.attribute("manifest:version", "1.3");
    xml.attribute("manifest:media-type", type);
    xml.end();
  };
  entry("/", media_type);
  for (const std::string_view part : {"content.xml", "styles.xml", "meta.xml"}) entry(part, "text/xml");
  for (const auto& picture : pictures.entries()) entry(picture.first, picture.second);
  xml.end();
  return xml.taken();
}

std::string meta_part(const Metadata& metadata) {
  xml::Writer xml;
  start_root(xml, "office:document-meta");
  xml.start("office:meta");
  write_text(xml, "dc:title", metadata.title);
  write_text(xml, "dc:subject", metadata.subject);
  write_text(xml, "meta:keyword", metadata.keywords);
  write_text(xml, "meta:initial-creator", metadata.author);
  write_text(xml, "dc:creator", metadata.author);
  write_text(xml, "dc:language", metadata.language);
  xml.end();
  xml.end();
  return xml.taken();
}

} // namespace doc::odt
