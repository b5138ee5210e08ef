// crank/json.h and crank/utf8.h: what they accept, refuse and give back.
#include "catch.hpp"

#include <crank/json.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

crank_str slice(std::string_view text) { return {text.data(), text.size()}; }
std::string_view view(crank_str text) { return {text.ptr, text.len}; }

std::string member(std::string_view object, const char* name) {
  crank_str value;
  return crank_json_find(slice(object), name, &value) ? std::string(view(value)) : "(none)";
}

// The text, or "(refused)".
std::string unescaped(std::string_view value) {
  std::string out(value.size(), '\0');
  std::size_t len = 0;
  if (!crank_json_string(slice(value), out.data(), out.size(), &len)) return "(refused)";
  out.resize(len);
  return out;
}

std::string escaped(std::string_view text) {
  std::string out(crank_json_escape(text.data(), text.size(), nullptr, 0), '\0');
  CHECK(crank_json_escape(text.data(), text.size(), out.data(), out.size()) == out.size());
  return out;
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

} // namespace

TEST_CASE("crank_json_valid accepts JSON texts", "[plugin_json]") {
  for (const char* text :
       {"{}", "[]", " [ ] ", "null", "true", "false", "0", "-0", "-0.5e+10", "1E5", "\"\"", "\"\\u00e9\"",
        "\"\\ud83d\\ude00\"", "\"\xf0\x9f\x98\x80\"", "{\"a\":{\"b\":[1,{},[]]},\"c\":null}",
        "\t\r\n {\"a\" : 1 , \"b\" : [ 1 , 2 ] } \n", "[[],{}]", "\"\x7f\""}) {
    INFO(text);
    CHECK(crank_json_valid(slice(text)));
  }
}

TEST_CASE("crank_json_valid refuses everything else", "[plugin_json]") {
  for (const char* text : {"",
                           " ",
                           "{",
                           "}",
                           "[",
                           "]",
                           "[1",
                           "[1,",
                           "[1,]",
                           "[,1]",
                           "[1 2]",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{a:1}",
                           "{1:2}",
                           "{\"a\":1 \"b\":2}",
                           "[}",
                           "{]",
                           "[1}",
                           "tru",
                           "nul",
                           "True",
                           "NaN",
                           "Infinity",
                           "01",
                           "-",
                           "+1",
                           "1.",
                           ".5",
                           "1e",
                           "1e+",
                           "0x10",
                           "\"",
                           "\"a",
                           "'a'",
                           "\"\\x\"",
                           "\"\\",
                           "\"\\u12\"",
                           "\"\\u12g4\"",
                           "\"\n\"",
                           "\"\x1f\"",
                           "1 2",
                           "{} {}",
                           "null,",
                           "// c\n1",
                           "\"\\ud800\"",
                           "\"\\udc00\"",
                           "\"\\ud800\\u0041\"",
                           "\"\\ud800x\"",
                           "\"\xff\"",
                           "\"\xc0\x80\"",
                           "\"\xed\xa0\x80\"",
                           "\"\xe2\x82\"",
                           "\"\xf4\x90\x80\x80\"",
                           "\xef\xbb\xbf{}"}) {
    INFO(text);
    CHECK_FALSE(crank_json_valid(slice(text)));
  }
  CHECK_FALSE(crank_json_valid({nullptr, 0}));
  CHECK_FALSE(crank_json_valid(slice(std::string_view("1\0", 2))));
  CHECK_FALSE(crank_json_valid(slice(std::string_view("\"\\\0\"", 4))));
}

TEST_CASE("nesting is limited", "[plugin_json]") {
  CHECK(crank_json_valid(slice(nested(CRANK_JSON_MAX_DEPTH))));
  CHECK_FALSE(crank_json_valid(slice(nested(CRANK_JSON_MAX_DEPTH + 1))));
  CHECK_FALSE(crank_json_valid(slice(std::string(1'000'000, '['))));
  std::string mixed, tail;
  for (int i = 0; i < CRANK_JSON_MAX_DEPTH / 2; ++i) {
    mixed += "[{\"a\":";
    tail += "}]";
  }
  CHECK(crank_json_valid(slice(mixed + "1" + tail)));
  CHECK(member("{\"a\":" + nested(CRANK_JSON_MAX_DEPTH - 1) + "}", "a") == nested(CRANK_JSON_MAX_DEPTH - 1));
  CHECK(member("{\"a\":" + nested(CRANK_JSON_MAX_DEPTH) + "}", "a") == "(none)");
}

