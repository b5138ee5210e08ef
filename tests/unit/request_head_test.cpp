// RequestHead: targets, fields and the attributes that a plugin asks for by key.
#include "catch.hpp"

#include "http/request_head.hpp"

using namespace crank;

namespace {

RequestHead head_for(std::string_view target) {
  RequestHead head;
  head.set_start("GET", target, 11);
  return head;
}

std::string get(const RequestHead& head, std::string_view key) {
  const auto value = head.get(key);
  return value ? std::string(*value) : "(none)";
}

} // namespace

TEST_CASE("a target is a path and a query") {
  const RequestHead head = head_for("/a/b?x=1&y=2");
  CHECK(head.target() == "/a/b?x=1&y=2");
  CHECK(head.path() == "/a/b");
  CHECK(head.query() == "x=1&y=2");
  CHECK(head_for("/a").query().empty());
  CHECK(head_for("/a?").query().empty());
  CHECK(head_for("/a?b?c").query() == "b?c");
  CHECK(head_for("*").path() == "*");
}

TEST_CASE("of a target in absolute form the path counts") {
  CHECK(head_for("http://host/a?b=c").path() == "/a");
  CHECK(head_for("http://host/a?b=c").query() == "b=c");
  CHECK(head_for("https://user@host:8443/a/b").path() == "/a/b");
  CHECK(head_for("http://host").path() == "/");
  CHECK(head_for("http://host?b=c").path() == "/");
  CHECK(head_for("http://host?b=c").query() == "b=c");
  // Not absolute: the path merely holds a URL.
  CHECK(head_for("/proxy/http://host/a").path() == "/proxy/http://host/a");
}

TEST_CASE("fields are found without regard to case, and those of one name are one list") {
  RequestHead head;
  CHECK(head.field("accept").empty());
  head.add_field("Accept", "text/html");
  head.add_field("X-Empty", "");
  head.add_field("ACCEPT", "*/*");
  CHECK(head.field("accept") == "text/html, */*");
  CHECK(head.field("x-empty").empty());
  CHECK(get(head, "header.accept") == "text/html, */*");
  CHECK(get(head, "header.x-empty") == "");
  CHECK(get(head, "header.x-absent") == "(none)");
  std::string all;
  head.each_field([&](std::string_view name, std::string_view value) {
    all += std::string(name) + "=" + std::string(value) + ";";
  });
  CHECK(all == "accept=text/html;x-empty=;accept=*/*;");
}

TEST_CASE("cookies are joined by what separates cookies") {
  RequestHead head;
  head.add_field("Cookie", "a=1");
  head.add_field("Cookie", "b=2; c=3");
  CHECK(get(head, "header.cookie") == "a=1; b=2; c=3");
}

TEST_CASE("what is made of a head is made once") {
  RequestHead head = head_for("/p?a=%61");
  head.add_field("X-A", "1");
  head.add_field("X-A", "2");
  for (const char* key : {"query.a", "header.x-a"}) {
    const auto first = head.get(key), second = head.get(key);
    REQUIRE((first && second));
    CHECK(first->data() == second->data());
  }
}

