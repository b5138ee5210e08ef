// Digests, and which part of what is stored a response has.
#include "catch.hpp"

#include "base/digest.hpp"
#include "doors/content_response.hpp"
#include "http/byte_range.hpp"

using namespace crank;

TEST_CASE("content: digests are those of FIPS 180-4, whatever the pieces") {
  // FIPS 180-2, appendix B.1.
  const std::string abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  CHECK(sha256_hex("abc") == abc);
  Sha256 digest;
  digest.update("a");
  CHECK(digest.hex() == sha256_hex("a"));
  CHECK(digest.update("b").update("").update("c").hex() == abc);
  // RFC 9530, appendix B.1, of {"hello": "world"} and a line feed.
  CHECK(digest_field(sha256_hex("{\"hello\": \"world\"}\n")) ==
        "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:");
}

TEST_CASE("content: ranges are served as RFC 9110 14 has them") {
  struct Example {
    const char* field;
    std::uint64_t size;
    ByteRange::Kind kind;
    std::uint64_t from, length;
  };
  using Kind = ByteRange::Kind;
  const Example examples[] = {
      {"", 10, Kind::whole, 0, 10},           {"bytes=0-3", 10, Kind::part, 0, 4},
      {"Bytes=2-", 10, Kind::part, 2, 8},     {"bytes=-3", 10, Kind::part, 7, 3},
      {"bytes=-30", 10, Kind::part, 0, 10},   {"bytes=9-99999999999999999999999", 10, Kind::part, 9, 1},
      {"bytes=10-", 10, Kind::none, 0, 0},    {"bytes=99999999999999999999999-", 10, Kind::none, 0, 0},
      {"bytes=-0", 10, Kind::none, 0, 0},     {"bytes=0-0", 0, Kind::none, 0, 0},
      {"bytes=-1", 0, Kind::none, 0, 0},      {"bytes=3-2", 10, Kind::whole, 0, 10}, // malformed
      {"bytes=", 10, Kind::whole, 0, 10},     {"bytes=-", 10, Kind::whole, 0, 10},
      {"bytes=a-b", 10, Kind::whole, 0, 10},  {"bytes=1-2,4-5", 10, Kind::whole, 0, 10}, // several
      {"bytes=+1-2", 10, Kind::whole, 0, 10}, {"pages=1-2", 10, Kind::whole, 0, 10},
      {"bytes 1-2", 10, Kind::whole, 0, 10},
  };
  for (const Example& example : examples) {
    INFO(example.field << " of " << example.size);
    const ByteRange range = byte_range(example.field, example.size);
    CHECK(range.kind == example.kind);
    CHECK(range.from == example.from);
    CHECK(range.length == example.length);
  }
}

TEST_CASE("content: a file's name cannot get out of its field") {
  CHECK(content_disposition("a.pdf") == "attachment; filename=\"a.pdf\"");
  CHECK(content_disposition("a\"\r\nX: y\\%.pdf") ==
        "attachment; filename=\"a___X: y__.pdf\"; filename*=UTF-8''a%22%0D%0AX%3A%20y%5C%25.pdf");
  CHECK(content_disposition("\xc3\xa9 1.txt") == "attachment; filename=\"__ 1.txt\"; filename*=UTF-8''%C3%A9%201.txt");
}
