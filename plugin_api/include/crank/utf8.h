/* crank/utf8.h: optional. UTF-8 (RFC 3629) one code point at a time, for plugins that touch text.
 * Plain C99, static inline, no allocation, no locale. Knows nothing of the host. [any-thread] */
#ifndef CRANK_UTF8_H
#define CRANK_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Bytes (1 to 4) of the code point at `p`, which goes to *code_point; 0 if p == end or the bytes are not UTF-8:
 * overlong forms, surrogates and values above U+10FFFF are refused. */
static inline size_t crank_utf8_decode(const char *p, const char *end, uint32_t *code_point) {
  static const uint32_t smallest[5] = {0, 0, 0x80, 0x800, 0x10000};
  const unsigned char *bytes = (const unsigned char *)p;
  size_t length, i;
  uint32_t value;
  if (p == end) return 0;
  if (bytes[0] < 0x80) {
    *code_point = bytes[0];
    return 1;
  }
  if ((bytes[0] & 0xe0) == 0xc0) {
    length = 2;
  } else if ((bytes[0] & 0xf0) == 0xe0) {
    length = 3;
  } else if ((bytes[0] & 0xf8) == 0xf0) {
    length = 4;
  } else {
    return 0;
  }
  if ((size_t)(end - p) < length) return 0;
  value = bytes[0] & (0x7fu >> length);
  for (i = 1; i < length; i++) {
    if ((bytes[i] & 0xc0) != 0x80) return 0;
    value = value << 6 | (bytes[i] & 0x3fu);
  }
  if (value < smallest[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return 0;
  *code_point = value;
  return length;
}

/* Writes a code point, returns its bytes (1 to 4). `code_point` must be a Unicode scalar value. */
static inline size_t crank_utf8_encode(uint32_t code_point, char out[4]) {
  if (code_point < 0x80) {
    out[0] = (char)code_point;
    return 1;
  }
  if (code_point < 0x800) {
    out[0] = (char)(0xc0 | code_point >> 6);
    out[1] = (char)(0x80 | (code_point & 0x3f));
    return 2;
  }
  if (code_point < 0x10000) {
    out[0] = (char)(0xe0 | code_point >> 12);
    out[1] = (char)(0x80 | (code_point >> 6 & 0x3f));
    out[2] = (char)(0x80 | (code_point & 0x3f));
    return 3;
  }
  out[0] = (char)(0xf0 | code_point >> 18);
  out[1] = (char)(0x80 | (code_point >> 12 & 0x3f));
  out[2] = (char)(0x80 | (code_point >> 6 & 0x3f));
  out[3] = (char)(0x80 | (code_point & 0x3f));
  return 4;
}

/* Nonzero for what separates words: Unicode White_Space, and U+001C to U+001F, as Python's str.split() has it. */
static inline int crank_utf8_is_space(uint32_t code_point) {
  if (code_point < 0x80)
    return code_point == 0x20 || (code_point >= 0x09 && code_point <= 0x0d) ||
           (code_point >= 0x1c && code_point <= 0x1f);
  return code_point == 0x85 || code_point == 0xa0 || code_point == 0x1680 ||
         (code_point >= 0x2000 && code_point <= 0x200a) || code_point == 0x2028 || code_point == 0x2029 ||
         code_point == 0x202f || code_point == 0x205f || code_point == 0x3000;
}

#endif
