// HeaderScanner and RequestParser: what a request is, and everything that two servers could read differently.
#include "catch.hpp"

#include "http/request_parser.hpp"

#include <algorithm>
#include <string>
#include <vector>

using namespace crank;
using namespace std::string_literals;

namespace {

class Collector final : public RequestParser::BodySink {
public:
  void on_body(std::string_view part) override { body += part; }
  std::string body;
};

// One request as a connection would read it.
struct Parsed {
  std::optional<BadRequest> bad;
  bool complete = false; // head and body
  bool head_complete = false;
  RequestHead head;
  std::string body;
  bool keep_alive = false;
  bool chunked = false;
  std::optional<std::uint64_t> length;
  std::string rest; // what belongs to the next request
};

std::size_t scan(const std::string& wire, std::size_t step, Parsed& result) {
  HeaderScanner scanner;
  std::size_t size = 0;
  for (std::size_t arrived = std::min(step, wire.size());; arrived = std::min(arrived + step, wire.size())) {
    size = scanner.scan(std::string_view(wire).substr(0, arrived));
    result.bad = scanner.error();
    if (size != 0 || result.bad || arrived == wire.size()) return size;
  }
}

void take_body(RequestParser& parser, std::string_view wire, std::size_t step, Parsed& result) {
  Collector sink;
  std::string held;
  while (!parser.done() && !result.bad) {
    if (wire.empty()) break;
    const auto piece = wire.substr(0, step);
    wire.remove_prefix(piece.size());
    held += piece;
    held.erase(0, parser.parse_body(held, sink, result.bad));
  }
  result.complete = parser.done() && !result.bad;
  result.body = sink.body;
  result.rest = held + std::string(wire);
}

Parsed parse(const std::string& wire, std::size_t step = SIZE_MAX / 2) {
  Parsed result;
  const std::size_t size = scan(wire, step, result);
  if (size == 0 || result.bad) return result;
  RequestParser parser;
  result.bad = parser.parse_header(std::string_view(wire).substr(0, size), result.head);
  if (result.bad) return result;
  result.head_complete = true;
  result.keep_alive = parser.keep_alive();
  result.chunked = parser.chunked();
  result.length = parser.content_length();
  take_body(parser, std::string_view(wire).substr(size), step, result);
  return result;
}

std::string request(const std::string& lines, const std::string& body = "") {
  return "POST /p HTTP/1.1\r\nHost: h\r\n" + lines + "\r\n" + body;
}

// 0: accepted and complete; -1: accepted but unfinished.
int verdict(const std::string& wire) {
  // However it is cut, it must be judged alike.
  const Parsed whole = parse(wire), dripped = parse(wire, 1);
  CHECK((whole.bad ? whole.bad->http_status : 0) == (dripped.bad ? dripped.bad->http_status : 0));
  CHECK(whole.complete == dripped.complete);
  if (whole.bad) {
    CHECK_FALSE(whole.bad->detail.empty());
    return whole.bad->http_status;
  }
  CHECK(whole.body == dripped.body);
  CHECK(whole.rest == dripped.rest);
  return whole.complete ? 0 : -1;
}

} // namespace

TEST_CASE("a request without a body") {
  const Parsed parsed = parse("GET /a?b=c HTTP/1.1\r\nHost: h\r\nX-One:  1 \t\r\nx-two:\r\n\r\nGET /next");
  REQUIRE(parsed.complete);
  CHECK(parsed.head.method() == "GET");
  CHECK(parsed.head.path() == "/a");
  CHECK(parsed.head.version() == 11);
  CHECK(parsed.head.field("x-one") == "1");
  CHECK(parsed.head.field("x-two").empty());
  CHECK(parsed.keep_alive);
  CHECK_FALSE(parsed.chunked);
  CHECK_FALSE(parsed.length);
  CHECK(parsed.rest == "GET /next");
}

TEST_CASE("a request with a length") {
  const Parsed parsed = parse(request("Content-Length: 5\r\n", "helloPOST"));
  REQUIRE(parsed.complete);
  CHECK(parsed.length == 5u);
  CHECK(parsed.body == "hello");
  CHECK(parsed.rest == "POST");
  CHECK(parse(request("Content-Length: 0\r\n", "GET")).complete);
  CHECK(parse(request("Content-Length: 0\r\n", "GET")).rest == "GET");
  const Parsed unfinished = parse(request("Content-Length: 5\r\n", "hell"));
  CHECK(unfinished.head_complete);
  CHECK_FALSE(unfinished.complete);
}

