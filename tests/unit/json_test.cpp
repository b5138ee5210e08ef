// JSON as the host writes it.
#include "catch.hpp"

#include "json/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <limits>

using namespace crank;
namespace json = boost::json;

namespace {

// Its text, after it has shown that it is read as the same number.
std::string number(double value) {
  const std::string text = json_text(value);
  const auto back = parse_json(text);
  REQUIRE(back);
  CHECK(back->to_number<double>() == value);
  return text;
}

} // namespace

TEST_CASE("numbers are written plainly, and say the same when they are read") {
  CHECK(number(27.899317585) == "27.899317585");
  CHECK(number(0.0) == "0");
  CHECK(number(-0.0) == "0");
  CHECK(number(0.5) == "0.5");
  CHECK(number(-10) == "-10");
  CHECK(number(0.1 + 0.2) == "0.30000000000000004");
  CHECK(number(1e-6) == "0.000001");
  CHECK(number(1e-7) == "1e-07");
  CHECK(number(123456789012345680.0) == "123456789012345680");
  CHECK(number(1e18) == "1e+18");
  CHECK(number(5e-324) == "5e-324");
  CHECK(number(std::numeric_limits<double>::max()) == "1.7976931348623157e+308");
  CHECK(json_text(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
  CHECK(json_text(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
}

TEST_CASE("what is written is JSON, whatever somebody put into it") {
  CHECK(json_text(json::object{{"a", json::array{nullptr, true, false, json::object(), json::array(), "x"}},
                               {"b", 1.5}}) == R"({"a":[null,true,false,{},[],"x"],"b":1.5})");
  CHECK(json_text(json::string("\"\\\n\x01")) == R"("\"\\\n\u0001")");
  const std::string text = json_text(json::object{{"caf\xe9", "caf\xe9"}});
  CHECK(text == "{\"caf\xef\xbf\xbd\":\"caf\xef\xbf\xbd\"}");
  CHECK(parse_json(text));
  CHECK(json_text(std::numeric_limits<double>::infinity()) == "null");
  CHECK(json_text(std::numeric_limits<double>::quiet_NaN()) == "null");
}
