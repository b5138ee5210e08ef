// The rules of a page's style elements that concern a class or an id alone: enough to see what is hidden, and what word
// processors that write nothing but classes mean by them.
#pragma once

#include "tree.hpp"

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace doc::html {

class StyleSheet {
public:
  StyleSheet() = default;
  explicit StyleSheet(const GumboNode* root);

  // What holds for the element, as a style attribute would have it: of its classes, its id, and its own style last.
  std::string declarations_of(const GumboNode* element) const;

private:
  struct Rule {
    std::string tag; // empty: any
    std::string declarations;
  };

  void read(std::string_view text);
  void add(std::string_view selectors, const std::string& declarations);
  void append(const std::string& name, std::string_view tag, std::string& out) const;

  std::unordered_map<std::string, std::vector<Rule>> rules_; // by ".class" and "#id"
  std::size_t count_ = 0;
};

} // namespace doc::html
