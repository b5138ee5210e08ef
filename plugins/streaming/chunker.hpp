// Cuts a text into chunks of so many words. Words are separated by any white space; within a chunk one blank takes its
// place. Knows neither JSON nor the ABI.
#pragma once

#include <crank/utf8.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace streaming {

struct Chunk {
  std::uint64_t id = 0; // counts from 0
  std::string content;
  bool is_last = false;
};

// A position in a text it does not own. Copying it is how one remembers a place.
class Chunker {
public:
  // `text` is UTF-8 and must outlive the chunker; `words_per_chunk` is at least 1.
  Chunker(std::string_view text, std::uint64_t words_per_chunk) noexcept
      : rest_(text), words_per_chunk_(words_per_chunk) {
    skip_blanks();
  }

  // False at the end of the text. A text without words has no chunks.
  bool next(Chunk& chunk) {
    if (rest_.empty()) return false;
    chunk.id = next_id_++;
    chunk.content.clear();
    for (std::uint64_t words = 0; words < words_per_chunk_ && !rest_.empty(); ++words) {
      if (words) chunk.content += ' ';
      chunk.content += take_word();
    }
    chunk.is_last = rest_.empty();
    return true;
  }

  // Passes over the next `chunks` chunks.
  void skip(std::uint64_t chunks) noexcept {
    for (; chunks > 0 && !rest_.empty(); --chunks, ++next_id_) {
      for (std::uint64_t words = 0; words < words_per_chunk_ && !rest_.empty(); ++words) take_word();
    }
  }

private:
  // Bytes of the white space that begins at `at`; 0 if none does.
  std::size_t blank_at(std::size_t at) const noexcept {
    const unsigned char byte = static_cast<unsigned char>(rest_[at]);
    if (byte > 0x20 && byte < 0x80) return 0;
    std::uint32_t code_point = 0;
    const std::size_t size = crank_utf8_decode(rest_.data() + at, rest_.data() + rest_.size(), &code_point);
    return size && crank_utf8_is_space(code_point) ? size : 0;
  }

  void skip_blanks() noexcept {
    while (!rest_.empty()) {
      const std::size_t size = blank_at(0);
      if (!size) return;
      rest_.remove_prefix(size);
    }
  }

  std::string_view take_word() noexcept {
    std::size_t end = 0;
    while (end < rest_.size() && !blank_at(end)) ++end;
    const std::string_view word = rest_.substr(0, end);
    rest_.remove_prefix(end);
    skip_blanks();
    return word;
  }

  std::string_view rest_; // begins with a word, or is empty
  std::uint64_t words_per_chunk_;
  std::uint64_t next_id_ = 0;
};

} // namespace streaming
