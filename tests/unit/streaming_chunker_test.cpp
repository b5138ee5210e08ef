// The chunker of the streaming plugin: words, chunks, the last one, and going on after a chunk.
#include "catch.hpp"

#include "../../plugins/streaming/chunker.hpp"

#include <string>
#include <string_view>
#include <vector>

using streaming::Chunk;
using streaming::Chunker;

namespace {

std::vector<std::string> contents(Chunker chunker) {
  std::vector<std::string> seen;
  for (Chunk chunk; chunker.next(chunk);) seen.push_back(chunk.content);
  return seen;
}

using Contents = std::vector<std::string>;

} // namespace

TEST_CASE("a text is cut into so many words", "[streaming]") {
  CHECK(contents(Chunker("one two three four five", 2)) == Contents{"one two", "three four", "five"});
  CHECK(contents(Chunker("one two three four", 2)) == Contents{"one two", "three four"});
  CHECK(contents(Chunker("one two", 100)) == Contents{"one two"});
  CHECK(contents(Chunker("one two", UINT64_MAX)) == Contents{"one two"});
  CHECK(contents(Chunker("one", 1)) == Contents{"one"});
}

TEST_CASE("any white space separates words and becomes one blank", "[streaming]") {
  CHECK(contents(Chunker("  one\t\n two\r\nthree  ", 5)) == Contents{"one two three"});
  // U+00A0, U+2003, U+3000, U+001F; U+200B is no white space
  CHECK(contents(Chunker("a\xc2\xa0"
                         "b\xe2\x80\x83"
                         "c\xe3\x80\x80"
                         "d\x1f"
                         "e\xe2\x80\x8b"
                         "f",
                         1)) == Contents{"a", "b", "c", "d",
                                         "e\xe2\x80\x8b"
                                         "f"});
}

TEST_CASE("a text without words has no chunks", "[streaming]") {
  CHECK(contents(Chunker("", 1)).empty());
  CHECK(contents(Chunker(" \t\n\xe3\x80\x80", 1)).empty());
}

TEST_CASE("bytes that are not UTF-8 belong to a word", "[streaming]") {
  CHECK(contents(Chunker("a\xff b\xe2\x80", 1)) == Contents{"a\xff", "b\xe2\x80"});
}

TEST_CASE("ids count from 0 and only the last chunk is the last", "[streaming]") {
  Chunker chunker("one two three ", 1);
  Chunk chunk;
  for (std::uint64_t id = 0; id < 3; ++id) {
    REQUIRE(chunker.next(chunk));
    CHECK(chunk.id == id);
    CHECK(chunk.is_last == (id == 2));
  }
  CHECK_FALSE(chunker.next(chunk));
}

TEST_CASE("skip goes on where the earlier chunks ended", "[streaming]") {
  for (std::uint64_t skipped = 0; skipped < 3; ++skipped) {
    Chunker chunker("one two three four five", 2);
    chunker.skip(skipped);
    Chunk chunk;
    REQUIRE(chunker.next(chunk));
    CHECK(chunk.id == skipped);
    CHECK(chunk.content == Contents{"one two", "three four", "five"}[skipped]);
    CHECK(chunk.is_last == (skipped == 2));
  }
  Chunker chunker("one two three", 2);
  chunker.skip(UINT64_MAX);
  Chunk chunk;
  CHECK_FALSE(chunker.next(chunk));
}

TEST_CASE("a copy remembers the place", "[streaming]") {
  Chunker chunker("one two three", 1);
  Chunk chunk;
  REQUIRE(chunker.next(chunk));
  const Chunker place = chunker;
  REQUIRE(chunker.next(chunk));
  chunker = place;
  REQUIRE(chunker.next(chunk));
  CHECK(chunk.id == 1);
  CHECK(chunk.content == "two");
}
