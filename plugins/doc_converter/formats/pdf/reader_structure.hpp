// The structure tree of a tagged PDF (ISO 32000-1, 14.7): which marked content of which page is a heading, an item, a
// cell. It is read as a whole, small, before the first page is drawn. Knows no poppler.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace doc::pdf {

enum class Role : std::uint8_t {
  group,     // stands around blocks: Document, Sect
  division,  // may hold blocks as well as text: Div, Form
  text_run,  // part of a block: Span, Link
  paragraph, // P and whatever is unknown
  title,
  heading,
  list,
  item,
  label,
  body, // of an item
  table,
  row,
  head_cell,
  cell,
  caption,
  quote,
  code,
  note,
  figure
};

struct Element {
  std::uint32_t parent = 0; // index; the root is its own
  std::uint32_t end = 0;    // behind the last element inside it
  std::uint32_t alt = 0;    // index + 1 of Structure's texts; 0: none
  std::uint16_t rows = 1, columns = 1;
  Role role = Role::group;
  std::uint8_t level = 0; // of a heading, 1 to 6
};

class Structure {
public:
  static constexpr std::uint32_t none = 0xffffffff;

  // In the order of reading, beginning with the root; inner elements follow their outer one.
  std::vector<Element> elements;
  std::vector<std::uint32_t> leaves; // the element of each piece of marked content, in the order of reading
  std::vector<std::string> texts;    // alternative descriptions
  bool has_headings = false;

  // What the leaf of a page's marked content is; none: the tree does not know it.
  std::uint32_t leaf_of(int page, std::uint32_t mark) const;
  bool knows(int page) const { return pages_.contains(page); }
  bool empty() const { return pages_.empty(); }

  // While it is read; finish() once.
  void add_leaf(int page, std::uint32_t mark, std::uint32_t element);
  void finish();
  void clear();

private:
  std::unordered_map<int, std::vector<std::pair<std::uint32_t, std::uint32_t>>> pages_; // mark, leaf
};

// The number under which a page knows the marked content of a form that is drawn on it; 0: the page's own stream.
std::uint32_t mark_number(int form_object, int id);

Role role_of(const std::string& name, std::uint8_t& level, bool& known);

} // namespace doc::pdf
