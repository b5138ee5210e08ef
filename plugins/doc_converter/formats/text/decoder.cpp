#include "decoder.hpp"

#include "../../text/encoding.hpp"
#include "../../text/guess.hpp"
#include "../../text/utf8.hpp"

#include <algorithm>

namespace doc::text {
namespace {

constexpr std::size_t piece_bytes = 64 * 1024;

constexpr std::size_t guessed_bytes = 256 * 1024;

bool is_utf16(std::uint32_t encoding) { return encoding == code_page_utf16le || encoding == code_page_utf16be; }

std::size_t mark_bytes(std::uint32_t encoding, std::string_view head) {
  if (is_utf16(encoding)) return head.substr(0, 2) == "\xff\xfe" || head.substr(0, 2) == "\xfe\xff" ? 2 : 0;
  return encoding == code_page_utf8 && head.substr(0, 3) == "\xef\xbb\xbf" ? 3 : 0;
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

} // namespace

std::uint32_t encoding_of(const Input& input) {
  const std::string head = input.head(3);
  if (head.compare(0, 2, "\xff\xfe") == 0) return code_page_utf16le;
  if (head.compare(0, 2, "\xfe\xff") == 0) return code_page_utf16be;
  if (head == "\xef\xbb\xbf") return code_page_utf8;
  if (const auto wide = guess_utf16(input.head(4096))) return *wide;
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
  if (count.errors * 10 <= count.characters) return code_page_utf8;
  return guess_code_page(input.head(guessed_bytes));
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
  if (is_utf16(encoding_)) return decode_utf16(bytes, last);
  if (encoding_ != code_page_utf8) return decode_old(bytes, last);
  const std::size_t tail = last ? 0 : open_tail(bytes);
  text_ += bytes.substr(0, bytes.size() - tail);
  raw_ = bytes.substr(bytes.size() - tail);
}

void Lines::decode_utf16(std::string_view bytes, bool last) {
  const std::size_t high = encoding_ == code_page_utf16be ? 0 : 1;
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

// Characters of two bytes are not cut where whole lines are decoded: no second byte is a line's end.
void Lines::decode_old(std::string_view bytes, bool last) {
  std::size_t whole = bytes.size();
  if (!last && !is_single_byte(encoding_)) {
    const std::size_t end = bytes.find_last_of("\r\n");
    if (end != std::string_view::npos)
      whole = end + 1;
    else if (bytes.size() < most_line_bytes)
      whole = 0;
  }
  text_ += to_utf8(bytes.substr(0, whole), encoding_);
  raw_ = bytes.substr(whole);
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
  const std::uint32_t encoding = encoding_of(input);
  if (encoding == code_page_utf8) {
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