TEST_CASE("members of a list") {
  const auto members = [](std::string_view list, char separator = ',') {
    std::string all;
    while (const auto member = next_list_member(list, separator)) all.append("<").append(*member).append(">");
    return all;
  };
  CHECK(members("") == "");
  CHECK(members(" , ,") == "");
  CHECK(members("a") == "<a>");
  CHECK(members("a,\tb ,, c d ") == "<a><b><c d>");
  CHECK(members(R"(a;x="1,2", b)") == R"(<a;x="1,2"><b>)");
  CHECK(members(R"("a\",b",c)") == R"(<"a\",b"><c>)");
  CHECK(members(R"("open, c)") == R"(<"open, c>)");
  CHECK(members(R"("open\)") == R"(<"open\>)");
  CHECK(members("a;q=1; b", ';') == "<a><q=1><b>");
}

TEST_CASE("a head has room for very many and very long fields") {
  RequestHead head;
  for (int i = 0; i < 500; ++i) head.add_field("X-" + std::to_string(i), std::string(static_cast<std::size_t>(i), 'v'));
  CHECK(head.field("x-0").empty());
  CHECK(head.field("x-499") == std::string(499, 'v'));
}

TEST_CASE("tokens of a list field") {
  RequestHead head;
  head.add_field("Connection", "keep-alive , UPGRADE");
  head.add_field("Connection", "\tx-other\t");
  head.add_field("Empty", " , ,");
  CHECK(head.field_has_token("connection", "upgrade"));
  CHECK(head.field_has_token("connection", "keep-alive"));
  CHECK(head.field_has_token("connection", "x-other"));
  CHECK_FALSE(head.field_has_token("connection", "up"));
  CHECK_FALSE(head.field_has_token("connection", "keep"));
  CHECK_FALSE(head.field_has_token("empty", "upgrade"));
  CHECK_FALSE(head.field_has_token("absent", "upgrade"));
}

TEST_CASE("the media type of a body") {
  const auto type = [](std::string_view value) {
    RequestHead head;
    head.add_field("Content-Type", value);
    return head.media_type();
  };
  CHECK(type("application/json") == "application/json");
  CHECK(type("Application/JSON; charset=utf-8") == "application/json");
  CHECK(type("text/plain ;q=1") == "text/plain");
  CHECK(type("") == "");
  CHECK(RequestHead().media_type() == "");
}

TEST_CASE("percent-decoding leaves malformed escapes as they are") {
  CHECK(percent_decode("a%20b", false) == "a b");
  CHECK(percent_decode("%41%6a%6A", false) == "Ajj");
  CHECK(percent_decode("%00", false) == std::string(1, '\0'));
  CHECK(percent_decode("%C3%A4", false) == "\xc3\xa4");
  CHECK(percent_decode("a+b", false) == "a+b");
  CHECK(percent_decode("a+b", true) == "a b");
  CHECK(percent_decode("%2B+", true) == "+ ");
  for (const char* bad : {"%", "%4", "%zz", "%4z", "%%", "100%"}) CHECK(percent_decode(bad, false) == bad);
  CHECK(percent_decode("%%41", false) == "%A");
  CHECK(percent_decode("%2541", false) == "%41"); // once only
}

TEST_CASE("query parameters are decoded, and the first of a name counts") {
  const RequestHead head = head_for("/p?a=1&b=x%26y&c&d=&a=2&na%6De=n+n&=nameless&e=f=g");
  CHECK(get(head, "query.a") == "1");
  CHECK(get(head, "query.b") == "x&y");
  CHECK(get(head, "query.c") == "");
  CHECK(get(head, "query.d") == "");
  CHECK(get(head, "query.name") == "n n");
  CHECK(get(head, "query.") == "nameless");
  CHECK(get(head, "query.e") == "f=g");
  CHECK(get(head, "query.z") == "(none)");
}

TEST_CASE("what get() returned stays valid while others are asked for") {
  const RequestHead head = head_for("/p?a=%61%61%61&b=%62%62%62");
  const auto first = head.get("query.a");
  for (int i = 0; i < 100; ++i) static_cast<void>(head.get("query.b"));
  REQUIRE(first);
  CHECK(*first == "aaa");
}

TEST_CASE("the other attributes of a request") {
  RequestHead head = head_for("/p/%7Bx%7D/q?z=1");
  head.add_path_parameter("id", "a%2Fb+c");
  CHECK(get(head, "method") == "GET");
  CHECK(get(head, "target") == "/p/%7Bx%7D/q?z=1");
  CHECK(get(head, "path") == "/p/%7Bx%7D/q");
  CHECK(get(head, "path.id") == "a/b+c");
  CHECK(get(head, "path.other") == "(none)");
  CHECK(get(head, "traceparent") == "(none)");
  CHECK(get(head, "nonsense") == "(none)");
  CHECK(get(head, "") == "(none)");
  head.request_id = "r1";
  CHECK(get(head, "request_id") == "r1");
}

TEST_CASE("each() shows fields and parameters in order, those that repeat too, and keeps them readable") {
  RequestHead head = head_for("/p?b=1&a=2&b=%33&&c&=x&d+e=f+g");
  head.add_field("X-One", "1");
  head.add_field("x-two", "2");
  head.add_field("X-ONE", "3");
  head.add_path_parameter("id", "a%2Fb");
  std::vector<std::pair<std::string_view, std::string_view>> seen; // views: they have to live on
  const auto collect = [&](std::string_view prefix, std::size_t most = 100) {
    seen.clear();
    return head.each(prefix, [&](std::string_view key, std::string_view value) {
      seen.emplace_back(key, value);
      return seen.size() < most;
    });
  };
  using Seen = std::vector<std::pair<std::string_view, std::string_view>>;
  REQUIRE(collect("query."));
  const Seen query = seen;
  REQUIRE(collect("header.x-one"));
  CHECK(seen == Seen{{"header.x-one", "1"}, {"header.x-one", "3"}});
  REQUIRE(collect("header.x-", 2));
  CHECK(seen == Seen{{"header.x-one", "1"}, {"header.x-two", "2"}});
  REQUIRE(collect("path."));
  CHECK(seen == Seen{{"path.id", "a/b"}});
  CHECK(query == Seen{{"query.b", "1"},
                      {"query.a", "2"},
                      {"query.b", "3"},
                      {"query.c", ""},
                      {"query.", "x"},
                      {"query.d e", "f g"}});
  REQUIRE(collect("query.b"));
  CHECK(seen == Seen{{"query.b", "1"}, {"query.b", "3"}});
  for (const std::string_view other : {"", "q", "query", "method", "caller.", "Header."}) CHECK_FALSE(collect(other));
}

TEST_CASE("traceparent: the form of version 00") {
  const std::string good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  CHECK(is_traceparent(good));
  const auto with = [&](std::size_t at, char c) {
    std::string text = good;
    text[at] = c;
    return text;
  };
  CHECK_FALSE(is_traceparent(""));
  CHECK_FALSE(is_traceparent(good + "-"));
  CHECK_FALSE(is_traceparent(good.substr(1)));
  CHECK_FALSE(is_traceparent(with(0, '1')));
  CHECK_FALSE(is_traceparent(with(5, 'A'))); // lower case only
  CHECK_FALSE(is_traceparent(with(5, 'g')));
  CHECK_FALSE(is_traceparent(with(35, '_')));
  CHECK_FALSE(is_traceparent(with(52, '_')));
  CHECK_FALSE(is_traceparent(with(54, ' ')));
  CHECK_FALSE(is_traceparent("00-00000000000000000000000000000000-b7ad6b7169203331-01"));
  CHECK_FALSE(is_traceparent("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"));
}
