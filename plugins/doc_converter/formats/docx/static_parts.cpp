#include "static_parts.hpp"

#include "../../text/utf8.hpp"
#include "../../xml/writer.hpp"
#include "namespaces.hpp"

namespace doc::docx {
namespace {

constexpr std::string_view word_type = "application/vnd.openxmlformats-officedocument.wordprocessingml.";

void write_override(xml::Writer& xml, std::string_view part, const std::string& type) {
  xml.start("Override");
  xml.attribute("PartName", part);
  xml.attribute("ContentType", type);
  xml.end();
}

void write_default(xml::Writer& xml, std::string_view extension, std::string_view type) {
  xml.start("Default");
  xml.attribute("Extension", extension);
  xml.attribute("ContentType", type);
  xml.end();
}

void write_relationship(xml::Writer& xml, std::string_view id, std::string_view type, std::string_view target) {
  xml.start("Relationship");
  xml.attribute("Id", id);
  xml.attribute("Type", type);
  xml.attribute("Target", target);
  xml.end();
}

void write_text(xml::Writer& xml, std::string_view element, const std::string& text) {
  if (text.empty()) return;
  xml.start(element);
  xml.text(clean_text(text));
  xml.end();
}

} // namespace

std::string content_types_part(const PartsWritten& parts, const package::Pictures& pictures) {
  xml::Writer xml;
  xml.declaration();
  xml.start("Types");
  xml.attribute("xmlns", "http://schemas.openxmlformats.org/package/2006/content-types");
  write_default(xml, "rels", "application/vnd.openxmlformats-package.relationships+xml");
  write_default(xml, "xml", "application/xml");
  for (const auto& type : pictures.types()) write_default(xml, type.first, type.second);
  const auto word = [&](std::string_view name, std::string_view kind) {
    write_override(xml, "/word/" + std::string(name) + ".xml", std::string(word_type).append(kind).append("+xml"));
  };
  word("document", "document.main");
  word("styles", "styles");
  word("settings", "settings");
  if (parts.numbering) word("numbering", "numbering");
  if (parts.footnotes) word("footnotes", "footnotes");
  if (parts.endnotes) word("endnotes", "endnotes");
  write_override(xml, "/docProps/core.xml", "application/vnd.openxmlformats-package.core-properties+xml");
  xml.end();
  return xml.taken();
}

std::string package_relationships_part() {
  xml::Writer xml;
  xml.declaration();
  xml.start("Relationships");
  xml.attribute("xmlns", package_relationships_namespace);
  write_relationship(xml, "rId1", std::string(relationships_namespace).append("/officeDocument"), "word/document.xml");
  write_relationship(xml, "rId2", std::string(package_relationships_namespace).append("/metadata/core-properties"),
                     "docProps/core.xml");
  xml.end();
  return xml.taken();
}

std::string core_properties_part(const Metadata& metadata) {
  xml::Writer xml;
  xml.declaration();
  xml.start("cp:coreProperties");
  xml.attribute("xmlns:cp", "http://schemas.openxmlformats.org/package/2006/metadata/core-properties");
  xml.attribute("xmlns:dc", "http://purl.org/dc/elements/1.1/");
  write_text(xml, "dc:title", metadata.title);
  write_text(xml, "dc:subject", metadata.subject);
  write_text(xml, "dc:creator", metadata.author);
  write_text(xml, "cp:keywords", metadata.keywords);
  write_text(xml, "dc:language", metadata.language);
  xml.end();
  return xml.taken();
}

std::string settings_part(const PartsWritten& parts) {
  xml::Writer xml;
  xml.declaration();
  xml.start("w:settings");
  xml.attribute("xmlns:w", main_namespace);
  xml.element("w:defaultTabStop", "w:val", 720);
  xml.element("w:characterSpacingControl", "w:val", "doNotCompress");
  const auto separators = [&](std::string_view properties, std::string_view note) {
    xml.start(properties);
    xml.element(note, "w:id", -1);
    xml.element(note, "w:id", 0);
    xml.end();
  };
  if (parts.footnotes) separators("w:footnotePr", "w:footnote");
  if (parts.endnotes) separators("w:endnotePr", "w:endnote");
  xml.start("w:compat");
  xml.start("w:compatSetting");
  xml.attribute("w:name", "compatibilityMode");
  xml.attribute("w:uri", "http://schemas.microsoft.com/office/word");
  xml.attribute("w:val", "15");
  xml.end();
  xml.end();
  xml.end();
  return xml.taken();
}

std::string note_separators(bool at_end) {
  xml::Writer xml;
  const std::string_view note = at_end ? "w:endnote" : "w:footnote";
  const auto separator = [&](std::string_view type, int id, std::string_view mark) {
    xml.start(note);
    xml.attribute("w:type", type);
    xml.attribute("w:id", id);
    xml.start("w:p");
    xml.start("w:r");
    xml.element(mark);
    xml.end();
    xml.end();
    xml.end();
  };
  separator("separator", -1, "w:separator");
  separator("continuationSeparator", 0, "w:continuationSeparator");
  return xml.taken();
}

} // namespace doc::docx
