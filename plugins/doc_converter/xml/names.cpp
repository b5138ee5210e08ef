#include "names.hpp"

#include "../model/error.hpp"

#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace doc::xml {
namespace {

using Text = std::string_view;

// An empty prefix: elements of this namespace have none.
const std::unordered_map<Text, Text> known = {
    {"http://schemas.openxmlformats.org/wordprocessingml/2006/main", "w"},
    {"http://purl.oclc.org/ooxml/wordprocessingml/main", "w"},
    {"http://schemas.openxmlformats.org/officeDocument/2006/relationships", "r"},
    {"http://purl.oclc.org/ooxml/officeDocument/relationships", "r"},
    {"http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing", "wp"},
    {"http://purl.oclc.org/ooxml/drawingml/wordprocessingDrawing", "wp"},
    {"http://schemas.openxmlformats.org/drawingml/2006/main", "a"},
    {"http://purl.oclc.org/ooxml/drawingml/main", "a"},
    {"http://schemas.openxmlformats.org/drawingml/2006/picture", "pic"},
    {"http://purl.oclc.org/ooxml/drawingml/picture", "pic"},
    {"http://schemas.openxmlformats.org/drawingml/2006/diagram", "dgm"},
    {"http://purl.oclc.org/ooxml/drawingml/diagram", "dgm"},
    {"http://schemas.openxmlformats.org/drawingml/2006/chart", "c"},
    {"http://purl.oclc.org/ooxml/drawingml/chart", "c"},
    {"http://schemas.openxmlformats.org/officeDocument/2006/math", "m"},
    {"http://purl.oclc.org/ooxml/officeDocument/math", "m"},
    {"http://schemas.openxmlformats.org/markup-compatibility/2006", "mc"},
    {"http://schemas.microsoft.com/office/word/2010/wordprocessingShape", "wps"},
    {"http://schemas.microsoft.com/office/word/2010/wordprocessingGroup", "wpg"},
    {"http://schemas.microsoft.com/office/word/2010/wordprocessingCanvas", "wpc"},
    {"http://schemas.microsoft.com/office/word/2010/wordml", "w14"},
    {"http://schemas.microsoft.com/office/drawing/2016/SVG/main", "asvg"},
    {"urn:schemas-microsoft-com:vml", "v"},
    {"urn:schemas-microsoft-com:office:office", "o"},
    {"http://schemas.openxmlformats.org/package/2006/relationships", ""},
    {"http://schemas.openxmlformats.org/package/2006/metadata/core-properties", "cp"},
    {"http://purl.org/dc/elements/1.1/", "dc"},
    {"urn:oasis:names:tc:opendocument:xmlns:office:1.0", "office"},
    {"urn:oasis:names:tc:opendocument:xmlns:style:1.0", "style"},
    {"urn:oasis:names:tc:opendocument:xmlns:text:1.0", "text"},
    {"urn:oasis:names:tc:opendocument:xmlns:table:1.0", "table"},
    {"urn:oasis:names:tc:opendocument:xmlns:drawing:1.0", "draw"},
    {"urn:oasis:names:tc:opendocument:xmlns:presentation:1.0", "presentation"},
    {"urn:oasis:names:tc:opendocument:xmlns:form:1.0", "form"},
    {"urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0", "fo"},
    {"urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0", "svg"},
    {"urn:oasis:names:tc:opendocument:xmlns:meta:1.0", "meta"},
    {"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0", "manifest"},
    {"http://www.w3.org/1999/xlink", "xlink"},
    {"http://www.w3.org/1998/Math/MathML", "math"},
    {"http://www.w3.org/1999/xhtml", "xhtml"},
};

bool is_known_prefix(Text prefix) {
  for (const auto& one : known) {
    if (one.second == prefix) return !prefix.empty();
  }
  return false;
}

struct Binding {
  Text prefix; // in the document; empty: the default namespace
  bool is_renamed;
  Text readers; // what readers call it, where it is renamed; empty: without a prefix
};

class Unifier {
public:
  void run(pugi::xml_node root) {
    for (pugi::xml_node node = root; node;) {
      enter(node);
      if (const pugi::xml_node child = first_element(node.first_child())) {
        node = child;
        continue;
      }
      for (;;) {
        leave();
        if (node == root) return;
        if (const pugi::xml_node sibling = first_element(node.next_sibling())) {
          node = sibling;
          break;
        }
        node = node.parent();
      }
    }
  }

private:
  static pugi::xml_node first_element(pugi::xml_node node) {
    while (node && node.type() != pugi::node_element) node = node.next_sibling();
    return node;
  }

  void enter(pugi::xml_node node) {
    if (marks_.size() == most_levels)
      throw ConversionError(ErrorCode::limit_exceeded,
                            "the document's XML nests more than " + std::to_string(most_levels) + " levels deep");
    marks_.push_back(bindings_.size());
    for (const pugi::xml_attribute attribute : node.attributes()) {
      if (std::strncmp(attribute.name(), "xmlns", 5) == 0) bind(attribute.name() + 5, attribute.value());
    }
    if (renamed_ == 0) return;
    rename(node);
    for (pugi::xml_attribute attribute : node.attributes()) {
      if (std::strchr(attribute.name(), ':')) rename(attribute);
    }
  }

  void leave() {
    while (bindings_.size() > marks_.back()) {
      if (bindings_.back().is_renamed) --renamed_;
      bindings_.pop_back();
    }
    marks_.pop_back();
  }

  void bind(const char* rest, const char* uri) {
    if (*rest != '\0' && *rest != ':') return;
    const Text prefix = *rest == ':' ? rest + 1 : rest;
    const auto found = known.find(uri);
    Binding binding{prefix, false, {}};
    if (found != known.end()) {
      binding = {prefix, found->second != prefix, found->second};
    } else if (is_known_prefix(prefix)) {
      binding = {prefix, true, "other"};
    }
    if (binding.is_renamed) ++renamed_;
    bindings_.push_back(binding);
    if (bindings_.size() > most_bindings)
      throw ConversionError(ErrorCode::limit_exceeded, "the document's XML has too many namespaces");
  }

  const Binding* binding_of(Text prefix) const {
    for (auto one = bindings_.rbegin(); one != bindings_.rend(); ++one) {
      if (one->prefix == prefix) return &*one;
    }
    return nullptr;
  }

  template <typename Named>
  void rename(Named named) {
    const Text name = named.name();
    const std::size_t colon = name.find(':');
    const Text prefix = colon == Text::npos ? Text() : name.substr(0, colon);
    if (prefix == "xmlns" || prefix == "xml") return;
    const Binding* binding = binding_of(prefix);
    if (!binding || !binding->is_renamed) return;
    std::string changed(binding->readers);
    if (!changed.empty()) changed += ':';
    changed += colon == Text::npos ? name : name.substr(colon + 1);
    named.set_name(changed.c_str());
  }

  static constexpr std::size_t most_bindings = 1000;
  std::vector<Binding> bindings_;
  std::vector<std::size_t> marks_; // how many bindings there were before each open element
  std::size_t renamed_ = 0;        // bindings in scope that rename
};

} // namespace

void unify_names(pugi::xml_document& document) { Unifier().run(document.document_element()); }

} // namespace doc::xml
