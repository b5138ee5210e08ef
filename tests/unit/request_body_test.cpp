// The two bodies a plugin can be given, and the back-pressure of the one that streams.
#include "catch.hpp"

#include "engine_fixture.hpp"
#include "http/request_body.hpp"

#include <crank/crank.h>

#include <atomic>
#include <future>

using namespace crank;
using namespace crank::test;

namespace {

std::string read_all(crank::RequestBody& body, std::size_t step) {
  std::string out, piece(step, '\0');
  std::int64_t got = 0;
  while ((got = body.read(piece.data(), piece.size())) > 0) out.append(piece, 0, static_cast<std::size_t>(got));
  return got == 0 ? out : "status " + std::to_string(got);
}

} // namespace

TEST_CASE("a whole body in memory") {
  const SpoolLimits limits;
  Spool spool(limits);
  REQUIRE(spool.append("hello world") == Spool::Outcome::ok);
  WholeBody body(std::move(spool));
  CHECK(body.size() == 11);
  REQUIRE(body.whole());
  CHECK(*body.whole() == "hello world");
  body.abort(CRANK_CANCELLED); // what is there stays readable
  CHECK(read_all(body, 4) == "hello world");
  CHECK(body.size() == 11);
}

TEST_CASE("a whole body in a file") {
  SpoolLimits limits;
  limits.threshold_bytes = 4;
  Spool spool(limits);
  REQUIRE(spool.append("hello world") == Spool::Outcome::ok);
  WholeBody body(std::move(spool));
  CHECK(body.size() == 11);
  CHECK_FALSE(body.whole());
  CHECK(read_all(body, 4) == "hello world");
}

TEST_CASE("a streamed body gives what arrives and ends when it is finished") {
  const auto stream = std::make_shared<StreamedBody>(CRANK_UNKNOWN, [] {});
  StreamedBodyReader body(stream);
  CHECK(body.size() == CRANK_UNKNOWN);
  CHECK_FALSE(body.whole());
  auto reader = std::async(std::launch::async, [&] { return read_all(body, 7); });
  std::string all;
  for (int i = 0; i < 100; ++i) {
    const std::string piece = "piece " + std::to_string(i) + ";";
    all += piece;
    CHECK(stream->append(piece));
  }
  stream->finish();
  CHECK(reader.get() == all);
  char more[4];
  CHECK(body.read(more, sizeof more) == 0);
}

TEST_CASE("a full window stops the sender until half of it has been read") {
  std::atomic<int> room{0};
  StreamedBody body(CRANK_UNKNOWN, [&] { ++room; });
  CHECK(body.append(std::string(StreamedBody::window - 1, 'x')));
  CHECK_FALSE(body.append("y"));
  std::string piece(StreamedBody::window / 4, '\0');
  CHECK(body.read(piece.data(), piece.size()) == static_cast<std::int64_t>(piece.size()));
  CHECK(room == 0);
  CHECK(body.read(piece.data(), piece.size()) == static_cast<std::int64_t>(piece.size()));
  CHECK(room == 1);
  CHECK(body.read(piece.data(), piece.size()) == static_cast<std::int64_t>(piece.size()));
  CHECK(room == 1); // told once
  CHECK(body.append("z"));
}

TEST_CASE("aborting wakes a reader that waits, with the first status, for good") {
  std::atomic<int> room{0};
  const auto stream = std::make_shared<StreamedBody>(100, [&] { ++room; });
  StreamedBodyReader body(stream);
  CHECK(body.size() == 100);
  char piece[4];
  auto reader = std::async(std::launch::async, [&] { return body.read(piece, sizeof piece); });
  body.abort(CRANK_DEADLINE);
  CHECK(reader.get() == CRANK_DEADLINE);
  body.abort(CRANK_CANCELLED);
  CHECK(body.read(piece, sizeof piece) == CRANK_DEADLINE);
  CHECK(stream->append(std::string(StreamedBody::window * 2, 'x'))); // the sender is not held up any more
  CHECK(body.read(piece, sizeof piece) == CRANK_DEADLINE);
  CHECK(room == 0);
}

TEST_CASE("aborting lets a sender that waits go on") {
  std::atomic<int> room{0};
  StreamedBody body(CRANK_UNKNOWN, [&] { ++room; });
  CHECK_FALSE(body.append(std::string(StreamedBody::window, 'x')));
  body.abort(CRANK_CANCELLED);
  CHECK(room == 1);
}
