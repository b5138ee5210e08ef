// Written ODT holds to the rules of OpenDocument 1.3 that readers insist on; its schema is not ours to copy.
#include "formats/odt/odt.hpp"
#include "package_kit.hpp"

#include <utility>

using namespace doc;
using namespace doc::test;

TEST_CASE("a written odt begins with its type, and its manifest lists what is there") {
  const std::string bytes = write_all(odt::make_writer, sample_metadata(), awkward_blocks());
  // Part 2, 3.3: the first entry, stored, without an extra field.
  CHECK(bytes.substr(30, 47) == "mimetypeapplication/vnd.oasis.opendocument.text");
  CHECK(number_at(bytes, 8, 2) == 0);
  CHECK(number_at(bytes, 28, 2) == 0);
  Package package(bytes);
  Names listed =
      unique_values(package.tree("META-INF/manifest.xml")->root(), "manifest:file-entry", "manifest:full-path");
  CHECK(listed.erase("/") == 1);
  Names there = package.names();
  there.erase("mimetype");
  there.erase("META-INF/manifest.xml");
  CHECK(listed == there);
}

TEST_CASE("what a written odt names is there, once") {
  Package package(write_all(odt::make_writer, sample_metadata(), awkward_blocks()));
  const auto content = package.tree("content.xml"), common = package.tree("styles.xml");
  std::set<std::pair<std::string, std::string>> styles;
  for (const auto* tree : {&content, &common}) {
    for (const pugi::xml_node node : elements_of((*tree)->root())) {
      if (xml::is(node, "style:style"))
        styles.emplace(node.attribute("style:family").value(), node.attribute("style:name").value());
      if (xml::is(node, "text:list-style")) styles.emplace("list", node.attribute("style:name").value());
    }
  }
  Names bookmarks, ids;
  for (const pugi::xml_node node : elements_of(content->root().child("office:body"))) {
    const std::string name = node.name();
    INFO(name);
    const auto names_style = [&](const char* attribute, const char* family) {
      const std::string style = node.attribute(attribute).value();
      INFO(family << " " << style);
      if (!style.empty()) CHECK(styles.count({family, style}) == 1);
    };
    if (name == "text:p" || name == "text:h") names_style("text:style-name", "paragraph");
    if (name == "text:span") names_style("text:style-name", "text");
    if (name == "text:a") names_style("text:style-name", "text");
    if (name == "text:list") names_style("text:style-name", "list");
    if (name == "table:table") names_style("table:style-name", "table");
    if (name == "table:table-column") names_style("table:style-name", "table-column");
    if (name == "table:table-cell") names_style("table:style-name", "table-cell");
    if (name == "draw:frame") names_style("draw:style-name", "graphic");
    if (name == "draw:image") CHECK(package.names().count(node.attribute("xlink:href").value()) == 1);
    if (name == "text:bookmark") CHECK(bookmarks.insert(node.attribute("text:name").value()).second);
    if (node.attribute("xml:id")) CHECK(ids.insert(node.attribute("xml:id").value()).second);
    if (name == "text:note") CHECK(node.child("text:note-body").first_child());
  }
}

TEST_CASE("rows of written odt fill their tables' columns") {
  Package package(write_all(odt::make_writer, sample_metadata(), awkward_blocks()));
  const auto content = package.tree("content.xml");
  for (const pugi::xml_node node : elements_of(content->root())) {
    if (!xml::is(node, "table:table")) continue;
    long columns = 0;
    for (const pugi::xml_node column : node.children("table:table-column"))
      columns += xml::number_of(column, "table:number-columns-repeated", 1, 1, 1000);
    CHECK(columns > 0);
    for (const pugi::xml_node row : elements_of(node)) {
      if (!xml::is(row, "table:table-row")) continue;
      pugi::xml_node owner = row.parent();
      while (!xml::is(owner, "table:table")) owner = owner.parent();
      if (owner != node) continue;
      long filled = 0;
      for (const pugi::xml_node cell : row.children())
        filled += xml::number_of(cell, "table:number-columns-repeated", 1, 1, 1000);
      CHECK(filled == columns);
    }
  }
}
