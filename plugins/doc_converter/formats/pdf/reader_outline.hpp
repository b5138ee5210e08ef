// What the document says of its own headings, and how its text looks in general.
#pragma once

#include "reader_paragraphs.hpp"

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace doc::pdf {

// Letters and digits alone, small: what two ways of writing a title have in common.
std::string title_key(std::string_view text);

// The bookmarks, by page.
class Bookmarks {
public:
  void add(int page, std::string_view title, int level);
  bool empty() const { return entries_.empty(); }

  // The level of the bookmark that the text of a page is, and whether more text may belong to it; 0: none.
  int level_of(int page, std::string_view key) const;
  // Does a title of the page begin so?
  bool begins(int page, std::string_view key) const;

private:
  struct Entry {
    std::string key, unnumbered;
    int level;
  };
  std::unordered_map<int, std::vector<Entry>> entries_;
};

// How large and heavy the body's text is, and what stands out of it. Learned from the first pages.
class Looks {
public:
  void learn(const TextLine& line);
  void settle();

  float body_size() const { return body_; }
  bool body_bold() const { return body_bold_; }
  // Of a paragraph that looks like a heading; 0: it does not.
  int level_of(const Group& group, float space_before) const;

private:
  int key_of(float size) const;
  bool stands_out(const Group& group) const;

  std::map<int, std::size_t> plain_, bold_; // characters by size in quarter points
  std::map<int, std::size_t> large_lines_;  // lines that are larger than most
  std::size_t lines_ = 0, capital_lines_ = 0, numbered_lines_ = 0;
  std::vector<float> sizes_; // of headings, the largest first
  float body_ = 10;
  bool body_bold_ = false;
};

} // namespace doc::pdf
