// Written DOCX holds to the rules that strict readers insist on: Word offers a repair where one is broken. The rules
// are taken from ECMA-376, parts 1 and 2; schemas are not ours to copy.
#include "formats/docx/docx.hpp"
#include "package_kit.hpp"

#include <algorithm>
#include <map>

using namespace doc;
using namespace doc::test;

namespace {

void check_children(pugi::xml_node root, const std::map<std::string, std::vector<std::string>>& orders) {
  for (const pugi::xml_node node : elements_of(root)) {
    const auto order = orders.find(node.name());
    if (order == orders.end()) continue;
    std::size_t at = 0;
    for (const pugi::xml_node child : node.children()) {
      if (child.type() != pugi::node_element) continue;
      INFO(node.name() << ": " << child.name());
      while (at < order->second.size() && order->second[at] != child.name()) ++at;
      CHECK(at < order->second.size());
    }
  }
}

// ECMA-376 part 1, annex A: sequences that are longer than those that writers know by heart.
const std::map<std::string, std::vector<std::string>> docx_orders = {
    {"w:pPr", {"w:pStyle",  "w:keepNext",      "w:keepLines",  "w:pageBreakBefore",
               "w:framePr", "w:widowControl",  "w:numPr",      "w:suppressLineNumbers",
               "w:pBdr",    "w:shd",           "w:tabs",       "w:suppressAutoHyphens",
               "w:bidi",    "w:spacing",       "w:ind",        "w:contextualSpacing",
               "w:jc",      "w:textDirection", "w:outlineLvl", "w:rPr",
               "w:sectPr"}},
    {"w:rPr", {"w:rStyle", "w:rFonts",    "w:b",      "w:bCs",   "w:i",         "w:iCs",  "w:caps",     "w:smallCaps",
               "w:strike", "w:noProof",   "w:vanish", "w:color", "w:spacing",   "w:kern", "w:position", "w:sz",
               "w:szCs",   "w:highlight", "w:u",      "w:shd",   "w:vertAlign", "w:rtl",  "w:cs",       "w:lang"}},
    {"w:tblPr",
     {"w:tblStyle", "w:tblpPr", "w:bidiVisual", "w:tblW", "w:jc", "w:tblCellSpacing", "w:tblInd", "w:tblBorders",
      "w:shd", "w:tblLayout", "w:tblCellMar", "w:tblLook", "w:tblCaption"}},
    {"w:tcPr",
     {"w:cnfStyle", "w:tcW", "w:gridSpan", "w:vMerge", "w:tcBorders", "w:shd", "w:noWrap", "w:tcMar", "w:vAlign"}},
    {"w:sectPr",
     {"w:headerReference", "w:footerReference", "w:footnotePr", "w:endnotePr", "w:type", "w:pgSz", "w:pgMar",
      "w:pgNumType", "w:cols", "w:titlePg", "w:bidi", "w:docGrid"}},
    {"w:numPr", {"w:ilvl", "w:numId"}},
    {"w:tbl", {"w:tblPr", "w:tblGrid", "w:tr"}},
    {"w:abstractNum", {"w:nsid", "w:multiLevelType", "w:tmpl", "w:name", "w:styleLink", "w:lvl"}},
    {"w:lvl", {"w:start", "w:numFmt", "w:lvlRestart", "w:pStyle", "w:suff", "w:lvlText", "w:lvlJc", "w:pPr", "w:rPr"}},
    {"w:styles", {"w:docDefaults", "w:latentStyles", "w:style"}},
    {"w:style",
     {"w:name", "w:aliases", "w:basedOn", "w:next", "w:link", "w:uiPriority", "w:semiHidden", "w:unhideWhenUsed",
      "w:qFormat", "w:pPr", "w:rPr", "w:tblPr", "w:trPr", "w:tcPr", "w:tblStylePr"}},
    {"wp:inline", {"wp:extent", "wp:effectExtent", "wp:docPr", "wp:cNvGraphicFramePr", "a:graphic"}},
    {"pic:pic", {"pic:nvPicPr", "pic:blipFill", "pic:spPr"}},
};

long span_of(pugi::xml_node cell) {
  return xml::number_of(cell.child("w:tcPr").child("w:gridSpan"), "w:val", 1, 1, 1000);
}

// Cells end with a paragraph (17.4.65), and every row fills the grid.
void check_tables(pugi::xml_node root) {
  for (const pugi::xml_node node : elements_of(root)) {
    if (xml::is(node, "w:tc")) CHECK(std::string(node.last_child().name()) == "w:p");
    if (!xml::is(node, "w:tbl")) continue;
    const auto grid = node.child("w:tblGrid").children("w:gridCol");
    const auto columns = std::distance(grid.begin(), grid.end());
    CHECK(columns > 0);
    for (const pugi::xml_node row : node.children("w:tr")) {
      CHECK(row.child("w:tc"));
      long filled = 0;
      for (const pugi::xml_node cell : row.children("w:tc")) filled += span_of(cell);
      CHECK(filled == columns);
    }
  }
}

std::string rels_of(const std::string& part) {
  const std::size_t slash = part.rfind('/');
  return part.substr(0, slash + 1) + "_rels/" + part.substr(slash + 1) + ".rels";
}

} // namespace