TEST_CASE("a request in chunks; extensions and trailers are read and forgotten") {
  const std::string body = "5\r\nhello\r\n1;name=value;other=\"quoted\"\r\n \r\nA\r\n0123456789\r\n00000\r\nHost: "
                           "evil\r\nX-Late: 1\r\n\r\nGET";
  for (const std::size_t step : {std::size_t{1}, std::size_t{3}, std::size_t{1000}}) {
    const Parsed parsed = parse(request("Transfer-Encoding: chunked\r\n", body), step);
    REQUIRE_FALSE(parsed.bad);
    REQUIRE(parsed.complete);
    CHECK(parsed.chunked);
    CHECK_FALSE(parsed.length);
    CHECK(parsed.body == "hello 0123456789");
    CHECK(parsed.rest == "GET");
    CHECK(parsed.head.field("x-late").empty());
    CHECK(parsed.head.field("host") == "h");
  }
}

TEST_CASE("keep-alive follows version and Connection") {
  CHECK(parse("GET / HTTP/1.1\r\nHost: h\r\n\r\n").keep_alive);
  CHECK_FALSE(parse("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").keep_alive);
  CHECK_FALSE(parse("GET / HTTP/1.1\r\nHost: h\r\nConnection: x, CLOSE\r\n\r\n").keep_alive);
  CHECK_FALSE(parse("GET / HTTP/1.0\r\n\r\n").keep_alive);
  CHECK(parse("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").keep_alive);
}

TEST_CASE("a parser serves one request after the other") {
  RequestParser parser;
  for (int i = 0; i < 3; ++i) {
    RequestHead head;
    Collector sink;
    std::optional<BadRequest> bad;
    parser.reset();
    REQUIRE_FALSE(parser.parse_header("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n", head));
    CHECK(parser.has_body());
    CHECK(parser.parse_body("okX", sink, bad) == 2);
    CHECK(parser.done());
    CHECK(sink.body == "ok");
  }
}

TEST_CASE("a handshake of a WebSocket is an upgrade") {
  RequestParser parser;
  RequestHead head;
  REQUIRE_FALSE(parser.parse_header(
      "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n", head));
  CHECK(parser.upgrade());
  CHECK_FALSE(parser.has_body());
  RequestHead plain;
  REQUIRE_FALSE(parser.parse_header("GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\r\n", plain));
  CHECK_FALSE(parser.upgrade());
}

