#include "reader_vocabulary.hpp"

#include <cctype>

namespace doc::pdf {
namespace {

constexpr std::size_t most_words = 200'000;

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || (c & 0x80) != 0; }

std::uint32_t lower(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 'A' && byte <= 'Z' ? byte + 32u : byte;
}

std::uint32_t add(std::uint32_t hash, std::string_view text) {
  for (const char c : text) hash = (hash ^ lower(c)) * 16777619u;
  return hash;
}

constexpr std::uint32_t seed = 2166136261u;

// A word without what stands around it.
std::string_view bare(std::string_view word) {
  while (!word.empty() && !is_word(word.front())) word.remove_prefix(1);
  while (!word.empty() && !is_word(word.back())) word.remove_suffix(1);
  return word;
}

} // namespace

void Vocabulary::learn(std::string_view text) {
  if (words_.size() >= most_words) return;
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = text.find(' ', begin);
    if (end == std::string_view::npos) end = text.size();
    if (end == text.size() && text.back() == '-') break; // only a part of a word
    const std::string_view word = bare(text.substr(begin, end - begin));
    if (word.size() >= 3 && word.size() <= 60) words_.insert(add(seed, word));
    begin = end + 1;
  }
}

bool Vocabulary::keeps_hyphen(std::string_view left, std::string_view right) const {
  left = bare(left);
  right = bare(right);
  if (left.empty() || right.empty()) return false;
  if (left.find('-') != std::string_view::npos) left.remove_prefix(left.rfind('-') + 1);
  const std::uint32_t begun = add(seed, left);
  if (words_.contains(add(begun, right))) return false;
  if (words_.contains(add(add(begun, "-"), right))) return true;
  return left.size() >= 4 && right.size() >= 4 && words_.contains(begun) && words_.contains(add(seed, right));
}

} // namespace doc::pdf