TEST_CASE("every part of a written docx has a type, and every relationship leads to one") {
  Package package(write_all(docx::make_writer, sample_metadata(), awkward_blocks()));
  const auto types = package.tree("[Content_Types].xml");
  const Names by_extension = unique_values(types->root(), "Default", "Extension");
  const Names overridden = unique_values(types->root(), "Override", "PartName");
  for (const std::string& name : overridden) CHECK(package.names().count(name.substr(1)) == 1);
  for (const std::string& name : package.names()) {
    if (name == "[Content_Types].xml") continue;
    INFO(name);
    const std::string extension = name.substr(name.rfind('.') + 1);
    CHECK((overridden.count("/" + name) == 1 || (by_extension.count(extension) == 1 && extension != "xml")));
    if (extension != "rels") continue;
    const auto tree = package.tree(name);
    unique_values(tree->root(), "Relationship", "Id");
    for (const pugi::xml_node one : tree->root().children("Relationship")) {
      INFO(one.attribute("Target").value());
      CHECK(std::string(one.attribute("Type").value()).rfind("http://schemas.openxmlformats.org/", 0) == 0);
      if (xml::value_of(one, "TargetMode") == "External") continue;
      const std::string folder = name.substr(0, name.rfind("_rels/"));
      CHECK(package.names().count(folder + one.attribute("Target").value()) == 1);
    }
  }
}

TEST_CASE("what a written docx names is there, once") {
  Package package(write_all(docx::make_writer, sample_metadata(), awkward_blocks()));
  const auto styles_part = package.tree("word/styles.xml");
  const Names styles = unique_values(styles_part->root(), "w:style", "w:styleId");
  const auto numbering_part = package.tree("word/numbering.xml");
  const Names numbers = unique_values(numbering_part->root(), "w:num", "w:numId");
  unique_values(numbering_part->root(), "w:abstractNum", "w:abstractNumId");
  Names bookmarks, bookmark_ids, drawings;
  for (const std::string& part : package.names()) {
    if (part.rfind("word/", 0) != 0 || part.find("_rels") != std::string::npos ||
        part.find(".xml") == std::string::npos)
      continue;
    INFO(part);
    const auto tree = package.tree(part);
    check_children(tree->root(), docx_orders);
    check_tables(tree->root());
    const std::string rels = rels_of(part);
    const Names ids =
        package.names().count(rels) == 1 ? unique_values(package.tree(rels)->root(), "Relationship", "Id") : Names();
    const Names started = unique_values(tree->root(), "w:bookmarkStart", "w:id");
    CHECK(started == unique_values(tree->root(), "w:bookmarkEnd", "w:id"));
    for (const pugi::xml_node node : elements_of(tree->root())) {
      const std::string name = node.name(), value(xml::value_of(node, "w:val"));
      INFO(name << " " << value);
      for (const char* reference : {"r:id", "r:embed"}) {
        if (node.attribute(reference)) CHECK(ids.count(node.attribute(reference).value()) == 1);
      }
      if (name == "w:pStyle" || name == "w:rStyle" || name == "w:tblStyle" || name == "w:basedOn" || name == "w:next")
        CHECK(styles.count(value) == 1);
      if (name == "w:numId") CHECK((value == "0" || numbers.count(value) == 1));
      if (name == "wp:docPr") CHECK(drawings.insert(node.attribute("id").value()).second);
      if (name == "w:bookmarkStart") {
        const std::string mark = node.attribute("w:name").value();
        CHECK(bookmarks.insert(mark).second);
        CHECK(mark.size() <= 40); // which Word cuts
        CHECK(bookmark_ids.insert(node.attribute("w:id").value()).second);
      }
    }
  }
  for (const char* kind : {"footnote", "endnote"}) {
    const std::string element = std::string("w:") + kind;
    const Names notes =
        unique_values(package.tree("word/" + std::string(kind) + "s.xml")->root(), element.c_str(), "w:id");
    const Names used =
        unique_values(package.tree("word/document.xml")->root(), (element + "Reference").c_str(), "w:id");
    CHECK(!used.empty());
    CHECK(std::includes(notes.begin(), notes.end(), used.begin(), used.end()));
  }
}