TEST_CASE("crank_json_find gives the raw member of the top level", "[plugin_json]") {
  const std::string object = R"( { "x" : {"name":1} , "name" : "v" , "n" : [1, 2] , "" : 0 } )";
  CHECK(member(object, "name") == "\"v\"");
  CHECK(member(object, "n") == "[1, 2]");
  CHECK(member(object, "") == "0");
  CHECK(member(object, "nam") == "(none)");
  CHECK(member(object, "names") == "(none)");
  CHECK(member("[\"name\"]", "name") == "(none)");
  CHECK(member("\"name\"", "name") == "(none)");
  CHECK(member("", "name") == "(none)");
}

TEST_CASE("crank_json_find understands escaped keys and takes the last of two", "[plugin_json]") {
  CHECK(member(R"({"n\u0061me":1})", "name") == "1");
  CHECK(member(R"({"\ud83d\ude00":2})", "\xf0\x9f\x98\x80") == "2");
  CHECK(member(R"({"n\u0061mes":1})", "name") == "(none)");
  CHECK(member(R"({"n\u0061":1})", "name") == "(none)");
  CHECK(member(R"({"name":1,"name":2})", "name") == "2");
  CHECK(member(R"({"name":1,"n\u0061me":3})", "name") == "3");
}

TEST_CASE("crank_json_find gives nothing of a malformed object", "[plugin_json]") {
  for (const char* text : {R"({"name":1)", R"({"name":1,)", R"({"name":1,"b"})", R"({"name":1} x)", R"({"name":1]})",
                           R"({"b" "name":1})"}) {
    INFO(text);
    CHECK(member(text, "name") == "(none)");
  }
}

TEST_CASE("crank_json_next walks arrays and objects", "[plugin_json]") {
  crank_str key, value;
  const auto walk = [&](std::string_view text) {
    std::vector<std::pair<std::string, std::string>> seen;
    crank_json_cursor cursor = crank_json_each(slice(text));
    while (crank_json_next(&cursor, &key, &value)) seen.emplace_back(view(key), view(value));
    if (cursor.malformed) seen.emplace_back("malformed", "");
    CHECK_FALSE(crank_json_next(&cursor, &key, &value));
    return seen;
  };
  using Seen = std::vector<std::pair<std::string, std::string>>;
  CHECK(walk("[]").empty());
  CHECK(walk("{ }").empty());
  CHECK(walk("[1, \"a\" ,{}]") == Seen{{"", "1"}, {"", "\"a\""}, {"", "{}"}});
  CHECK(walk(R"({"a":1, "b" : [2] })") == Seen{{"\"a\"", "1"}, {"\"b\"", "[2]"}});
  CHECK(walk("[1,]") == Seen{{"", "1"}, {"malformed", ""}});
  CHECK(walk("[1 2]") == Seen{{"", "1"}, {"malformed", ""}});
  CHECK(walk("[1") == Seen{{"", "1"}, {"malformed", ""}});
  CHECK(walk("5") == Seen{{"malformed", ""}});
}

TEST_CASE("crank_json_kind", "[plugin_json]") {
  const std::pair<const char*, int> kinds[] = {
      {"{}", CRANK_JSON_OBJECT}, {"[]", CRANK_JSON_ARRAY},  {"\"\"", CRANK_JSON_STRING}, {"-1", CRANK_JSON_NUMBER},
      {"0", CRANK_JSON_NUMBER},  {"true", CRANK_JSON_BOOL}, {"false", CRANK_JSON_BOOL},  {"null", CRANK_JSON_NULL},
      {"", CRANK_JSON_NONE},     {"x", CRANK_JSON_NONE}};
  for (const auto& [text, kind] : kinds) CHECK(crank_json_kind(slice(text)) == kind);
}

TEST_CASE("crank_json_string unescapes", "[plugin_json]") {
  CHECK(unescaped(R"("plain")") == "plain");
  CHECK(unescaped(R"("")").empty());
  CHECK(unescaped(R"("\"\\\/\b\f\n\r\t")") == "\"\\/\b\f\n\r\t");
  CHECK(unescaped(R"("\u00e9\u20AC\ud83d\ude00")") == "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
  CHECK(unescaped(R"("a\u0000b")") == std::string("a\0b", 3));
  for (const char* value : {"", "\"", "5", "null", "\"a", "a\"", R"("\ud800")", R"("\")", R"("a"b")", "\"\xff\""}) {
    INFO(value);
    CHECK(unescaped(value) == "(refused)");
  }
}

