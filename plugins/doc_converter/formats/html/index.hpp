// What has to be known of a whole page before its first block: where links lead, and what is a note.
#pragma once

#include "tree.hpp"

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace doc::html {

class Index {
public:
  // The tree outlives it.
  explicit Index(const GumboNode* root);

  // The name that links "#name" use for this element; empty where none leads to it.
  std::string anchor_of(const GumboNode* element) const;
  // What a link is, "#name" as anchors are named; empty for what leads nowhere ("javascript:").
  std::string link_of(std::string_view href) const;

  // What a reference to a note refers to; null for other links. One note has one reference.
  const GumboNode* note_of(const GumboNode* link) const;
  bool is_endnote(const GumboNode* link) const;
  // Whether the element is a note that a reference in the text takes to itself.
  bool is_note(const GumboNode* element) const { return notes_.count(element) > 0; }
  // Whether the link leads from a note to its reference.
  bool is_back_link(const GumboNode* link) const;

private:
  void add_element(const GumboNode* element);
  void add_reference(const GumboNode* link);
  const GumboNode* target_of(std::string_view fragment) const;

  std::unordered_map<std::string_view, const GumboNode*> ids_;
  std::unordered_set<std::string> linked_;
  std::unordered_map<const GumboNode*, const GumboNode*> references_; // links to notes
  std::unordered_set<const GumboNode*> notes_;
  std::unordered_set<std::string_view> reference_ids_;
};

std::string percent_decoded(std::string_view text);

} // namespace doc::html
