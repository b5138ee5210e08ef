/* layout_assert.h: static asserts that read alike in C99, which has none, and in C++20. A file that includes it defines
 * nothing; it compiles or it does not. */
#ifndef LAYOUT_ASSERT_H
#define LAYOUT_ASSERT_H

#include <crank/crank.h>
#include <crank/ext/ask.h>
#include <crank/ext/files.h>
#include <crank/ext/form.h>
#include <crank/ext/health.h>
#include <crank/ext/metrics.h>
#include <crank/ext/process.h>
#include <crank/ext/session.h>
#include <crank/ext/timer.h>

#ifdef __cplusplus
#include <string_view>
#include <type_traits>
#define HOLDS(name, condition) static_assert(condition, #name)
#define SAME_FUNCTION(type, member, result, parameters)                                                                \
  (std::is_same_v<decltype(type::member), result(*) parameters CRANK_NOTHROW>)
#define SAME_TEXT(constant, value) (std::string_view(constant) == value)
#else
#define HOLDS(name, condition) extern char name[(condition) ? 1 : -1]
#define SAME_FUNCTION(type, member, result, parameters)                                                                \
  __builtin_types_compatible_p(__typeof__(((type *)0)->member), result(*) parameters)
/* The text of a literal is no constant expression in C: only its length is compared here, the rest in C++. */
#define SAME_TEXT(constant, value) (sizeof(constant) == sizeof(value))
#endif

#define SIZE(type, bytes) HOLDS(size_of_##type, sizeof(type) == (bytes))
/* A table that carries its size may be longer in a later minor of the same major. */
#define TABLE(type, bytes, minor)                                                                                      \
  HOLDS(size_of_##type, CRANK_ABI_MINOR == (minor) ? sizeof(type) == (bytes) : sizeof(type) >= (bytes))
#define FIELD(type, member, offset, bytes)                                                                             \
  HOLDS(offset_of_##type##_##member, offsetof(type, member) == (offset));                                              \
  HOLDS(size_of_##type##_##member, sizeof(((type *)0)->member) == (bytes))
#define CALLBACK(type, member, result, parameters)                                                                     \
  HOLDS(signature_of_##type##_##member, SAME_FUNCTION(type, member, result, parameters))
#define CONSTANT(constant, value) HOLDS(value_of_##constant, (constant) == (value))
#define TEXT(constant, value) HOLDS(value_of_##constant, SAME_TEXT(constant, value))

#endif
