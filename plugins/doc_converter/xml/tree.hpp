// One XML part as a tree, with names as readers know them. Entities that a document defines are not expanded, and
// nothing outside is read.
#pragma once

#include "names.hpp"

#include <pugixml.hpp>

#include <string>
#include <string_view>

namespace doc::xml {

class Tree {
public:
  // `part` is what the sentence of an error calls it. Throws CORRUPT_DOCUMENT, LIMIT_EXCEEDED.
  Tree(std::string bytes, std::string_view part);

  pugi::xml_node root() const { return document_.document_element(); }

private:
  std::string bytes_; // which the tree points into
  pugi::xml_document document_;
};

inline std::string_view name_of(pugi::xml_node node) { return node.name(); }
inline bool is(pugi::xml_node node, std::string_view name) { return node.name() == name; }

// The attribute's value as it stands, "" where it is missing.
inline std::string_view value_of(pugi::xml_node node, const char* attribute) {
  return node.attribute(attribute).value();
}

// The number that the attribute begins with, limited to `least` and `most`; `otherwise` where it is none.
long number_of(pugi::xml_node node, const char* attribute, long otherwise, long least, long most);

// The texts inside the element, in their order, with nothing between them.
std::string text_of(pugi::xml_node node);

} // namespace doc::xml
