// styles.xml. Names are those that Word knows its own styles by, and where it has none, those of pandoc and
// LibreOffice, so that all of them see headings, quotes and code.
#include "static_parts.hpp"

#include "../../xml/writer.hpp"
#include "namespaces.hpp"

#include <string_view>

namespace doc::docx {
namespace {

// Sizes are half points, spaces twentieths of a point.
constexpr std::string_view defaults = R"(<w:rPrDefault><w:rPr>
<w:rFonts w:ascii="Calibri" w:eastAsia="Calibri" w:hAnsi="Calibri" w:cs="Arial"/><w:sz w:val="22"/><w:szCs w:val="22"/>)";

constexpr std::string_view paragraph_defaults =
    R"(<w:pPrDefault><w:pPr><w:spacing w:after="120" w:line="264" w:lineRule="auto"/></w:pPr></w:pPrDefault>)";

constexpr std::string_view basic_styles = R"(
<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/></w:style>
<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont"><w:name w:val="Default Paragraph Font"/>
<w:uiPriority w:val="1"/><w:semiHidden/></w:style>
<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/><w:uiPriority w:val="99"/>
<w:semiHidden/><w:tblPr><w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar><w:top w:w="0" w:type="dxa"/>
<w:left w:w="108" w:type="dxa"/><w:bottom w:w="0" w:type="dxa"/><w:right w:w="108" w:type="dxa"/></w:tblCellMar>
</w:tblPr></w:style>
<w:style w:type="numbering" w:default="1" w:styleId="NoList"><w:name w:val="No List"/><w:uiPriority w:val="99"/>
<w:semiHidden/></w:style>)";

constexpr std::string_view other_styles = R"(
<w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/><w:basedOn w:val="Normal"/><w:next w:val="Normal"/>
<w:qFormat/><w:pPr><w:spacing w:after="240"/></w:pPr><w:rPr><w:sz w:val="52"/><w:szCs w:val="52"/></w:rPr></w:style>
<w:style w:type="paragraph" w:styleId="ListParagraph"><w:name w:val="List Paragraph"/><w:basedOn w:val="Normal"/>
<w:qFormat/><w:pPr><w:spacing w:after="60"/><w:ind w:left="720"/></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="Quote"><w:name w:val="Quote"/><w:basedOn w:val="Normal"/><w:qFormat/>
<w:pPr><w:pBdr><w:left w:val="single" w:sz="12" w:space="8" w:color="BFBFBF"/></w:pBdr><w:ind w:left="567" w:right="567"/>
</w:pPr><w:rPr><w:i/><w:iCs/></w:rPr></w:style>
<w:style w:type="paragraph" w:customStyle="1" w:styleId="SourceCode"><w:name w:val="Source Code"/>
<w:basedOn w:val="Normal"/><w:qFormat/><w:pPr><w:shd w:val="clear" w:color="auto" w:fill="F2F2F2"/>
<w:spacing w:after="120" w:line="240" w:lineRule="auto"/></w:pPr><w:rPr>
<w:rFonts w:ascii="Courier New" w:hAnsi="Courier New" w:cs="Courier New"/><w:noProof/><w:sz w:val="19"/><w:szCs w:val="19"/>
</w:rPr></w:style>
<w:style w:type="character" w:customStyle="1" w:styleId="VerbatimChar"><w:name w:val="Verbatim Char"/><w:qFormat/>
<w:rPr><w:rFonts w:ascii="Courier New" w:hAnsi="Courier New" w:cs="Courier New"/><w:sz w:val="20"/><w:szCs w:val="20"/>
</w:rPr></w:style>
<w:style w:type="paragraph" w:customStyle="1" w:styleId="HorizontalLine"><w:name w:val="Horizontal Line"/>
<w:basedOn w:val="Normal"/><w:pPr><w:pBdr><w:bottom w:val="single" w:sz="6" w:space="1" w:color="808080"/></w:pBdr>
</w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="Caption"><w:name w:val="caption"/><w:basedOn w:val="Normal"/><w:qFormat/>
<w:pPr><w:keepNext/></w:pPr><w:rPr><w:i/><w:iCs/><w:sz w:val="20"/><w:szCs w:val="20"/></w:rPr></w:style>
<w:style w:type="paragraph" w:customStyle="1" w:styleId="TableCaption"><w:name w:val="Table Caption"/>
<w:basedOn w:val="Caption"/></w:style>
<w:style w:type="paragraph" w:styleId="FootnoteText"><w:name w:val="footnote text"/><w:basedOn w:val="Normal"/>
<w:pPr><w:spacing w:after="0" w:line="240" w:lineRule="auto"/></w:pPr><w:rPr><w:sz w:val="20"/><w:szCs w:val="20"/></w:rPr>
</w:style>
<w:style w:type="character" w:styleId="FootnoteReference"><w:name w:val="footnote reference"/>
<w:rPr><w:vertAlign w:val="superscript"/></w:rPr></w:style>
<w:style w:type="paragraph" w:styleId="EndnoteText"><w:name w:val="endnote text"/><w:basedOn w:val="Normal"/>
<w:pPr><w:spacing w:after="0" w:line="240" w:lineRule="auto"/></w:pPr><w:rPr><w:sz w:val="20"/><w:szCs w:val="20"/></w:rPr>
</w:style>
<w:style w:type="character" w:styleId="EndnoteReference"><w:name w:val="endnote reference"/>
<w:rPr><w:vertAlign w:val="superscript"/></w:rPr></w:style>
<w:style w:type="character" w:styleId="Hyperlink"><w:name w:val="Hyperlink"/>
<w:rPr><w:color w:val="0563C1"/><w:u w:val="single"/></w:rPr></w:style>
<w:style w:type="table" w:styleId="TableGrid"><w:name w:val="Table Grid"/><w:basedOn w:val="TableNormal"/>
<w:pPr><w:spacing w:after="0" w:line="240" w:lineRule="auto"/></w:pPr><w:tblPr><w:tblBorders>
<w:top w:val="single" w:sz="4" w:space="0" w:color="auto"/><w:left w:val="single" w:sz="4" w:space="0" w:color="auto"/>
<w:bottom w:val="single" w:sz="4" w:space="0" w:color="auto"/><w:right w:val="single" w:sz="4" w:space="0" w:color="auto"/>
<w:insideH w:val="single" w:sz="4" w:space="0" w:color="auto"/><w:insideV w:val="single" w:sz="4" w:space="0" w:color="auto"/>
</w:tblBorders></w:tblPr><w:tblStylePr w:type="firstRow"><w:rPr><w:b/><w:bCs/></w:rPr><w:tcPr>
<w:shd w:val="clear" w:color="auto" w:fill="E7E6E6"/></w:tcPr></w:tblStylePr></w:style>)";

