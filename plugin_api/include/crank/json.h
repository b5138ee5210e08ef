/* crank/json.h: optional. A strict JSON reader (RFC 8259) and string escaper for small inputs and outputs.
 * Plain C99, static inline, no allocation, no recursion, no locale. A plugin with richer needs brings a JSON library.
 *
 * Values are slices of the text they were found in (`crank_str`, without surrounding blanks) and live as long as it.
 * Every function is safe on any bytes: what is not JSON, not UTF-8, or nested deeper than CRANK_JSON_MAX_DEPTH, is
 * refused. Functions that answer yes or no return 1 or 0. [any-thread] */
#ifndef CRANK_JSON_H
#define CRANK_JSON_H

#include <string.h>

#include "crank.h"
#include "utf8.h"

#define CRANK_JSON_MAX_DEPTH 64 /* one bit of a uint64_t per level */

/* Kinds of a value. */
#define CRANK_JSON_NONE 0 /* empty, or not the beginning of a value */
#define CRANK_JSON_NULL 1
#define CRANK_JSON_BOOL 2
#define CRANK_JSON_NUMBER 3
#define CRANK_JSON_STRING 4
#define CRANK_JSON_ARRAY 5
#define CRANK_JSON_OBJECT 6

/* ---- What a plugin calls ---- */

/* The text is one JSON value and nothing else but blanks. */
static inline int crank_json_valid(crank_str text);

/* The kind of a value, by its first byte. */
static inline int crank_json_kind(crank_str value);

/* Finds the member `name` (NUL-terminated UTF-8) of an object. Escapes in keys are understood; of duplicates the last
 * one counts. 0 also if `object` is not an object. */
static inline int crank_json_find(crank_str object, const char *name, crank_str *value);

/* Walks over the members of an object or the elements of an array. Start with crank_json_each(); next() gives 0 at the
 * end, after which `malformed` says whether the text was sound. Keys are raw: with their quotes and escapes, empty in
 * an array. */
typedef struct crank_json_cursor {
  const char *next;
  const char *end;
  int32_t in_object;
  int32_t first;
  int32_t malformed;
  int32_t reserved;
} crank_json_cursor;
static inline crank_json_cursor crank_json_each(crank_str container);
static inline int crank_json_next(crank_json_cursor *cursor, crank_str *key, crank_str *value);

/* Unescapes a string value. `out` of value.len bytes is always large enough; no NUL is added. 0 if it is not a string
 * or does not fit. `out` must not overlap the value. */
static inline int crank_json_string(crank_str value, char *out, size_t capacity, size_t *len);

/* A number whose value is a whole one and fits: 3, 3.0 and 30e-1 alike, as JSON Schema's "integer" means it. */
static inline int crank_json_integer(crank_str value, int64_t *out);

/* true or false. */
static inline int crank_json_bool(crank_str value, int32_t *out);

/* Escapes text for the inside of a JSON string, without quotes. Returns the size of the whole result (at most 6 * len)
 * and writes as much of it as fits; capacity 0 measures. Bytes that are not UTF-8 become U+FFFD, so that the result is
 * JSON whatever came in. */
static inline size_t crank_json_escape(const char *text, size_t len, char *out, size_t capacity);

/* ---- How ---- p is the place, end the end; each returns the place after what it names, or NULL. */

