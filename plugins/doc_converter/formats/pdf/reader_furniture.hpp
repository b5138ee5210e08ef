// What a page has only because it is one: running headers and footers, page numbers, the same mark on every page.
#pragma once

#include "reader_layout.hpp"

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_set>
#include <vector>

namespace doc::pdf {

class Furniture {
public:
  explicit Furniture(int pages) : pages_(pages) {}

  // Looks at a page that follows the last one that was noted.
  void note(const PageLayout& layout);
  // Takes the furniture out of a page that was noted, pages in order.
  void remove(PageLayout& layout);

private:
  struct Candidate {
    std::string key; // its text with numbers made alike
    float y = 0;
    bool top = false;
    std::vector<int> offsets; // of numbers at its ends from the page's own
    bool roman = false;
  };
  struct Noted {
    int page = 0;
    std::vector<Candidate> candidates;
  };

  static std::vector<Candidate> candidates_of(const PageLayout& layout);
  bool is_furniture(const Candidate& candidate, int page, bool apart) const;

  int pages_;
  std::deque<Noted> noted_;
  std::unordered_set<std::uint64_t> pictures_; // that were shown before, with their places
};

} // namespace doc::pdf
