// The bytes of a text file as UTF-8, piece by piece: what its encoding is, and its lines. Knows nothing of paragraphs.
#pragma once

#include "../../io/input.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace doc::text {

// A code page as Windows counts them (text/encoding.hpp): by the byte order mark; without one UTF-8 where the bytes are
// that (but for a few that are damaged), and otherwise what they look like. Reads the file once.
std::uint32_t encoding_of(const Input& input);

// All of it as UTF-8, without a byte order mark; for what is parsed as a whole.
std::string decoded(const Input& input);

// How a line came to its end.
enum class LineEnd { newline, form_feed, cut, end_of_file };

struct Line {
  std::string text; // UTF-8, without its end
  LineEnd end = LineEnd::newline;
};

// Lines in order. A line longer than most_line_bytes comes in pieces, which end with LineEnd::cut.
class Lines {
public:
  static constexpr std::size_t most_line_bytes = 256 * 1024;

  explicit Lines(const Input& input);
  std::optional<Line> next();
  double fraction() const; // of the file that is read

private:
  bool fill();
  void decode(std::string_view bytes, bool last);
  void decode_utf16(std::string_view bytes, bool last);
  void decode_old(std::string_view bytes, bool last);

  const Input& input_;
  std::uint32_t encoding_;
  std::uint64_t offset_ = 0;
  std::string raw_;  // bytes that are not decoded yet: a part of a character
  std::string text_; // decoded, from position_ on not given out
  std::size_t position_ = 0;
  bool after_return_ = false; // the line before ended with CR: an LF belongs to it
};

} // namespace doc::text
