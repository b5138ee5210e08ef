// Words of the document so far: they tell a hyphen that divides a word at a line's end from one that is the word's own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_set>

namespace doc::pdf {

class Vocabulary {
public:
  void learn(std::string_view text);
  // "well" and "known" of "well-known".
  bool keeps_hyphen(std::string_view left, std::string_view right) const;

private:
  std::unordered_set<std::uint32_t> words_; // their hashes
};

} // namespace doc::pdf
