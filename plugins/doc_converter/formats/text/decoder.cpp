#include "decoder.hpp"

#include "../../text/utf8.hpp"

#include <algorithm>
#include <array>

namespace doc::text {
namespace {

constexpr std::size_t piece_bytes = 64 * 1024;

// Windows-1252's 0x80 to 0x9f (the WHATWG's Encoding standard); 0 where it has none.
constexpr std::array<std::uint16_t, 32> windows_1252_high{
    0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178};

std::size_t mark_bytes(Encoding encoding, std::string_view head) {
  if (encoding == Encoding::utf16_little || encoding == Encoding::utf16_big) return 2;
  return encoding == Encoding::utf8 && head.substr(0, 3) == "\xef\xbb\xbf" ? 3 : 0;
}

// The number of bytes at the end that may be the beginning of a character of UTF-8.
std::size_t open_tail(std::string_view text) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if ((byte & 0xc0) == 0x80) continue;
    const std::size_t length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

struct Count {
  std::uint64_t characters = 0; // beyond ASCII
  std::uint64_t errors = 0;
};

void count_utf8(std::string_view text, Count& count) {
  for (std::size_t position = 0; position < text.size();) {
    if (static_cast<unsigned char>(text[position]) < 0x80) {
      ++position;
      continue;
    }
    const std::size_t before = position;
    const std::uint32_t code_point = next_code_point(text, position);
    // A replacement character that is written as such takes three bytes.
    (code_point == 0xfffd && position - before == 1 ? count.errors : count.characters) += 1;
  }
}

void append_windows_1252(std::string& out, std::string_view bytes) {
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    const bool is_high = value >= 0x80 && value < 0xa0;
    append_utf8(out, is_high ? windows_1252_high[value - 0x80] : value);
  }
}

} // namespace

Encoding encoding_of(const Input& input) {
  const std::string head = input.head(3);
  if (head.compare(0, 2, "\xff\xfe") == 0) return Encoding::utf16_little;
  if (head.compare(0, 2, "\xfe\xff") == 0) return Encoding::utf16_big;
  if (head == "\xef\xbb\xbf") return Encoding::utf8;
  Count count;
  std::string piece(piece_bytes, '\0');
  std::size_t kept = 0;
  for (std::uint64_t offset = 0; offset < input.size();) {
    const std::size_t length = input.read_at(offset, piece.data() + kept, piece.size() - kept);
    if (length == 0) break;
    offset += length;
    const std::string_view have(piece.data(), kept + length);
    const std::size_t tail = open_tail(have);
    count_utf8(have.substr(0, have.size() - tail), count);
    piece.replace(0, tail, have.substr(have.size() - tail));
    kept = tail;
  }
  return count.errors * 10 <= count.characters ? Encoding::utf8 : Encoding::windows_1252;
}

Lines::Lines(const Input& input) : input_(input), encoding_(encoding_of(input)) {
  offset_ = mark_bytes(encoding_, input.head(3));
}

double Lines::fraction() const {
  return input_.size() == 0 ? 1 : static_cast<double>(offset_) / static_cast<double>(input_.size());
}

bool Lines::fill() {
  if (offset_ >= input_.size()) return false;
  std::string bytes = std::move(raw_);
  const std::size_t kept = bytes.size();
  bytes.resize(kept + piece_bytes);
  const std::size_t length = input_.read_at(offset_, bytes.data() + kept, piece_bytes);
  bytes.resize(kept + length);
  offset_ = length == 0 ? input_.size() : offset_ + length;
  text_.erase(0, position_);
  position_ = 0;
  raw_.clear();
  decode(bytes, offset_ >= input_.size());
  return true;
}

void Lines::decode(std::string_view bytes, bool last) {
  if (encoding_ == Encoding::windows_1252) return append_windows_1252(text_, bytes);
  if (encoding_ != Encoding::utf8) return decode_utf16(bytes, last);
  const std::size_t tail = last ? 0 : open_tail(bytes);
  text_ += bytes.substr(0, bytes.size() - tail);
  raw_ = bytes.substr(bytes.size() - tail);
}

void Lines::decode_utf16(std::string_view bytes, bool last) {
  const std::size_t high = encoding_ == Encoding::utf16_big ? 0 : 1;
  const auto unit = [&](std::size_t at) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + high])) << 8 |
           static_cast<unsigned char>(bytes[at + 1 - high]);
  };
  std::size_t at = 0;
  while (at + 2 <= bytes.size()) {
    const std::uint32_t first = unit(at);
    const bool is_lead = first >= 0xd800 && first < 0xdc00;
    if (is_lead && at + 4 > bytes.size() && !last) break;
    const std::uint32_t second = is_lead && at + 4 <= bytes.size() ? unit(at + 2) : 0;
    const bool is_pair = second >= 0xdc00 && second < 0xe000;
    append_utf8(text_, is_pair ? 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00) : first);
    at += is_pair ? 4 : 2;
  }
  if (!last) raw_ = bytes.substr(at);
}

std::optional<Line> Lines::next() {
  std::size_t searched = position_;
  for (;;) {
    if (after_return_ && position_ < text_.size()) {
      if (text_[position_] == '\n') searched = ++position_;
      after_return_ = false;
    }
    const std::size_t end = text_.find_first_of("\r\n\f", searched);
    const std::size_t length = (end == std::string::npos ? text_.size() : end) - position_;
    if (length > most_line_bytes) { // cut at a blank, or at least between characters
      std::size_t cut = text_.find_last_of(' ', position_ + most_line_bytes);
      if (cut == std::string::npos || cut < position_ + most_line_bytes / 2) cut = position_ + most_line_bytes - 1;
      while (cut > position_ + 4 && (static_cast<unsigned char>(text_[cut + 1]) & 0xc0) == 0x80) --cut;
      Line line{text_.substr(position_, cut + 1 - position_), LineEnd::cut};
      position_ = cut + 1;
      return line;
    }
    if (end != std::string::npos) {
      Line line{text_.substr(position_, length), text_[end] == '\f' ? LineEnd::form_feed : LineEnd::newline};
      after_return_ = text_[end] == '\r';
      position_ = end + 1;
      return line;
    }
    searched = text_.size() - position_;
    if (!fill()) break;
  }
  if (position_ == text_.size()) return std::nullopt;
  Line line{text_.substr(position_), LineEnd::end_of_file};
  position_ = text_.size();
  return line;
}

std::string decoded(const Input& input) {
  const Encoding encoding = encoding_of(input);
  if (encoding == Encoding::utf8) {
    const std::string head = input.head(3);
    return std::string(input.view().substr(mark_bytes(encoding, head)));
  }
  std::string all;
  Lines lines(input);
  while (const std::optional<Line> line = lines.next()) {
    all += line->text;
    if (line->end == LineEnd::newline || line->end == LineEnd::form_feed) all += '\n';
  }
  return all;
}

} // namespace doc::text