static inline const char *crank_json_blanks_(const char *p, const char *end) {
  while (p != end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')) p++;
  return p;
}

static inline const char *crank_json_hex4_(const char *p, const char *end, uint32_t *out) {
  int i;
  *out = 0;
  if (end - p < 4) return NULL;
  for (i = 0; i < 4; i++, p++) {
    *out <<= 4;
    if (*p >= '0' && *p <= '9') {
      *out |= (uint32_t)(*p - '0');
    } else if ((*p | 0x20) >= 'a' && (*p | 0x20) <= 'f') {
      *out |= (uint32_t)((*p | 0x20) - 'a' + 10);
    } else {
      return NULL;
    }
  }
  return p;
}

/* Behind "\u"; a surrogate without its other half is refused, it has no UTF-8 form. */
static inline const char *crank_json_unicode_escape_(const char *p, const char *end, uint32_t *out) {
  uint32_t low;
  p = crank_json_hex4_(p, end, out);
  if (!p || *out < 0xd800 || *out > 0xdfff) return p;
  if (*out > 0xdbff || end - p < 2 || p[0] != '\\' || p[1] != 'u') return NULL;
  p = crank_json_hex4_(p + 2, end, &low);
  if (!p || low < 0xdc00 || low > 0xdfff) return NULL;
  *out = 0x10000 + ((*out - 0xd800) << 10) + (low - 0xdc00);
  return p;
}

/* How many bytes from `p` on stand for themselves in a JSON string (RFC 8259 7), of ASCII: nearly all of most texts. */
static inline size_t crank_json_plain_(const char *p, const char *end) {
  const char *begin = p;
  while (p != end && (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x80 && *p != '"' && *p != '\\') p++;
  return (size_t)(p - begin);
}

/* One character of a string, escaped or not. */
static inline const char *crank_json_character_(const char *p, const char *end, uint32_t *out) {
  static const char escapes[] = "\"\\/bfnrt";
  static const char meanings[] = "\"\\/\b\f\n\r\t";
  const char *escape;
  size_t size;
  if (p == end || (unsigned char)*p < 0x20 || *p == '"') return NULL;
  if (*p != '\\') {
    size = crank_utf8_decode(p, end, out);
    return size ? p + size : NULL;
  }
  if (++p == end || *p == '\0') return NULL;
  if (*p == 'u') return crank_json_unicode_escape_(p + 1, end, out);
  escape = strchr(escapes, *p);
  if (!escape) return NULL;
  *out = (unsigned char)meanings[escape - escapes];
  return p + 1;
}

static inline const char *crank_json_skip_string_(const char *p, const char *end) {
  uint32_t ignored;
  if (p == end || *p != '"') return NULL;
  p++;
  while (p && p != end && *p != '"') {
    if ((unsigned char)*p >= 0x20 && (unsigned char)*p < 0x80 && *p != '\\') {
      p++;
    } else {
      p = crank_json_character_(p, end, &ignored);
    }
  }
  return p && p != end ? p + 1 : NULL;
}

static inline const char *crank_json_digits_(const char *p, const char *end) {
  if (p == end || *p < '0' || *p > '9') return NULL;
  while (p != end && *p >= '0' && *p <= '9') p++;
  return p;
}

static inline const char *crank_json_skip_number_(const char *p, const char *end) {
  if (p != end && *p == '-') p++;
  if (p != end && *p == '0') {
    p++;
  } else {
    p = crank_json_digits_(p, end);
  }
  if (p && p != end && *p == '.') p = crank_json_digits_(p + 1, end);
  if (p && p != end && (*p == 'e' || *p == 'E')) {
    p++;
    if (p != end && (*p == '+' || *p == '-')) p++;
    p = crank_json_digits_(p, end);
  }
  return p;
}

static inline const char *crank_json_skip_word_(const char *p, const char *end, const char *word, size_t len) {
  return (size_t)(end - p) >= len && memcmp(p, word, len) == 0 ? p + len : NULL;
}

static inline const char *crank_json_skip_scalar_(const char *p, const char *end) {
  if (p == end) return NULL;
  switch (*p) {
  case '"': return crank_json_skip_string_(p, end);
  case 't': return crank_json_skip_word_(p, end, "true", 4);
  case 'f': return crank_json_skip_word_(p, end, "false", 5);
  case 'n': return crank_json_skip_word_(p, end, "null", 4);
  default: return crank_json_skip_number_(p, end);
  }
}

/* A key, its colon and the blanks before the value. */
static inline const char *crank_json_skip_key_(const char *p, const char *end) {
  p = crank_json_skip_string_(p, end);
  if (!p) return NULL;
  p = crank_json_blanks_(p, end);
  return p != end && *p == ':' ? crank_json_blanks_(p + 1, end) : NULL;
}

/* Any value nested at most `most` deep. The nesting is a stack of bits, 1 for an object. */
static inline const char *crank_json_skip_value_(const char *p, const char *end, unsigned most) {
  uint64_t objects = 0;
  unsigned depth = 0;
  int opened;
  for (;;) {
    opened = p != end && (*p == '{' || *p == '[');
    if (opened) {
      if (depth == most) return NULL;
      objects = objects << 1 | (*p == '{');
      depth++;
      p = crank_json_blanks_(p + 1, end);
    } else {
      p = crank_json_skip_scalar_(p, end);
      if (!p) return NULL;
    }
    for (;; opened = 0) { /* closes what ends here, then goes on to the next value */
      if (depth == 0) return p;
      p = crank_json_blanks_(p, end);
      if (p == end) return NULL;
      if (*p == ((objects & 1) ? '}' : ']')) {
        objects >>= 1;
        depth--;
        p++;
        continue;
      }
      if (!opened) {
        if (*p != ',') return NULL;
        p = crank_json_blanks_(p + 1, end);
      }
      if (objects & 1) p = crank_json_skip_key_(p, end);
      if (!p) return NULL;
      break;
    }
  }
}

static inline int crank_json_valid(crank_str text) {
  const char *p = text.ptr, *end;
  if (!p || text.len == 0) return 0;
  end = p + text.len;
  p = crank_json_skip_value_(crank_json_blanks_(p, end), end, CRANK_JSON_MAX_DEPTH);
  return p && crank_json_blanks_(p, end) == end;
}

static inline int crank_json_kind(crank_str value) {
  if (!value.ptr || value.len == 0) return CRANK_JSON_NONE;
  switch (*value.ptr) {
  case '{': return CRANK_JSON_OBJECT;
  case '[': return CRANK_JSON_ARRAY;
  case '"': return CRANK_JSON_STRING;
  case 't':
  case 'f': return CRANK_JSON_BOOL;
  case 'n': return CRANK_JSON_NULL;
  default: return *value.ptr == '-' || (*value.ptr >= '0' && *value.ptr <= '9') ? CRANK_JSON_NUMBER : CRANK_JSON_NONE;
  }
}

static inline crank_json_cursor crank_json_each(crank_str container) {
  crank_json_cursor cursor = {NULL, NULL, 0, 1, 1, 0};
  const char *p;
  if (!container.ptr || container.len == 0) return cursor;
  cursor.end = container.ptr + container.len;
  p = crank_json_blanks_(container.ptr, cursor.end);
  if (p == cursor.end || (*p != '{' && *p != '[')) return cursor;
  cursor.in_object = *p == '{';
  cursor.malformed = 0;
  cursor.next = crank_json_blanks_(p + 1, cursor.end);
  return cursor;
}

static inline int crank_json_stop_(crank_json_cursor *cursor, int malformed) {
  cursor->next = NULL;
  cursor->malformed = malformed;
  return 0;
}

static inline int crank_json_next(crank_json_cursor *cursor, crank_str *key, crank_str *value) {
  const char *p = cursor->next, *end = cursor->end, *begin;
  if (!p) return 0;
  if (p == end) return crank_json_stop_(cursor, 1);
  if (*p == (cursor->in_object ? '}' : ']')) return crank_json_stop_(cursor, crank_json_blanks_(p + 1, end) != end);
  if (!cursor->first) {
    if (*p != ',') return crank_json_stop_(cursor, 1);
    p = crank_json_blanks_(p + 1, end);
  }
  cursor->first = 0;
  key->ptr = p;
  key->len = 0;
  if (cursor->in_object) {
    begin = p;
    p = crank_json_skip_string_(p, end);
    if (!p) return crank_json_stop_(cursor, 1);
    key->len = (size_t)(p - begin);
    p = crank_json_skip_key_(begin, end);
    if (!p) return crank_json_stop_(cursor, 1);
  }
  begin = p;
  p = crank_json_skip_value_(p, end, CRANK_JSON_MAX_DEPTH - 1); /* one level is the container's */
  if (!p) return crank_json_stop_(cursor, 1);
  value->ptr = begin;
  value->len = (size_t)(p - begin);
  cursor->next = crank_json_blanks_(p, end);
  return 1;
}

/* Compares a key, as crank_json_next gives it, with plain text. */
static inline int crank_json_key_is_(crank_str key, const char *name, size_t len) {
  const char *p = key.ptr + 1, *end = key.ptr + key.len - 1;
  uint32_t code_point = 0;
  char bytes[4];
  size_t size;
  if (!memchr(p, '\\', (size_t)(end - p))) return (size_t)(end - p) == len && memcmp(p, name, len) == 0;
  while (p != end) {
    p = crank_json_character_(p, end, &code_point);
    if (!p) return 0;
    size = crank_utf8_encode(code_point, bytes);
    if (size > len || memcmp(bytes, name, size) != 0) return 0;
    name += size;
    len -= size;
  }
  return len == 0;
}

static inline int crank_json_find(crank_str object, const char *name, crank_str *value) {
  crank_json_cursor cursor = crank_json_each(object);
  crank_str key, each;
  size_t len = strlen(name);
  int found = 0;
  if (!cursor.in_object) return 0;
  while (crank_json_next(&cursor, &key, &each)) {
    if (!crank_json_key_is_(key, name, len)) continue;
    *value = each;
    found = 1;
  }
  return found && !cursor.malformed;
}

static inline int crank_json_string(crank_str value, char *out, size_t capacity, size_t *len) {
  const char *p = value.ptr, *end;
  uint32_t code_point = 0;
  char bytes[4];
  size_t size, used = 0;
  *len = 0;
  if (!p || value.len < 2 || *p != '"' || p[value.len - 1] != '"') return 0;
  end = ++p + value.len - 2;
  while (p != end) {
    const char *from = p;
    size = crank_json_plain_(p, end);
    if (size > 0) {
      p += size;
    } else {
      p = crank_json_character_(p, end, &code_point);
      if (!p) return 0;
      size = crank_utf8_encode(code_point, bytes);
      from = bytes;
    }
    if (size > capacity - used) return 0;
    memcpy(out + used, from, size);
    used += size;
  }
  *len = used;
  return 1;
}

/* mantissa * 10^exponent, if that is whole and below 2^64. The mantissa has no zeros at its end. */
static inline int crank_json_scale_(uint64_t mantissa, int64_t exponent, uint64_t *out) {
  *out = mantissa;
  if (mantissa == 0) return 1;
  for (; exponent > 0; exponent--) {
    if (*out > UINT64_MAX / 10) return 0;
    *out *= 10;
  }
  return exponent == 0;
}

static inline int crank_json_integer(crank_str value, int64_t *out) {
  const char *p = value.ptr, *end;
  uint64_t mantissa = 0, magnitude;
  int64_t exponent = 0, written = 0;
  int64_t zeros = 0; /* seen but not yet multiplied in: they may be the last ones */
  int negative, in_fraction = 0, shrink;
  if (!p || value.len == 0) return 0;
  end = p + value.len;
  if (crank_json_skip_number_(p, end) != end) return 0;
  negative = *p == '-';
  for (p += negative; p != end && (*p | 0x20) != 'e'; p++) {
    if (*p == '.') {
      in_fraction = 1;
      continue;
    }
    exponent -= in_fraction;
    if (*p == '0') {
      zeros++;
      continue;
    }
    if (!crank_json_scale_(mantissa, zeros + 1, &mantissa)) return 0;
    if (mantissa > UINT64_MAX - 9) return 0;
    mantissa += (uint64_t)(*p - '0');
    zeros = 0;
  }
  if (p != end) {
    shrink = *++p == '-';
    for (p += *p == '-' || *p == '+'; p != end; p++) {
      if (written < INT32_MAX) written = written * 10 + (*p - '0');
    }
    exponent += shrink ? -written : written;
  }
  if (!crank_json_scale_(mantissa, exponent + zeros, &magnitude)) return 0;
  if (magnitude > (uint64_t)INT64_MAX + (uint64_t)negative) return 0;
  if (negative) {
    *out = magnitude ? -(int64_t)(magnitude - 1) - 1 : 0;
  } else {
    *out = (int64_t)magnitude;
  }
  return 1;
}

static inline int crank_json_bool(crank_str value, int32_t *out) {
  if (value.len == 4 && memcmp(value.ptr, "true", 4) == 0) {
    *out = 1;
    return 1;
  }
  if (value.len == 5 && memcmp(value.ptr, "false", 5) == 0) {
    *out = 0;
    return 1;
  }
  return 0;
}

/* The escaped form of the character at `p`; *size is the bytes of `p` it stands for. Returns the length of the form. */
static inline size_t crank_json_escape_one_(const char *p, const char *end, char out[6], size_t *size) {
  static const char hex[] = "0123456789abcdef";
  static const char shorts[] = "btn?fr"; /* U+0008 to U+000D; U+000B has none */
  unsigned char byte = (unsigned char)*p;
  uint32_t code_point;
  *size = 1;
  if (byte >= 0x80) {
    *size = crank_utf8_decode(p, end, &code_point);
    if (*size) {
      memcpy(out, p, *size);
      return *size;
    }
    *size = 1;
    return crank_utf8_encode(0xfffd, out);
  }
  if (byte >= 0x20 && byte != '"' && byte != '\\') {
    out[0] = *p;
    return 1;
  }
  out[0] = '\\';
  if (byte >= 0x20) {
    out[1] = *p;
    return 2;
  }
  if (byte >= 0x08 && byte <= 0x0d && byte != 0x0b) {
    out[1] = shorts[byte - 0x08];
    return 2;
  }
  memcpy(out + 1, "u00", 3);
  out[4] = hex[byte >> 4];
  out[5] = hex[byte & 15];
  return 6;
}

static inline size_t crank_json_escape(const char *text, size_t len, char *out, size_t capacity) {
  const char *p = text, *end;
  char form[6];
  size_t total = 0, size, length;
  if (len == 0) return 0;
  for (end = text + len; p != end; p += size) {
    const char *from = p;
    length = size = crank_json_plain_(p, end);
    if (size == 0) {
      from = form;
      length = crank_json_escape_one_(p, end, form, &size);
    }
    if (total < capacity) memcpy(out + total, from, length < capacity - total ? length : capacity - total);
    total += length;
  }
  return total;
}

#endif