void write_heading_style(xml::Writer& xml, int level) {
  constexpr int half_points[] = {36, 30, 26, 24, 22, 22};
  const std::string number = std::to_string(level);
  xml.start("w:style");
  xml.attribute("w:type", "paragraph");
  xml.attribute("w:styleId", "Heading" + number);
  xml.element("w:name", "w:val", "heading " + number);
  xml.element("w:basedOn", "w:val", "Normal");
  xml.element("w:next", "w:val", "Normal");
  xml.element("w:qFormat");
  xml.start("w:pPr");
  xml.element("w:keepNext");
  xml.element("w:keepLines");
  xml.raw(level == 1 ? R"(<w:spacing w:before="360" w:after="120"/>)" : R"(<w:spacing w:before="240" w:after="80"/>)");
  xml.element("w:outlineLvl", "w:val", level - 1);
  xml.end();
  xml.start("w:rPr");
  xml.raw("<w:b/><w:bCs/>");
  if (level > 4) xml.raw("<w:i/><w:iCs/>");
  xml.element("w:sz", "w:val", half_points[level - 1]);
  xml.element("w:szCs", "w:val", half_points[level - 1]);
  xml.end();
  xml.end();
}

} // namespace

std::string styles_part(const std::string& language) {
  xml::Writer xml;
  xml.declaration();
  xml.start("w:styles");
  xml.attribute("xmlns:w", main_namespace);
  xml.start("w:docDefaults");
  xml.raw(defaults);
  if (!language.empty()) xml.element("w:lang", "w:val", std::string_view(language));
  xml.raw("</w:rPr></w:rPrDefault>");
  xml.raw(paragraph_defaults);
  xml.end();
  xml.raw(basic_styles);
  for (int level = 1; level <= 6; ++level) write_heading_style(xml, level);
  xml.raw(other_styles);
  xml.end();
  return xml.taken();
}

} // namespace doc::docx