TEST_CASE("the length of a message is unambiguous or the message is refused") {
  struct Case {
    const char* name;
    std::string wire;
    int verdict;
  };
  const std::string chunks = "5\r\nhello\r\n0\r\n\r\n";
  const Case cases[] = {
      // RFC 9112 6.1: who sends both is attacking or broken.
      {"length, then chunked", request("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", chunks), 400},
      {"chunked, then length", request("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", chunks), 400},
      {"length and a strange coding", request("Content-Length: 5\r\nTransfer-Encoding: x\r\n", "hello"), 400},
      {"two lengths that differ", request("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"), 400},
      {"two lengths that agree", request("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), 400},
      {"a list of lengths that agree", request("Content-Length: 5, 5\r\n", "hello"), 400},
      {"a list of lengths without spaces", request("Content-Length: 5,5\r\n", "hello"), 400},
      {"a list of lengths that differ", request("Content-Length: 5, 6\r\n", "hello"), 400},
      {"a list with an empty member", request("Content-Length: 5,\r\n", "hello"), 400},
      {"a length with a sign", request("Content-Length: +5\r\n", "hello"), 400},
      {"a negative length", request("Content-Length: -5\r\n", "hello"), 400},
      {"a length in hexadecimal", request("Content-Length: 0x5\r\n", "hello"), 400},
      {"a length with a fraction", request("Content-Length: 5.0\r\n", "hello"), 400},
      {"a length with a blank", request("Content-Length: 5 5\r\n", "hello"), 400},
      {"a length with a parameter", request("Content-Length: 5;x\r\n", "hello"), 400},
      {"an empty length", request("Content-Length:\r\n", "hello"), 400},
      {"a length of 2^64", request("Content-Length: 18446744073709551616\r\n"), 400},
      {"a length of 2^64 + 5", request("Content-Length: 18446744073709551621\r\n", "hello"), 400},
      {"leading zeros", request("Content-Length: 005\r\n", "hello"), 0},
      {"white space around a length", request("Content-Length: \t 5 \t\r\n", "hello"), 0},
      {"xchunked", request("Transfer-Encoding: xchunked\r\n", chunks), 400},
      {"chunked, chunked", request("Transfer-Encoding: chunked, chunked\r\n", chunks), 400},
      {"chunked twice", request("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", chunks), 400},
      {"gzip, chunked", request("Transfer-Encoding: gzip, chunked\r\n", chunks), 400},
      {"gzip, then chunked", request("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", chunks), 400},
      {"chunked, then identity", request("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", chunks), 400},
      {"chunked, identity", request("Transfer-Encoding: chunked, identity\r\n", chunks), 400},
      {"identity", request("Transfer-Encoding: identity\r\n", ""), 400},
      {"empty coding", request("Transfer-Encoding:\r\n", ""), 400},
      {"quoted", request("Transfer-Encoding: \"chunked\"\r\n", chunks), 400},
      {"with a parameter", request("Transfer-Encoding: chunked;q=1\r\n", chunks), 400},
      {"a trailing comma", request("Transfer-Encoding: chunked,\r\n", chunks), 400},
      {"a vertical tab before chunked", request("Transfer-Encoding: \vchunked\r\n", chunks), 400},
      {"a form feed behind chunked", request("Transfer-Encoding: chunked\f\r\n", chunks), 400},
      // RFC 9110 5.5: tabs and blanks around a value are no part of it.
      {"a tab before chunked", request("Transfer-Encoding:\tchunked\r\n", chunks), 0},
      {"CHUNKED", request("Transfer-Encoding: CHUNKED\r\n", chunks), 0},
      {"chunked in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks, 400},
      {"a name that only resembles", request("Transfer_Encoding: chunked\r\nContent-Length: 5\r\n", "hello"), 0},
  };
  for (const Case& one : cases) {
    INFO(one.name);
    CHECK(verdict(one.wire) == one.verdict);
  }
}

TEST_CASE("lines of a header are what RFC 9112 says or the request is refused") {
  struct Case {
    const char* name;
    std::string wire;
    int verdict;
  };
  const Case cases[] = {
      {"a blank before the colon", request("Content-Length : 5\r\n", "hello"), 400},
      {"a tab before the colon", request("Transfer-Encoding\t: chunked\r\n", ""), 400},
      {"a blank before the name", request(" Content-Length: 5\r\n", "hello"), 400},
      {"a folded value", request("X-Folded: a\r\n b\r\n"), 400},
      {"a value folded with a tab", request("X-Folded: a\r\n\tb\r\n"), 400},
      {"a fold before the first field", "GET / HTTP/1.1\r\n Host: h\r\n\r\n", 400},
      {"a line of blanks", request(" \r\n"), 400},
      {"a bare LF behind the request line", "GET / HTTP/1.1\nHost: h\r\n\r\n", 400},
      {"a bare LF behind a field", "GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n", 400},
      {"a bare LF at the end", "GET / HTTP/1.1\r\nHost: h\r\n\n", 400},
      {"bare LFs only", "GET / HTTP/1.1\nHost: h\n\n", 400},
      {"CR CR LF", "GET / HTTP/1.1\r\nHost: h\r\r\n\r\n", 400},
      {"a lone CR in a value", request("X: a\rb\r\n"), 400},
      {"a lone CR before a hidden field", request("X: a\rTransfer-Encoding: chunked\r\n"), 400},
      {"a lone CR in the request line", "GET /\rHTTP/1.1 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"NUL in a value", request("X: a\0b\r\n"s), 400},
      {"NUL in a name", request("X\0Y: a\r\n"s), 400},
      {"NUL in the target", "GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n"s, 400},
      {"DEL in a value", request("X: \x7f\r\n"), 400},
      {"ESC in a value", request("X: \x1b[31m\r\n"), 400},
      {"a tab in a value", request("X: a\tb\r\n"), 0},
      {"bytes beyond ASCII in a value", request("X: \xc3\xa4\r\n"), 0},
      {"a byte beyond ASCII in a name", request("X\xe4: a\r\n"), 400},
      {"a line without a colon", request("nonsense\r\n"), 400},
      {"a line without a name", request(": value\r\n"), 400},
      {"a name with a blank inside", request("Content Length: 5\r\n", "hello"), 400},
      {"a name with a bracket", request("X[1]: a\r\n"), 400},
      {"no Host", "GET / HTTP/1.1\r\n\r\n", 400},
      {"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"the same Host twice", "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", 400},
      {"two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 0},
      {"HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", 0},
      {"an absolute target", "GET http://h/a HTTP/1.1\r\nHost: h\r\n\r\n", 0},
      {"an asterisk", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", 0},
      {"an unknown method", "BREW /pot HTTP/1.1\r\nHost: h\r\n\r\n", 0},
      {"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: h\r\n\r\n", 0},
      {"HTTP/3.0", "GET / HTTP/3.0\r\nHost: h\r\n\r\n", 505},
      {"HTTP/0.9", "GET /\r\n\r\n", 400},
      {"HTTP/0.9 that says so", "GET / HTTP/0.9\r\nHost: h\r\n\r\n", 505},
      {"HTTP in lower case", "GET / http/1.1\r\nHost: h\r\n\r\n", 400},
      {"HTTP/1.10", "GET / HTTP/1.10\r\nHost: h\r\n\r\n", 400},
      {"two blanks before the target", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"two blanks before the version", "GET /  HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"a blank in the target", "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"a blank before the method", " GET / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"a blank behind the version", "GET / HTTP/1.1 \r\nHost: h\r\n\r\n", 400},
      {"a tab as separator", "GET\t/\tHTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"no target", "GET HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"a method that is no token", "G@T / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"a TLS record", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"s, 400},
  };
  for (const Case& one : cases) {
    INFO(one.name);
    CHECK(verdict(one.wire) == one.verdict);
  }
}

TEST_CASE("a later minor version is served as HTTP/1.1") {
  const Parsed parsed = parse("POST /a HTTP/1.9\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi");
  REQUIRE(parsed.complete);
  CHECK(parsed.head.version() == 11);
  CHECK(parsed.keep_alive);
  CHECK(parsed.body == "hi");
}

TEST_CASE("Host is a host name or address with an optional port") {
  for (const char* good : {"h", "h:80", "h:", "", "127.0.0.1:8500", "[::1]", "[::1]:8500", "[fe80::1%25eth0]:1",
                           "[v7.a:b]", "a_b.example.", "xn--mnchen-3ya.de", "a%20b", "*.example"}) {
    INFO(good);
    CHECK(verdict("GET / HTTP/1.1\r\nHost: "s + good + "\r\n\r\n") == 0);
  }
  for (const char* wrong : {"a b@c/d", "a b", "user@h", "h/path", "h:80a", "h:-1", "h:80:80", "[::1", "[]", "[::1]x",
                            "::1", "h?", "h#", "a%2", "a%zz", "h\\x", "\"h\"", "\xe4.example"}) {
    INFO(wrong);
    CHECK(verdict("GET / HTTP/1.1\r\nHost: "s + wrong + "\r\n\r\n") == 400);
  }
}

TEST_CASE("the preface of HTTP/2 is told which versions there are") {
  const Parsed parsed = parse("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  REQUIRE(parsed.bad);
  CHECK(parsed.bad->http_status == 505);
}

TEST_CASE("chunks are what RFC 9112 says or the request is refused") {
  struct Case {
    const char* name;
    std::string body;
    int verdict;
  };
  const Case cases[] = {
      {"no chunk but the last", "0\r\n\r\n", 0},
      {"no chunk but the last, with a trailer", "0\r\nX: y\r\n\r\n", 0},
      {"no chunk but the last, unfinished", "0\r\nX", -1},
      {"a proper body", "5\r\nhello\r\n0\r\n\r\n", 0},
      {"upper and lower case", "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", 0},
      {"a size with 0x", "0x5\r\nhello\r\n0\r\n\r\n", 400},
      {"a size with a plus", "+5\r\nhello\r\n0\r\n\r\n", 400},
      {"a negative size", "-5\r\nhello\r\n0\r\n\r\n", 400},
      {"a blank before the size", " 5\r\nhello\r\n0\r\n\r\n", 400},
      {"a blank behind the size", "5 \r\nhello\r\n0\r\n\r\n", 400},
      {"a tab behind the size", "5\t\r\nhello\r\n0\r\n\r\n", 400},
      {"no size", "\r\nhello\r\n0\r\n\r\n", 400},
      {"no number", "g\r\nhello\r\n0\r\n\r\n", 400},
      {"a size of 2^64", "10000000000000000\r\nhello\r\n0\r\n\r\n", 400},
      {"a size of 2^64 + 5", "10000000000000005\r\nhello\r\n0\r\n\r\n", 400},
      {"a huge size that fits", "fffffffffffffff0\r\nhello\r\n", -1},
      {"an underscore", "0_5\r\nhello\r\n0\r\n\r\n", 400},
      {"a bare LF behind the size", "5\nhello\r\n0\r\n\r\n", 400},
      {"a bare CR behind the size", "5\rhello\r\n0\r\n\r\n", 400},
      {"a bare LF behind the data", "5\r\nhello\n0\r\n\r\n", 400},
      {"data longer than its size", "4\r\nhello\r\n0\r\n\r\n", 400},
      {"data shorter than its size", "6\r\nhello\r\n0\r\n\r\n", 400},
      {"nothing behind the data", "5\r\nhello0\r\n\r\n", 400},
      {"a bare LF in an extension", "5;a\nb\r\nhello\r\n0\r\n\r\n", 400},
      {"a bare LF ends an extension", "5;a=b\nhello\r\n0\r\n\r\n", 400},
      {"a bare CR in an extension", "5;a\rb\r\nhello\r\n0\r\n\r\n", 400},
      {"the last chunk ends in a bare LF", "5\r\nhello\r\n0\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"the last line is missing", "5\r\nhello\r\n0\r\n", -1},
      {"the last CR is alone", "5\r\nhello\r\n0\r\n\r", -1},
      // Without more it could still become one; with more it does not.
      {"a bare LF at the end", "5\r\nhello\r\n0\r\n\n", -1},
      {"a bare LF at the end and a request", "5\r\nhello\r\n0\r\n\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"a bare LF in a trailer", "5\r\nhello\r\n0\r\nX: a\nY: b\r\n\r\n", 400},
      {"a blank before the colon of a trailer", "5\r\nhello\r\n0\r\nX : a\r\n\r\n", 400},
      {"NUL in a trailer", "5\r\nhello\r\n0\r\nX: a\0b\r\n\r\n"s, 400},
      {"a trailer without a colon", "5\r\nhello\r\n0\r\nnonsense\r\n\r\n", 400},
  };
  for (const Case& one : cases) {
    INFO(one.name);
    CHECK(verdict(request("Transfer-Encoding: chunked\r\n", one.body)) == one.verdict);
  }
}

TEST_CASE("trailers decide nothing") {
  for (const char* trailer : {"Host: other", "Transfer-Encoding: chunked", "Content-Length: 3", "Connection: close"}) {
    INFO(trailer);
    const Parsed parsed =
        parse(request("Transfer-Encoding: chunked\r\n", "1\r\nx\r\n0\r\n"s + trailer + "\r\n\r\nrest"));
    // Refusing is fine, too; obeying is not.
    if (parsed.bad) continue;
    REQUIRE(parsed.complete);
    CHECK(parsed.body == "x");
    CHECK(parsed.rest == "rest");
    CHECK(parsed.head.field("host") == "h");
    CHECK(parsed.head.field("content-length").empty());
  }
}

TEST_CASE("a chunk header or a trailer that never ends is refused before it fills the memory") {
  const std::string start = GENERATE("5;"s, "5;a="s, "000000000000"s, "0\r\nX: "s, "0\r\n"s);
  const std::string more = start == "0\r\n" ? "X: y\r\n" : start == "000000000000" ? "000" : "aaa";
  CAPTURE(start);
  RequestParser parser;
  RequestHead head;
  REQUIRE_FALSE(parser.parse_header("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", head));
  Collector sink;
  std::optional<BadRequest> bad;
  std::string held = start;
  std::size_t longest = 0;
  for (int i = 0; i < 2000 && !bad; ++i) {
    for (int j = 0; j < 100; ++j) held += more;
    held.erase(0, parser.parse_body(held, sink, bad));
    longest = std::max(longest, held.size());
  }
  CHECK(bad);
  CHECK(longest <= 64 * 1024);
}

TEST_CASE("the scanner finds the end of a header wherever the pieces are cut") {
  const std::string wire = "GET / HTTP/1.1\r\nHost: h\r\nX: y\r\n\r\nrest";
  const std::size_t end = wire.size() - 4;
  for (std::size_t cut = 0; cut <= wire.size(); ++cut) {
    HeaderScanner scanner;
    const std::size_t first = scanner.scan(std::string_view(wire).substr(0, cut));
    CHECK_FALSE(scanner.error());
    if (cut >= end)
      CHECK(first == end);
    else {
      CHECK(first == 0);
      CHECK(scanner.scan(wire) == end);
    }
  }
}

TEST_CASE("the scanner refuses a line as soon as it is there, before the header ends") {
  const auto refused = [](const std::string& data) {
    HeaderScanner scanner;
    CHECK(scanner.scan(data) == 0);
    return scanner.error().has_value();
  };
  CHECK(refused("GET / HTTP/1.1\n"));
  CHECK(refused("GET / HTTP/1.1\r\n Host"s + ": h\r\n"));
  CHECK(refused("GET / HTTP/1.1\r\nHost : h\r\n"));
  CHECK(refused("GET / HTTP/1.1\r\nHost: \0\r\n"s));
  CHECK(refused("\n"));
  CHECK_FALSE(refused("GET / HTTP/1.1\r\nHost: h\r\n"));
  CHECK_FALSE(refused(""));
  CHECK_FALSE(refused("GET / HTTP/1.1\r"));
}