TEST_CASE("crank_json_string does not write past the capacity", "[plugin_json]") {
  const std::string_view value = R"("ab\u20acc")"; // 6 bytes
  for (std::size_t capacity = 0; capacity <= 6; ++capacity) {
    std::string out(8, '#');
    std::size_t len = 0;
    CHECK(crank_json_string(slice(value), out.data(), capacity, &len) == (capacity == 6));
    CHECK(out.substr(capacity) == std::string(8 - capacity, '#'));
  }
}

TEST_CASE("crank_json_integer takes whole numbers however they are written", "[plugin_json]") {
  const std::pair<const char*, std::int64_t> numbers[] = {{"0", 0},
                                                          {"-0", 0},
                                                          {"-0.0e5", 0},
                                                          {"42", 42},
                                                          {"-42", -42},
                                                          {"100", 100},
                                                          {"1.0", 1},
                                                          {"1.000000000000000000000000000000", 1},
                                                          {"1e2", 100},
                                                          {"1E+2", 100},
                                                          {"30e-1", 3},
                                                          {"1.50e1", 15},
                                                          {"0e99999999999999", 0},
                                                          {"100000e-5", 1},
                                                          {"9223372036854775807", INT64_MAX},
                                                          {"-9223372036854775808", INT64_MIN},
                                                          {"9223372036854775807.0", INT64_MAX}};
  for (const auto& [text, expected] : numbers) {
    INFO(text);
    std::int64_t number = 7;
    CHECK(crank_json_integer(slice(text), &number));
    CHECK(number == expected);
  }
}

TEST_CASE("crank_json_integer refuses the others", "[plugin_json]") {
  for (const char* text :
       {"", "-", "1.5", "1e-1", "0.1", "15e-2", "9223372036854775808", "-9223372036854775809", "1e19", "1e999999999999",
        "18446744073709551616", "184467440737095516160", "\"1\"", "true", "null", "[1]", "1 ", "01", "1x"}) {
    INFO(text);
    std::int64_t number = 7;
    CHECK_FALSE(crank_json_integer(slice(text), &number));
    CHECK(number == 7);
  }
}

TEST_CASE("crank_json_bool", "[plugin_json]") {
  std::int32_t value = 7;
  CHECK(crank_json_bool(slice("true"), &value));
  CHECK(value == 1);
  CHECK(crank_json_bool(slice("false"), &value));
  CHECK(value == 0);
  CHECK_FALSE(crank_json_bool(slice("null"), &value));
  CHECK_FALSE(crank_json_bool(slice("truest"), &value));
  CHECK_FALSE(crank_json_bool(slice(""), &value));
}

TEST_CASE("crank_json_escape makes the inside of a JSON string of anything", "[plugin_json]") {
  CHECK(escaped("plain \xc3\xa9 \xf0\x9f\x98\x80 \x7f/") == "plain \xc3\xa9 \xf0\x9f\x98\x80 \x7f/");
  CHECK(escaped("\"\\\b\t\n\f\r") == R"(\"\\\b\t\n\f\r)");
  CHECK(escaped(std::string_view("\0\x01\x0b\x1f", 4)) == R"(\u0000\u0001\u000b\u001f)");
  CHECK(escaped("a\xff\xc3z\xe2\x82") == "a\xef\xbf\xbd\xef\xbf\xbdz\xef\xbf\xbd\xef\xbf\xbd");
  CHECK(escaped("").empty());
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  CHECK(crank_json_valid(slice('"' + escaped(all) + '"')));
}

TEST_CASE("crank_json_escape writes what fits and tells the whole size", "[plugin_json]") {
  std::string out(8, '#');
  CHECK(crank_json_escape("a\n\x01", 3, out.data(), 5) == 9);
  CHECK(out == "a\\n\\u###");
}

TEST_CASE("crank_utf8_encode is the reverse of crank_utf8_decode", "[plugin_json]") {
  for (const std::uint32_t code_point :
       {0u, 0x7fu, 0x80u, 0x7ffu, 0x800u, 0xd7ffu, 0xe000u, 0xffffu, 0x10000u, 0x10ffffu}) {
    char bytes[4];
    std::uint32_t back = 1;
    const std::size_t size = crank_utf8_encode(code_point, bytes);
    CHECK(crank_utf8_decode(bytes, bytes + size, &back) == size);
    CHECK(back == code_point);
    CHECK(crank_utf8_decode(bytes, bytes + size - 1, &back) == 0);
  }
}
