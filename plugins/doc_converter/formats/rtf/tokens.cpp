#include "tokens.hpp"

#include <algorithm>

namespace doc::rtf {
namespace {

bool is_letter(char letter) { return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z'); }
bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

constexpr std::size_t longest_name = 64; // the specification: 32

} // namespace

int hex_digit(char digit) {
  if (is_digit(digit)) return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

Token Tokens::next() {
  while (at_ < bytes_.size() && (bytes_[at_] == '\r' || bytes_[at_] == '\n' || bytes_[at_] == '\0')) ++at_;
  if (at_ >= bytes_.size()) return {};
  if (bytes_[at_] == '{') return ++at_, Token{Token::Kind::open, {}};
  if (bytes_[at_] == '}') return ++at_, Token{Token::Kind::close, {}};
  if (bytes_[at_] == '\\') return control();
  const std::size_t begin = at_;
  while (at_ < bytes_.size() && bytes_[at_] != '{' && bytes_[at_] != '}' && bytes_[at_] != '\\' &&
         bytes_[at_] != '\r' && bytes_[at_] != '\n' && bytes_[at_] != '\0')
    ++at_;
  return {Token::Kind::text, bytes_.substr(begin, at_ - begin)};
}

Token Tokens::control() {
  if (at_ + 1 >= bytes_.size()) return at_ = bytes_.size(), Token{};
  const char first = bytes_[at_ + 1];
  if (is_letter(first)) return word();
  if (first == '\'') {
    const int high = at_ + 2 < bytes_.size() ? hex_digit(bytes_[at_ + 2]) : -1;
    const int low = at_ + 3 < bytes_.size() ? hex_digit(bytes_[at_ + 3]) : -1;
    if (high < 0 || low < 0) {
      at_ += 2; // not what it promised
      return next();
    }
    at_ += 4;
    return {Token::Kind::byte, {}, true, high * 16 + low};
  }
  at_ += 2;
  return {Token::Kind::symbol, bytes_.substr(at_ - 1, 1)};
}

Token Tokens::word() {
  const std::size_t begin = ++at_;
  while (at_ < bytes_.size() && at_ - begin < longest_name && is_letter(bytes_[at_])) ++at_;
  Token token{Token::Kind::word, bytes_.substr(begin, at_ - begin)};
  const bool is_negative = at_ + 1 < bytes_.size() && bytes_[at_] == '-' && is_digit(bytes_[at_ + 1]) && (++at_, true);
  std::int64_t value = 0;
  while (at_ < bytes_.size() && is_digit(bytes_[at_])) {
    token.has_value = true;
    value = std::min<std::int64_t>(value * 10 + (bytes_[at_++] - '0'), INT32_MAX);
  }
  token.value = static_cast<std::int32_t>(is_negative ? -value : value);
  if (at_ < bytes_.size() && bytes_[at_] == ' ') ++at_; // part of the word
  if (token.text != "bin" || token.value < 0) return token;
  const std::size_t length = std::min<std::size_t>(static_cast<std::size_t>(token.value), bytes_.size() - at_);
  at_ += length;
  return {Token::Kind::binary, bytes_.substr(at_ - length, length)};
}

} // namespace doc::rtf
