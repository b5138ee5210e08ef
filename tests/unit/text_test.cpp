#include "base/text.hpp"

#include "catch.hpp"

#include <string>

using crank::as_utf8;
using crank::is_utf8;
using crank::shortened;

TEST_CASE("what is no UTF-8 becomes U+FFFD, byte by byte", "[text]") {
  const std::string bad = "\xEF\xBF\xBD";
  CHECK(as_utf8("") == "");
  CHECK(as_utf8("plain, gr\xC3\xBC\xC3\x9F and \xF0\x9F\x98\x80") == "plain, gr\xC3\xBC\xC3\x9F and \xF0\x9F\x98\x80");
  CHECK(as_utf8("a\xFFz") == "a" + bad + "z");
  CHECK(as_utf8("\xC3") == bad);                     // cut off
  CHECK(as_utf8("\xE2\x82") == bad + bad);           // cut off later
  CHECK(as_utf8("\xC0\xAF") == bad + bad);           // overlong
  CHECK(as_utf8("\xED\xA0\x80") == bad + bad + bad); // a surrogate
  CHECK(as_utf8("\xF4\x90\x80\x80") == bad + bad + bad + bad);
  for (int byte = 0; byte < 256; ++byte) CHECK(is_utf8(as_utf8(std::string("x") + static_cast<char>(byte) + "y")));
}

TEST_CASE("the file URI of a path has nothing that ends a path or begins something else", "[text]") {
  CHECK(crank::file_uri("/a/b.c") == "file:///a/b.c");
  CHECK(crank::file_uri("/my files/50%/#1?\xC3\xBC") == "file:///my%20files/50%25/%231%3F%C3%BC");
  CHECK(crank::file_uri("/") == "file:///");
}

TEST_CASE("text is cut where a character ends", "[text]") {
  const std::string text = "a\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80!"; // 1, 2, 3, 4 and 1 bytes
  const std::size_t ends[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
  for (std::size_t most = 0; most < std::size(ends); ++most) CHECK(shortened(text, most) == text.substr(0, ends[most]));
  CHECK(shortened("abc", 2) == "ab");
  CHECK(shortened(std::string(10, '\x80'), 7).size() == 7); // no characters at all: as long as it may be
}
