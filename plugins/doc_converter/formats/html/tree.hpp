// The tree of an HTML document, as gumbo parses it, within bounds of memory, depth and time.
#pragma once

#include "../../model/context.hpp"

#include <gumbo.h>

#include <memory>
#include <string>
#include <string_view>

namespace doc::html {

class Arena;

class Tree {
public:
  // Takes UTF-8. Throws LIMIT_EXCEEDED for what would need too much memory or time. Elements deeper than a few hundred
  // open ones lose their tags and keep their text.
  explicit Tree(std::string text);
  ~Tree();
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  const GumboNode* root() const { return root_; } // the html element
  std::string_view text() const { return text_; } // what the nodes' original texts point into

private:
  void parse();

  std::string text_;
  std::unique_ptr<Arena> arena_;
  const GumboNode* root_ = nullptr;
};

inline bool is_element(const GumboNode* node) { return node->type == GUMBO_NODE_ELEMENT; }
inline bool is_text(const GumboNode* node) {
  return node->type == GUMBO_NODE_TEXT || node->type == GUMBO_NODE_WHITESPACE || node->type == GUMBO_NODE_CDATA;
}
inline bool is_html(const GumboNode* node, GumboTag tag) {
  return is_element(node) && node->v.element.tag == tag && node->v.element.tag_namespace == GUMBO_NAMESPACE_HTML;
}
// Null for what has none.
const GumboVector* children_of(const GumboNode* node);
// The attribute's value; null where there is none. `node` is an element.
const char* attribute(const GumboNode* node, const char* name);
bool has_class(const GumboNode* node, std::string_view name);

// The next node of `top`'s subtree in document order, `node` being one of it; null at its end. What is below `node` is
// passed over where `inside` is false. Needs no stack.
const GumboNode* next_in(const GumboNode* top, const GumboNode* node, bool inside = true);

// The text of a subtree without that of scripts and styles, as it is in the source.
std::string text_of(const GumboNode* top);

} // namespace doc::html
