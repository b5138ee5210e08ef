// libFuzzer target for what reads requests off the wire. The same bytes must mean the same however they are cut, and
// nothing that was accepted may be what another server could read differently.
#include "http/request_parser.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace crank;

void must(bool holds) {
  if (!holds) std::abort();
}

class Collector final : public RequestParser::BodySink {
public:
  void on_body(std::string_view part) override { body += part; }
  std::string body;
};

struct Outcome {
  int refused = 0; // the HTTP status
  bool done = false;
  std::string target, fields, body, rest;
  bool operator==(const Outcome&) const = default;
};

std::size_t scan(std::string_view wire, std::size_t step, Outcome& outcome) {
  HeaderScanner scanner;
  std::size_t arrived = 0, size = 0;
  while (arrived < wire.size() && size == 0 && !scanner.error()) {
    arrived = std::min(wire.size(), arrived + step);
    size = scanner.scan(wire.substr(0, arrived));
  }
  must(size <= wire.size());
  must(size == 0 || !scanner.error());
  if (scanner.error()) outcome.refused = scanner.error()->http_status;
  return size;
}

void read_body(RequestParser& parser, std::string_view wire, std::size_t step, Outcome& outcome) {
  Collector sink;
  std::optional<BadRequest> bad;
  std::string held;
  while (!wire.empty() && !parser.done() && !bad) {
    held += wire.substr(0, step);
    wire.remove_prefix(std::min(step, wire.size()));
    const std::size_t used = parser.parse_body(held, sink, bad);
    must(used <= held.size());
    held.erase(0, used);
  }
  if (bad) outcome.refused = bad->http_status;
  outcome.done = parser.done() && !bad;
  if (!outcome.done) return; // how much of what was refused had been handed on is of no importance
  outcome.body = sink.body;
  outcome.rest = held + std::string(wire);
}

// What an accepted head may look like.
void check_head(const RequestHead& head, const RequestParser& parser) {
  unsigned hosts = 0, lengths = 0, codings = 0;
  head.each_field([&](std::string_view name, std::string_view value) {
    must(!name.empty());
    must(name.find_first_of(std::string_view(" \t\r\n:\0", 6)) == std::string_view::npos);
    must(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
    hosts += name == "host";
    lengths += name == "content-length";
    codings += name == "transfer-encoding";
    if (name == "content-length")
      must(!value.empty() && value.find_first_not_of("0123456789") == std::string_view::npos);
  });
  must(head.version() == 10 || head.version() == 11);
  must(hosts <= 1 && (head.version() == 10 || hosts == 1));
  must(lengths + codings <= 1);
  must(parser.chunked() == (codings == 1));
  must(parser.content_length().has_value() == (lengths == 1));
  must(head.target().find_first_of(std::string_view(" \t\r\n\0", 5)) == std::string_view::npos);
}

Outcome parse(std::string_view wire, std::size_t step) {
  Outcome outcome;
  const std::size_t size = scan(wire, step, outcome);
  if (size == 0) return outcome;
  RequestParser parser;
  RequestHead head;
  // Its own allocation, so that overreads are seen.
  const std::string block(wire.substr(0, size));
  if (const auto bad = parser.parse_header(block, head)) {
    outcome.refused = bad->http_status;
    return outcome;
  }
  check_head(head, parser);
  outcome.target = head.target();
  head.each_field([&](std::string_view name, std::string_view value) {
    outcome.fields += std::string(name) + ":" + std::string(value) + "\n";
  });
  read_body(parser, wire.substr(size), step, outcome);
  if (parser.content_length() && outcome.done) must(outcome.body.size() == *parser.content_length());
  return outcome;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string wire(reinterpret_cast<const char*>(data), size);
  const Outcome whole = parse(wire, SIZE_MAX / 2);
  must(whole == parse(wire, 1));
  must(whole == parse(wire, 7));
  return 0;
}
