// Written packages, taken apart: what tests of DOCX and ODT ask whether strict readers would open them.
#pragma once

#include "catch.hpp"
#include "kit.hpp"
#include "package/archive_reader.hpp"
#include "xml/tree.hpp"

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace doc::test {

using Names = std::set<std::string>;

// What writers stumble over: everything twice, in notes, in cells, in lists, and side by side.
inline Blocks awkward_blocks() {
  Blocks blocks = sample_blocks();
  const auto picture = [] {
    auto image = std::make_shared<Image>();
    image->media_type = "image/png";
    image->bytes = std::make_shared<const std::string>(sample_png());
    image->alt = "A \"quoted\" <picture> & more";
    return Inline{std::shared_ptr<const Image>(image), {}, {}};
  };
  const auto anchored = [](const std::string& text) {
    return Block{Paragraph{{{Anchor{"here"}, {}, {}}, {Anchor{"1 x:y"}, {}, {}}, text_run(text, {}, "#here")}}};
  };
  Note note;
  Blocks said{Block{Paragraph{{picture(), text_run("a link", {}, "https://example.org/?a=1&b=\"2\"")}}}};
  said.push_back(anchored("in a note"));
  note.blocks = std::make_shared<const Blocks>(said);
  Note last = note;
  last.at_end = true;
  Table inner;
  inner.rows = {{{{{}}, {{paragraph("right")}, 1, 2}}}, {{{{anchored("left")}}}}};
  List list;
  list.items = {{{Block{inner}}},
                {{paragraph("one"), Block{List{Numbering::lower_roman, 4, {{{}}, {{heading(2, "h")}}}}}}}};
  Table table;
  table.rows.push_back({{{{Block{inner}}, 2}, {{Block{list}}, 1, 2}}, true});
  table.rows.push_back({{{{Block{Paragraph{{{note, {}, {}}, picture(), {last, {}, {}}}}}}}, {{Block{PageBreak{}}}}}});
  table.rows.push_back({});
  for (int i = 0; i < 2; ++i) {
    blocks.push_back({table});
    blocks.push_back({Table{}});
    blocks.push_back({list});
    blocks.push_back({Quote{{Block{table}, Block{Rule{}}, Block{list}}}});
    blocks.push_back({Paragraph{{{note, {}, {}}, picture(), {LineBreak{}, {}, {}}}}});
    blocks.push_back(anchored("again"));
    blocks.push_back({Heading{6, {{Anchor{"here"}, {}, {}}, text_run("again", {}, "http://example.org/#here")}}});
  }
  return blocks;
}

inline std::uint32_t number_at(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = count; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

// The names of an archive's entries, in the order of its directory (APPNOTE 4.3.12).
inline std::vector<std::string> entries_of(std::string_view bytes) {
  std::vector<std::string> names;
  const std::size_t end = bytes.rfind("PK\5\6");
  std::size_t at = number_at(bytes, end + 16, 4);
  for (std::uint32_t left = number_at(bytes, end + 10, 2); left > 0; --left) {
    const std::size_t name = number_at(bytes, at + 28, 2);
    names.emplace_back(bytes.substr(at + 46, name));
    at += 46 + name + number_at(bytes, at + 30, 2) + number_at(bytes, at + 32, 2);
  }
  return names;
}

class Package {
public:
  explicit Package(std::string bytes)
      : bytes_(std::move(bytes)), input_(input_of(bytes_)), archive_(*input_, context_) {
    const std::vector<std::string> all = entries_of(bytes_);
    names_.insert(all.begin(), all.end());
    CHECK(names_.size() == all.size());
  }
  const Names& names() const { return names_; }
  std::unique_ptr<xml::Tree> tree(const std::string& part) {
    return std::make_unique<xml::Tree>(*archive_.read(part, 64 << 20), part);
  }

private:
  std::string bytes_;
  std::unique_ptr<Input> input_;
  Context context_{Limits{}};
  package::ArchiveReader archive_;
  Names names_;
};

// The elements of a tree in document order.
inline std::vector<pugi::xml_node> elements_of(pugi::xml_node root) {
  struct Walker : pugi::xml_tree_walker {
    bool for_each(pugi::xml_node& node) override {
      if (node.type() == pugi::node_element) all.push_back(node);
      return true;
    }
    std::vector<pugi::xml_node> all;
  } walker;
  root.traverse(walker);
  walker.all.insert(walker.all.begin(), root);
  return walker.all;
}

// The values of an attribute, which must be all different, of the elements of that name.
inline Names unique_values(pugi::xml_node root, const char* element, const char* attribute) {
  Names values;
  for (const pugi::xml_node node : elements_of(root)) {
    if (node.name() != std::string(element) || !node.attribute(attribute)) continue;
    INFO(element << " " << attribute << " " << node.attribute(attribute).value());
    CHECK(values.insert(node.attribute(attribute).value()).second);
  }
  return values;
}

} // namespace doc::test
