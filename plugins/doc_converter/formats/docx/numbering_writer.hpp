// numbering.xml: every list of the document is a w:num of its own, so that each begins with its own number.
#pragma once

#include "../../model/document.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace doc::docx {

inline constexpr int most_list_levels = 9;    // that Word knows (ECMA-376 part 1, 17.9.6)
inline constexpr int list_indent_twips = 720; // of each level; a twip is a twentieth of a point

class NumberingWriter {
public:
  // The w:numId for a list whose items are at `level`, from 0.
  int add(const List& list, int level);

  bool empty() const { return numbers_.empty(); }
  std::string part() const;

private:
  struct Number {
    Numbering numbering;
    std::int32_t start;
    int level;
  };
  std::vector<Number> numbers_;
};

} // namespace doc::docx
