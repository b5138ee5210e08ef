// append_event: what a browser's EventSource would read back (WHATWG HTML, "Interpreting an event stream").
#include "catch.hpp"

#include "doors/event_stream.hpp"

#include <string>
#include <vector>

using namespace crank;
using namespace std::string_literals;

namespace {

struct Event {
  std::string data, event, id;
  bool operator==(const Event&) const = default;
};

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    if (text[i] == '\r' || text[i] == '\n')
      lines.emplace_back();
    else
      lines.back() += text[i];
  }
  lines.pop_back(); // a line that is not ended does not count
  return lines;
}

// The standard's algorithm, as far as a single stream needs it.
std::vector<Event> read_events(std::string_view text) {
  std::vector<Event> events;
  Event event;
  bool has_data = false;
  for (const std::string& line : lines_of(text)) {
    if (line.empty()) {
      if (has_data) {
        event.data.pop_back();
        events.push_back(event);
      }
      event = {};
      has_data = false;
      continue;
    }
    const std::size_t colon = line.find(':');
    std::string value = colon == std::string::npos ? "" : line.substr(colon + 1);
    if (!value.empty() && value.front() == ' ') value.erase(0, 1);
    const std::string name = line.substr(0, colon);
    if (name == "event") event.event = value;
    if (name == "id" && value.find('\0') == std::string::npos) event.id = value;
    if (name == "data") {
      event.data += value + '\n';
      has_data = true;
    }
  }
  return events;
}

std::string text_of(std::string_view data, std::string_view event = {}, std::string_view id = {}) {
  std::string out;
  append_event(out, data, event, id);
  return out;
}

} // namespace

TEST_CASE("an event on the wire") {
  CHECK(text_of("{}") == "data: {}\n\n");
  CHECK(text_of("a", "tick", "7") == "event: tick\nid: 7\ndata: a\n\n");
  CHECK(text_of("") == "data: \n\n");
  CHECK(text_of("a\nb") == "data: a\ndata: b\n\n");
}

TEST_CASE("an event is read back as it was, with line feeds for line breaks") {
  const std::pair<std::string, std::string> cases[] = {
      {"", ""},
      {"a", "a"},
      {" a", " a"},
      {"a: b", "a: b"},
      {":", ":"},
      {"a\nb", "a\nb"},
      {"a\r\nb", "a\nb"},
      {"a\rb", "a\nb"},
      {"a\n", "a\n"},
      {"a\r", "a\n"},
      {"\n", "\n"},
      {"\n\n", "\n\n"},
      {"\r\r", "\n\n"},
      {"\n\r", "\n\n"},
      {"\r\n\r\n", "\n\n"},
      {"data: x\n\nevent: y", "data: x\n\nevent: y"},
      {"\xc3\xa4", "\xc3\xa4"},
  };
  for (const auto& [data, expected] : cases) {
    CAPTURE(data);
    const auto events = read_events(text_of(data, "e", "1"));
    REQUIRE(events.size() == 1);
    CHECK(events[0] == Event{expected, "e", "1"});
  }
}

TEST_CASE("no field can end its line and forge another") {
  const auto events = read_events(text_of("d", "a\ndata: forged\n\nb", "1\r\nevent: forged\r2"));
  REQUIRE(events.size() == 1);
  CHECK(events[0].data == "d");
  CHECK(events[0].event == "adata: forgedb");
  CHECK(events[0].id == "1event: forged2");
  CHECK(read_events(text_of("d", "", "1\0002"s))[0].id == "12"); // with NUL in it a reader would ignore the id
}

TEST_CASE("events follow each other") {
  std::string out;
  append_event(out, "1", {}, {});
  append_event(out, "2\n", "x", {});
  append_event(out, "3", {}, "9");
  CHECK(read_events(out) == std::vector<Event>{{"1", "", ""}, {"2\n", "x", ""}, {"3", "", "9"}});
}
