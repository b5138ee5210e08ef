// What the commands for jobs are made of: events read from pieces, and a line that stays one.
#include "catch.hpp"

#include "commands/event_reader.hpp"
#include "commands/progress_bar.hpp"

#include <vector>

using namespace crank;

TEST_CASE("event reader: events come out the same, however the stream is cut") {
  const std::string stream =
      "retry: 1000\n\n:\n\nevent: state\nid: 3\ndata: {\"a\":1}\n\nid: 4\r\ndata: x\r\ndata:y\r\n\r\n"
      "id: 5\n\ndata\n\nevent: end\ndata: cut";
  for (std::size_t size = 1; size <= stream.size(); ++size) {
    std::vector<ReadEvent> seen;
    EventReader reader([&](const ReadEvent& event) { seen.push_back(event); });
    for (std::size_t at = 0; at < stream.size(); at += size) reader.add(std::string_view(stream).substr(at, size));
    REQUIRE(seen.size() == 3);
    CHECK(seen[0].event == "state");
    CHECK(seen[0].id == "3");
    CHECK(seen[0].data == "{\"a\":1}");
    CHECK(seen[1].event == "message");
    CHECK(seen[1].id == "4");
    CHECK(seen[1].data == "x\ny");
    CHECK(seen[2].id == "5"); // without data it was no event, and its id holds
    CHECK(seen[2].data.empty());
  }
}

TEST_CASE("event reader: what was cut off is no part of the next stream") {
  std::vector<ReadEvent> seen;
  EventReader reader([&](const ReadEvent& event) { seen.push_back(event); });
  reader.add("event: end\nid: 9\ndata: {\"cut");
  reader.reset();
  reader.add("data: x\n\n");
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].event == "message");
  CHECK(seen[0].data == "x");
}

TEST_CASE("progress line: known and unknown progress, within the width") {
  CHECK(progress_line(0.5, "half", 80) == "[############............]  50 % half");
  CHECK(progress_line(0, "", 80) == "[........................]   0 %");
  CHECK(progress_line(7, "", 80) == "[########################] 100 %");
  CHECK(progress_line(0.999, "", 80) == "[#######################.]  99 %");
  CHECK(progress_line(-1, "waiting", 80) == "waiting");
  CHECK(progress_line(-1, "waiting", 4) == "wait");
  CHECK(progress_line(-1, "w\xc3\xa4iting", 2) == "w\xc3\xa4"); // a character is not cut
  CHECK(progress_line(-1, "a\nb\x1b[2J\xc2\x9b", 80) == "a\\nb\\x1b[2J\\u009b");
}
