#include "tree.hpp"

#include "../model/error.hpp"

#include <algorithm>
#include <cstdlib>

namespace doc::xml {
namespace {

struct TextWalker : pugi::xml_tree_walker {
  bool for_each(pugi::xml_node& node) override {
    if (node.type() == pugi::node_pcdata || node.type() == pugi::node_cdata) text += node.value();
    return true;
  }
  std::string text;
};

} // namespace

Tree::Tree(std::string bytes, std::string_view part) : bytes_(std::move(bytes)) {
  const pugi::xml_parse_result result =
      document_.load_buffer_inplace(bytes_.data(), bytes_.size(), pugi::parse_default | pugi::parse_ws_pcdata);
  if (result.status == pugi::status_out_of_memory)
    throw ConversionError(ErrorCode::limit_exceeded, "the document needs more memory than a conversion may use");
  if (!result || !root()) {
    throw ConversionError(ErrorCode::corrupt_document, std::string("the document's part ")
                                                           .append(part)
                                                           .append(" is no well-formed XML: ")
                                                           .append(result.description()));
  }
  unify_names(document_);
}

long number_of(pugi::xml_node node, const char* attribute, long otherwise, long least, long most) {
  const char* text = node.attribute(attribute).value();
  char* end = nullptr;
  const long value = std::strtol(text, &end, 10);
  return end == text ? otherwise : std::clamp(value, least, most);
}

std::string text_of(pugi::xml_node node) {
  TextWalker walker;
  node.traverse(walker);
  return std::move(walker.text);
}

} // namespace doc::xml
