// The tokens of RTF: groups, control words and symbols, text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace doc::rtf {

struct Token {
  enum class Kind { open, close, word, symbol, byte, text, binary, end };

  Kind kind = Kind::end;
  std::string_view text; // a control word's name, a symbol's character, or the bytes of text and binary data
  bool has_value = false;
  std::int32_t value = 0; // a control word's, or the byte
};

// Never fails: what is cut off ends.
class Tokens {
public:
  explicit Tokens(std::string_view bytes) : bytes_(bytes) {}

  Token next();
  std::size_t position() const { return at_; }

private:
  Token control();
  Token word();

  std::string_view bytes_;
  std::size_t at_ = 0;
};

// The value of a hexadecimal digit; -1 for what is none.
int hex_digit(char digit);

} // namespace doc::rtf
