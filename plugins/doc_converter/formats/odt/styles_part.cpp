// styles.xml: the common styles, by the names that LibreOffice gives to its own, and the page.
#include "static_parts.hpp"

#include <string_view>

namespace doc::odt {
namespace {

constexpr std::string_view fonts = R"(<office:font-face-decls>
<style:font-face style:name="Calibri" svg:font-family="Calibri, Carlito, 'Liberation Sans'"/>
<style:font-face style:name="Liberation Mono" svg:font-family="'Liberation Mono', 'Courier New'" style:font-pitch="fixed"/>
</office:font-face-decls>)";

constexpr std::string_view first_styles = R"(
<style:style style:name="Standard" style:family="paragraph" style:class="text"/>
<style:style style:name="Text_20_body" style:display-name="Text body" style:family="paragraph"
 style:parent-style-name="Standard" style:class="text"><style:paragraph-properties fo:margin-top="0pt"
 fo:margin-bottom="6pt" fo:line-height="110%"/></style:style>
<style:style style:name="Heading" style:family="paragraph" style:parent-style-name="Standard"
 style:next-style-name="Text_20_body" style:class="text"><style:paragraph-properties fo:margin-top="12pt"
 fo:margin-bottom="5pt" fo:keep-with-next="always"/></style:style>)";

constexpr std::string_view other_styles = R"(
<style:style style:name="Title" style:family="paragraph" style:parent-style-name="Heading" style:class="chapter">
<style:text-properties fo:font-size="26pt"/></style:style>
<style:style style:name="Quotations" style:family="paragraph" style:parent-style-name="Standard" style:class="html">
<style:paragraph-properties fo:margin-left="28pt" fo:margin-right="28pt" fo:margin-top="0pt" fo:margin-bottom="8pt"/>
<style:text-properties fo:font-style="italic" style:font-style-asian="italic" style:font-style-complex="italic"/>
</style:style>
<style:style style:name="Preformatted_20_Text" style:display-name="Preformatted Text" style:family="paragraph"
 style:parent-style-name="Standard" style:class="html"><style:paragraph-properties fo:margin-top="0pt"
 fo:margin-bottom="6pt" fo:background-color="#f2f2f2"/><style:text-properties style:font-name="Liberation Mono"
 fo:font-size="9.5pt"/></style:style>
<style:style style:name="Horizontal_20_Line" style:display-name="Horizontal Line" style:family="paragraph"
 style:parent-style-name="Standard" style:next-style-name="Text_20_body" style:class="html">
<style:paragraph-properties fo:margin-top="0pt" fo:margin-bottom="14pt" fo:border-bottom="0.75pt solid #808080"
 fo:border-left="none" fo:border-right="none" fo:border-top="none" fo:padding="0pt"/>
<style:text-properties fo:font-size="6pt"/></style:style>
<style:style style:name="Table_20_Contents" style:display-name="Table Contents" style:family="paragraph"
 style:parent-style-name="Standard" style:class="extra"/>
<style:style style:name="Table_20_Heading" style:display-name="Table Heading" style:family="paragraph"
 style:parent-style-name="Table_20_Contents" style:class="extra"><style:text-properties fo:font-weight="bold"
 style:font-weight-asian="bold" style:font-weight-complex="bold"/></style:style>
<style:style style:name="Caption" style:family="paragraph" style:parent-style-name="Standard" style:class="extra">
<style:paragraph-properties fo:margin-top="6pt" fo:margin-bottom="6pt" fo:keep-with-next="always"/>
<style:text-properties fo:font-size="10pt" fo:font-style="italic" style:font-style-asian="italic"
 style:font-style-complex="italic"/></style:style>
<style:style style:name="Table" style:family="paragraph" style:parent-style-name="Caption" style:class="extra"/>
<style:style style:name="Footnote" style:family="paragraph" style:parent-style-name="Standard" style:class="extra">
<style:paragraph-properties fo:margin-left="17pt" fo:text-indent="-17pt"/><style:text-properties fo:font-size="10pt"/>
</style:style>
<style:style style:name="Endnote" style:family="paragraph" style:parent-style-name="Standard" style:class="extra">
<style:paragraph-properties fo:margin-left="17pt" fo:text-indent="-17pt"/><style:text-properties fo:font-size="10pt"/>
</style:style>
<style:style style:name="Graphics" style:family="graphic"><style:graphic-properties text:anchor-type="as-char"/>
</style:style>
<style:style style:name="Source_20_Text" style:display-name="Source Text" style:family="text"><style:text-properties
 style:font-name="Liberation Mono" fo:font-size="10pt"/></style:style>
