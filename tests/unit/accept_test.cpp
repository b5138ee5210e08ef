// Accept: what a client says of a media type, and which representation follows from it.
#include "catch.hpp"

#include "doors/call_reply.hpp"
#include "http/accept.hpp"

using namespace crank;

namespace {

unsigned weight(std::string_view type, std::string_view accept) { return preference_for(type, accept).weight; }

Representation chosen(bool streaming, std::string_view accept, std::string response_type = "application/json") {
  OperationSpec spec;
  spec.streaming = streaming;
  spec.response_type = std::move(response_type);
  RequestHead head;
  if (!accept.empty()) head.add_field("Accept", accept);
  return choose_representation(spec, head);
}

} // namespace

TEST_CASE("the most specific range decides, wherever it stands") {
  CHECK(weight("text/html", "") == 1000);
  CHECK(weight("text/html", "text/html") == 1000);
  CHECK(weight("text/html", "TEXT/Html ; Q=0.5") == 500);
  CHECK(weight("text/html", "text/*;q=0.3, */*;q=0.1") == 300);
  CHECK(weight("text/html", "text/html;q=0, */*") == 0);
  CHECK(weight("text/html", "*/*, text/html;q=0.2, text/*") == 200);
  CHECK(weight("text/html", "image/png, tex/*, text/h") == 0);
  CHECK(weight("text/html", "*;q=.2") == 200);
  CHECK(weight("text/html", "text/html;level=1;q=0.4, text/html;q=0.7") == 700);
  CHECK(weight("text/html", R"(text/html;x="a,b;q=0";q=0.6)") == 600);
  CHECK(preference_for("text/html", "text/html").by_name);
  CHECK_FALSE(preference_for("text/html", "text/*").by_name);
  CHECK_FALSE(preference_for("text/html", "").by_name);
}

TEST_CASE("weights are those of the grammar; what is none counts as no weight") {
  const auto of = [](const std::string& q) { return weight("a/b", "a/b;q=" + q); };
  CHECK(of("1") == 1000);
  CHECK(of("1.000") == 1000);
  CHECK(of("0") == 0);
  CHECK(of("0.") == 0);
  CHECK(of("0.001") == 1);
  CHECK(of("0.75") == 750);
  CHECK(of(".5") == 500);
  for (const char* bad : {"", ".", "x", "2", "1.1", "0.1234", "0.x", "-1", "00.5"}) {
    INFO(bad);
    CHECK(of(bad) == 1000);
  }
}

TEST_CASE("a stream of items is one JSON object unless the client rather has something else") {
  using enum Representation;
  for (const char* json : {"", "*/*", "application/json", "application/json, */*", "image/png", "text/event-stream;q=0",
                           "text/event-stream;q=0, application/json", "text/event-stream;q=0.9, */*", "application/*",
                           "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "*/*;q=0"})
    CHECK(chosen(true, json) == array);
  for (const char* streamed :
       {"text/event-stream", "application/json, text/event-stream", "text/event-stream, */*", "text/*",
        "application/json;q=0.9, text/event-stream", "text/event-stream;q=0.1", "application/jsonl, text/event-stream"})
    CHECK(chosen(true, streamed) == events);
  for (const char* line_by_line : {"application/jsonl", "application/x-ndjson", "application/json-lines",
                                   "application/json, application/jsonl", "application/jsonl, text/event-stream;q=0.5"})
    CHECK(chosen(true, line_by_line) == lines);
}

TEST_CASE("another result comes as it is, or as events where it is JSON") {
  using enum Representation;
  CHECK(chosen(false, "application/jsonl") == plain);
  CHECK(chosen(false, "text/event-stream") == events);
  CHECK(chosen(false, "text/event-stream;q=0, application/json") == plain);
  CHECK(chosen(false, "text/event-stream", "image/png") == plain);
}
