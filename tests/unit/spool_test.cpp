// Spool: the same bytes come out, whether they stayed in memory or went through the file.
#include "catch.hpp"

#include "os/spool.hpp"

#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <random>
#include <string>

using namespace crank;

namespace {

class TemporaryDirectory {
public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "crank-spool-test-XXXXXX").string();
    if (mkdtemp(pattern.data())) path_ = pattern;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }
  bool empty() const { return std::filesystem::is_empty(path_); }

private:
  std::string path_;
};

std::string read_some(Spool& spool, std::size_t size) {
  std::string out(size, '\0');
  const auto got = spool.read(out.data(), size);
  REQUIRE(got >= 0);
  out.resize(static_cast<std::size_t>(got));
  return out;
}

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i % 23);
  return text;
}

} // namespace

TEST_CASE("a small spool stays in memory") {
  TemporaryDirectory directory;
  const SpoolLimits limits{directory.path(), 100, UINT64_MAX};
  Spool spool(limits);
  CHECK(spool.in_memory() == std::string_view());
  CHECK(spool.append("hello ") == Spool::Outcome::ok);
  CHECK(spool.append("world") == Spool::Outcome::ok);
  CHECK(spool.unread() == 11);
  REQUIRE(spool.in_memory());
  CHECK(*spool.in_memory() == "hello world");
  CHECK(read_some(spool, 6) == "hello ");
  CHECK_FALSE(spool.in_memory()); // not the whole content any more
  CHECK(read_some(spool, 100) == "world");
  CHECK(read_some(spool, 100).empty());
}

TEST_CASE("the threshold is what still fits in memory; one byte more goes to a file without a name") {
  TemporaryDirectory directory;
  const SpoolLimits limits{directory.path(), 10, UINT64_MAX};
  Spool spool(limits);
  CHECK(spool.append("0123456789") == Spool::Outcome::ok);
  CHECK(spool.in_memory());
  CHECK(spool.append("x") == Spool::Outcome::ok);
  CHECK_FALSE(spool.in_memory());
  CHECK(spool.append("y") == Spool::Outcome::ok);
  CHECK(directory.empty());
  CHECK(spool.unread() == 12);
  CHECK(read_some(spool, 11) == "0123456789x");
  CHECK(read_some(spool, 11) == "y");
  // Empty again: memory serves.
  CHECK(spool.append("again") == Spool::Outcome::ok);
  CHECK(spool.in_memory() == std::string_view("again"));
}

TEST_CASE("a spool takes no more than its limit of unread bytes") {
  TemporaryDirectory directory;
  const std::uint64_t threshold = GENERATE(4u, 100u);
  const SpoolLimits limits{directory.path(), threshold, 10};
  Spool spool(limits);
  CHECK(spool.append("0123456789") == Spool::Outcome::ok);
  CHECK(spool.append("x") == Spool::Outcome::over_limit);
  CHECK(spool.append(std::string(100, 'x')) == Spool::Outcome::over_limit);
  CHECK(spool.append("") == Spool::Outcome::ok);
  CHECK(spool.unread() == 10);
  CHECK(read_some(spool, 4) == "0123");
  CHECK(spool.append("abcd") == Spool::Outcome::ok);
  CHECK(spool.append("e") == Spool::Outcome::over_limit);
  CHECK(read_some(spool, 100) == "456789abcd");
}

TEST_CASE("without a place for its file a spool says so and keeps what it has") {
  const SpoolLimits limits{"/nonexistent/crank", 4, UINT64_MAX};
  Spool spool(limits);
  CHECK(spool.append("abcd") == Spool::Outcome::ok);
  CHECK(spool.append("e") == Spool::Outcome::no_space);
  CHECK(read_some(spool, 10) == "abcd");
}

TEST_CASE("a moved spool takes its content along") {
  TemporaryDirectory directory;
  const SpoolLimits limits{directory.path(), 4, UINT64_MAX};
  Spool first(limits);
  CHECK(first.append("abcd") == Spool::Outcome::ok);
  CHECK(first.append("efgh") == Spool::Outcome::ok);
  CHECK(read_some(first, 2) == "ab");
  Spool second(std::move(first));
  CHECK(second.unread() == 6);
  CHECK(read_some(second, 10) == "cdefgh");
}

TEST_CASE("bytes leave a spool in the order they came, however they are cut") {
  TemporaryDirectory directory;
  const std::uint64_t threshold = GENERATE(0u, 1u, 64u, 1000u, 100000u);
  CAPTURE(threshold);
  const SpoolLimits limits{directory.path(), threshold, UINT64_MAX};
  Spool spool(limits);
  const std::string all = pattern(40'000);
  std::mt19937 random(static_cast<unsigned>(threshold));
  std::string out;
  std::size_t put = 0;
  while (out.size() < all.size()) {
    const std::size_t more = std::min<std::size_t>(random() % 300, all.size() - put);
    REQUIRE(spool.append(std::string_view(all).substr(put, more)) == Spool::Outcome::ok);
    put += more;
    REQUIRE(spool.unread() == put - out.size());
    out += read_some(spool, random() % (put == all.size() ? 5000 : 320));
  }
  CHECK(out == all);
}

TEST_CASE("a spool without a descriptor for its file does not blame the disk") {
  const TemporaryDirectory directory;
  const SpoolLimits limits{directory.path(), 4, UINT64_MAX};
  Spool spool(limits);
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit none{0, before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  const auto without = spool.append("longer than four");
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(without == Spool::Outcome::no_descriptor);
  CHECK(spool.append("longer than four") == Spool::Outcome::ok);
}

TEST_CASE("what is in a spool can be looked at anywhere, and stays") {
  SpoolLimits limits;
  limits.threshold_bytes = 4;
  for (const bool read_some : {false, true}) {
    Spool spool(limits);
    for (const std::string_view piece : {"xx", "ab", "cdef", "gh"}) REQUIRE(spool.append(piece) == Spool::Outcome::ok);
    char buffer[16];
    std::string left = "xxabcdefgh";
    if (read_some) { // not only from the front of a spool that nobody touched
      REQUIRE(spool.read(buffer, 2) == 2);
      left.erase(0, 2);
    }
    for (std::size_t from = 0; from <= left.size() + 1; ++from) {
      for (std::size_t size = 0; size <= left.size() + 1; ++size) {
        const std::string expected = from < left.size() ? left.substr(from, size) : "";
        REQUIRE(spool.peek(from, buffer, size) == static_cast<std::int64_t>(expected.size()));
        CHECK(std::string(buffer, expected.size()) == expected);
      }
    }
    std::uint64_t place = 0;
    CHECK(spool.place_of(place) < 0); // in memory
    place = left.size() - 2;
    const int file = spool.place_of(place);
    REQUIRE(file >= 0);
    CHECK(pread(file, buffer, 2, static_cast<off_t>(place)) == 2);
    CHECK(std::string(buffer, 2) == "gh");
    CHECK(spool.unread() == left.size());
    CHECK(spool.read(buffer, sizeof buffer) == static_cast<std::int64_t>(left.size()));
    CHECK(std::string(buffer, left.size()) == left);
  }
}