<style:style style:name="Internet_20_link" style:display-name="Internet link" style:family="text">
<style:text-properties fo:color="#0563c1" style:text-underline-style="solid" style:text-underline-width="auto"
 style:text-underline-color="font-color"/></style:style>
<style:style style:name="Visited_20_Internet_20_Link" style:display-name="Visited Internet Link" style:family="text">
<style:text-properties fo:color="#954f72" style:text-underline-style="solid" style:text-underline-width="auto"
 style:text-underline-color="font-color"/></style:style>
<style:style style:name="Footnote_20_Symbol" style:display-name="Footnote Symbol" style:family="text"/>
<style:style style:name="Footnote_20_anchor" style:display-name="Footnote anchor" style:family="text">
<style:text-properties style:text-position="super 58%"/></style:style>
<style:style style:name="Endnote_20_Symbol" style:display-name="Endnote Symbol" style:family="text"/>
<style:style style:name="Endnote_20_anchor" style:display-name="Endnote anchor" style:family="text">
<style:text-properties style:text-position="super 58%"/></style:style>
<text:notes-configuration text:note-class="footnote" text:citation-style-name="Footnote_20_Symbol"
 text:citation-body-style-name="Footnote_20_anchor" style:num-format="1" text:start-value="0"
 text:footnotes-position="page" text:start-numbering-at="document"/>
<text:notes-configuration text:note-class="endnote" text:citation-style-name="Endnote_20_Symbol"
 text:citation-body-style-name="Endnote_20_anchor" style:num-format="1" text:start-value="0"/>)";

constexpr std::string_view page = R"(<office:automatic-styles><style:page-layout style:name="Page">
<style:page-layout-properties fo:page-width="595.28pt" fo:page-height="841.89pt" style:print-orientation="portrait"
 fo:margin-top="72pt" fo:margin-bottom="72pt" fo:margin-left="72pt" fo:margin-right="72pt"/></style:page-layout>
</office:automatic-styles><office:master-styles><style:master-page style:name="Standard" style:page-layout-name="Page"/>
</office:master-styles>)";

void write_default(xml::Writer& xml, const std::string& language) {
  const std::size_t hyphen = language.find('-');
  xml.start("style:default-style");
  xml.attribute("style:family", "paragraph");
  xml.start("style:text-properties");
  xml.attribute("style:font-name", "Calibri");
  xml.attribute("fo:font-size", "11pt");
  if (!language.empty()) {
    xml.attribute("fo:language", std::string_view(language).substr(0, hyphen));
    xml.attribute("fo:country", hyphen == std::string::npos ? "none" : language.substr(language.rfind('-') + 1));
  }
  xml.end();
  xml.end();
}

void write_heading(xml::Writer& xml, int level) {
  constexpr std::string_view sizes[] = {"18pt", "15pt", "13pt", "12pt", "11pt", "11pt"};
  const std::string number = std::to_string(level);
  xml.start("style:style");
  xml.attribute("style:name", "Heading_20_" + number);
  xml.attribute("style:display-name", "Heading " + number);
  xml.attribute("style:family", "paragraph");
  xml.attribute("style:parent-style-name", "Heading");
  xml.attribute("style:next-style-name", "Text_20_body");
  xml.attribute("style:default-outline-level", level);
  xml.attribute("style:class", "text");
  xml.start("style:text-properties");
  xml.attribute("fo:font-size", sizes[level - 1]);
  for (const std::string_view weight : {"fo:font-weight", "style:font-weight-asian", "style:font-weight-complex"})
    xml.attribute(weight, "bold");
  xml.end();
  xml.end();
}

void write_outline(xml::Writer& xml) {
  xml.start("text:outline-style");
  xml.attribute("style:name", "Outline");
  for (int level = 1; level <= 10; ++level) {
    xml.start("text:outline-level-style");
    xml.attribute("text:level", level);
    xml.attribute("style:num-format", "");
    xml.end();
  }
  xml.end();
}

} // namespace

std::string styles_part(const std::string& language) {
  xml::Writer xml;
  start_root(xml, "office:document-styles");
  xml.raw(fonts);
  xml.start("office:styles");
  write_default(xml, language);
  xml.raw(first_styles);
  for (int level = 1; level <= 6; ++level) write_heading(xml, level);
  xml.raw(other_styles);
  write_outline(xml);
  xml.end();
  xml.raw(page);
  xml.end();
  return xml.taken();
}

} // namespace doc::odt
