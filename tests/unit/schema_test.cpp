// Schema: what is accepted, and in which words and at which pointer a refusal comes.
#include "catch.hpp"

#include "schema/schema.hpp"
#include "json/json.hpp"

#include <boost/json.hpp>

using namespace crank;

namespace {

boost::json::value parsed(std::string_view text) {
  auto value = parse_json(text);
  INFO(text);
  REQUIRE(value);
  return *std::move(value);
}

Schema compiled(std::string_view text) {
  auto schema = Schema::compile(parsed(text));
  INFO(text);
  if (!schema) FAIL(schema.error());
  return *std::move(schema);
}

std::string findings(const Schema& schema, std::string_view text) {
  std::string result;
  for (const FieldError& finding : schema.check(parsed(text))) result += finding.pointer + " " + finding.message + "; ";
  return result;
}

constexpr std::string_view greeting = R"({
  "type": "object", "required": ["message"], "additionalProperties": false,
  "properties": {
    "message": {"type": "string", "minLength": 1, "maxLength": 20},
    "options": {
      "type": "object", "additionalProperties": false,
      "properties": {
        "uppercase": {"type": "boolean"},
        "exclamations": {"type": "integer", "minimum": 0, "maximum": 10},
        "mood": {"enum": ["glad", "grim"]},
        "ratio": {"type": ["number", "null"], "exclusiveMinimum": 0, "exclusiveMaximum": 0.5}
      }
    },
    "tags": {"type": "array", "maxItems": 2, "minItems": 1, "uniqueItems": true, "items": {"type": "string", "pattern": "^[a-z]+$"}}
  }
})";

} // namespace

TEST_CASE("a finding names the member and says what is wrong") {
  const Schema schema = compiled(greeting);
  struct Case {
    const char* value;
    const char* findings;
  };
  const Case cases[] = {
      {R"({"message":"hi"})", ""},
      {R"({})", "/message is required; "},
      {R"([])", " must be an object; "},
      {R"({"message":7})", "/message must be a string; "},
      {R"({"message":""})", "/message must not be empty; "},
      {R"({"message":"123456789012345678901"})", "/message must be at most 20 characters long; "},
      {R"({"message":"hi","content":1})", "/content is not a known field; "},
      {R"({"message":"hi","a/b~c":1})", "/a~1b~0c is not a known field; "},
      {R"({"message":"hi","it's":1})", "/it's is not a known field; "},
      {R"({"message":"hi","options":{"exclamations":11}})", "/options/exclamations must be at most 10; "},
      {R"({"message":"hi","options":{"exclamations":-1}})", "/options/exclamations must be at least 0; "},
      {R"({"message":"hi","options":{"exclamations":1.5}})", "/options/exclamations must be an integer; "},
      {R"({"message":"hi","options":{"exclamations":"3"}})", "/options/exclamations must be an integer; "},
      {R"({"message":"hi","options":{"exclamations":18446744073709551615}})",
       "/options/exclamations must be at most 10; "},
      {R"({"message":"hi","options":{"uppercase":"true"}})", "/options/uppercase must be true or false; "},
      {R"({"message":"hi","options":{"shout":true}})", "/options/shout is not a known field; "},
      {R"({"message":"hi","options":{"mood":"gla"}})", "/options/mood must be one of \"glad\", \"grim\"; "},
      {R"({"message":"hi","options":{"ratio":"x"}})", "/options/ratio must be a number or null; "},
      {R"({"message":"hi","options":{"ratio":0}})", "/options/ratio must be greater than 0; "},
      {R"({"message":"hi","options":{"ratio":0.5}})", "/options/ratio must be less than 0.5; "},
      {R"({"message":"hi","tags":[]})", "/tags must not be empty; "},
      {R"({"message":"hi","tags":["a","b","c"]})", "/tags must have at most 2 items; "},
      {R"({"message":"hi","tags":["a","a"]})", "/tags must not hold the same item twice; "},
      {R"({"message":"hi","tags":["a",1]})", "/tags/1 must be a string; "},
      {R"({"message":"hi","tags":["a","B"]})", "/tags/1 must match the pattern ^[a-z]+$; "},
      {R"({"message":"hi","tags":["a\n"]})", "/tags/0 must match the pattern ^[a-z]+$; "},
      {R"({"options":{"exclamations":11,"x":1}})",
       "/options/exclamations must be at most 10; /options/x is not a known field; /message is required; "},
  };
  for (const Case& c : cases) {
    INFO(c.value);
    CHECK(findings(schema, c.value) == c.findings);
    CHECK(schema.accepts(parsed(c.value)) == (*c.findings == '\0'));
  }
}

TEST_CASE("every keyword that asserts has its own words") {
  struct Case {
    const char* schema;
    const char* value;
    const char* findings;
  };
  const Case cases[] = {
      {R"({"const":"a"})", R"("b")", " must be \"a\"; "},
      {R"({"not":{"type":"string"}})", R"("b")", " has a form that is not allowed; "},
      {R"({"multipleOf":2})", "3", " must be a multiple of 2; "},
      {R"({"multipleOf":2})", "4.5", " must be a multiple of 2; "},
      {R"({"multipleOf":0.1})", "0.3", ""},
      {R"({"minProperties":1})", "{}", " must not be empty; "},
      {R"({"minimum":1,"allOf":[{"minimum":5}]})", "3", " must be at least 5; "},
      {R"({"minimum":1e-7})", "0", " must be at least 1e-07; "},
      {R"({"exclusiveMaximum":0.0000125})", "1", " must be less than 0.0000125; "},
      {R"({"minProperties":2})", "{}", " must have at least 2 members; "},
      {R"({"maxProperties":1})", R"({"a":1,"b":2})", " must have at most 1 member; "},
      {R"({"minItems":2})", "[1]", " must have at least 2 items; "},
      {R"({"minLength":2})", R"("é")", " must be at least 2 characters long; "},
      {R"({"contains":{"type":"null"}})", "[1]", " lacks an item of the required form; "},
      {R"({"items":[{"type":"null"}],"additionalItems":false})", "[null,1]", " has too many items; "},
      {R"({"dependencies":{"a":["b"]}})", R"({"a":1})", "/b is required beside the other fields; "},
      {R"({"properties":{"a":false}})", R"({"a":1})", "/a is not allowed; "},
      {R"({"propertyNames":{"maxLength":1}})", R"({"ab":1})", " is not as the schema asks; "},
      {R"({"anyOf":[{"type":"string"},{"type":"null"}]})", "1",
       " has the wrong type;  has none of the allowed forms; "},
      {R"({"oneOf":[{"type":"integer"},{"type":"number"}]})", "1", " has more than one of the allowed forms; "},
      {R"({"if":{"type":"string"},"then":{"minLength":3}})", R"("ab")", " must be at least 3 characters long; "},
      {R"({"patternProperties":{"^x":{"type":"string"}},"additionalProperties":false})", R"({"xa":1})",
       "/xa has the wrong type; "},
      {R"({"format":"date"})", R"("not a date")", ""},
      {R"({"type":"integer"})", "1.0", ""},
      {R"({"type":"string","pattern":"^.{2}$"})", R"("éé")", ""},
      {"true", "1", ""},
      {"false", "1", " is not as the schema asks; "},
      {"{}", "1", ""},
  };
  for (const Case& c : cases) {
    INFO(c.schema << " on " << c.value);
    CHECK(findings(compiled(c.schema), c.value) == c.findings);
  }
}

TEST_CASE("local references work, also recursive ones") {
  const Schema tree = compiled(R"({"$ref":"#/definitions/node","definitions":{"node":{"type":"object","required":["v"],
    "properties":{"v":{"type":"integer"},"next":{"$ref":"#/definitions/node"}}}}})");
  CHECK(tree.accepts(parsed(R"({"v":1,"next":{"v":2}})")));
  CHECK(findings(tree, R"({"v":1,"next":{"v":"2"}})") == "/next/v must be an integer; ");

  const Schema defs =
      compiled(R"({"properties":{"a":{"$ref":"#/$defs/short"}},"$defs":{"short":{"type":"string","maxLength":1}}})");
  CHECK(findings(defs, R"({"a":"xy"})") == "/a must be at most 1 character long; ");

  const Schema self = compiled(R"({"type":"array","items":{"$ref":"#"}})");
  CHECK(self.accepts(parsed("[[],[[]]]")));
  CHECK_FALSE(self.accepts(parsed("[[1]]")));
}

TEST_CASE("a schema that is not one is refused with its place") {
  struct Case {
    const char* schema;
    const char* error;
  };
  const Case cases[] = {
      {"1", "#: must be a schema, which is an object or a boolean"},
      {R"({"type":"text"})", "#/type: must name JSON types"},
      {R"({"type":[]})", "#/type: must name JSON types"},
      {R"({"properties":{"a":1}})", "#/properties/a: must be a schema, which is an object or a boolean"},
      {R"({"properties":[]})", "#/properties: must be an object"},
      {R"({"minLenght":1})", "#/minLenght: is not a keyword of JSON Schema draft 7"},
      {R"({"unevaluatedProperties":false})", "#/unevaluatedProperties: is not a keyword of JSON Schema draft 7"},
      {R"({"minLength":-1})", "#/minLength: must be an integer of at least 0"},
      {R"({"minLength":"1"})", "#/minLength: must be an integer of at least 0"},
      {R"({"minimum":"1"})", "#/minimum: must be a number"},
      {R"({"multipleOf":0})", "#/multipleOf: must be a number above 0"},
      {R"({"required":"a"})", "#/required: must be an array of distinct strings"},
      {R"({"required":["a","a"]})", "#/required: must be an array of distinct strings"},
      {R"({"enum":[]})", "#/enum: must be a non-empty array"},
      {R"({"allOf":[]})", "#/allOf: must be a non-empty array of schemas"},
      {R"({"uniqueItems":1})", "#/uniqueItems: must be true or false"},
      {R"({"title":1})", "#/title: must be a string"},
      {R"({"pattern":"("})", "#/pattern: is not a regular expression"},
      {R"({"patternProperties":{"(":true}})", "#/patternProperties/(: is not a regular expression"},
      {R"({"dependencies":{"a":[1]}})", "#/dependencies/a: must be an array of distinct strings"},
      {R"({"$schema":"https://json-schema.org/draft/2020-12/schema"})",
       "#/$schema: must be draft 7, \"http://json-schema.org/draft-07/schema#\""},
      {R"({"$ref":"http://example.org/s.json"})",
       "#/$ref: must point into the same document, such as \"#/definitions/name\""},
      {R"({"$ref":"other.json#/a"})", "#/$ref: must point into the same document, such as \"#/definitions/name\""},
      {R"({"$ref":1})", "#/$ref: must be a string"},
      {R"({"items":{"$ref":"#/definitions/x"}})", "#/items/$ref: points to \"#/definitions/x\", where no schema is"},
      {R"({"$ref":"#"})", "#: refers to itself without an end"},
      {R"({"allOf":[{"$ref":"#"}]})", "#: refers to itself without an end"},
      {R"({"$ref":"#/definitions/a","definitions":{"a":{"$ref":"#/definitions/b"},"b":{"$ref":"#/definitions/a"}}})",
       "#: refers to itself without an end"},
  };
  for (const Case& c : cases) {
    INFO(c.schema);
    const auto schema = Schema::compile(parsed(c.schema));
    REQUIRE_FALSE(schema);
    CHECK(schema.error() == c.error);
  }
  CHECK(Schema::compile(
      parsed(R"({"x-note":1,"$id":"http://example.org/a","$schema":"http://json-schema.org/draft-07/schema#"})")));
}

TEST_CASE("values made to hurt are answered, not suffered") {
  // A NUL does not hide the rest of a string from the checks.
  CHECK_FALSE(compiled(R"({"enum":["a"]})").accepts(parsed(R"("a\u0000evil")")));
  CHECK_FALSE(compiled(R"({"maxLength":2})").accepts(parsed(R"("a\u0000evil")")));
  // Patterns neither overflow the stack nor run for ever.
  const std::string long_text = "\"" + std::string(2'000'000, 'a') + "\"";
  CHECK(compiled(R"({"pattern":"^(a|b)*$"})").check(parsed(long_text)).size() <= 1);
  CHECK_FALSE(compiled(R"({"pattern":"^(a+)+$"})").accepts(parsed("\"" + std::string(60, 'a') + "!\"")));
  const Schema names = compiled(R"({"patternProperties":{"^(a|b)*$":true}})");
  CHECK(findings(names, "{\"" + std::string(1'000'000, 'a') + "\":1}") ==
        " has a member whose name is longer than 256 bytes; ");
  // uniqueItems is not quadratic: this would take minutes.
  std::string numbers = "[0";
  for (int i = 1; i < 200'000; ++i) numbers += "," + std::to_string(i);
  CHECK(compiled(R"({"uniqueItems":true})").accepts(parsed(numbers + "]")));
  CHECK_FALSE(compiled(R"({"uniqueItems":true})").accepts(parsed(numbers + ",0]")));
}

TEST_CASE("no more findings than asked for") {
  const Schema schema = compiled(R"({"required":["a","b","c","d"]})");
  CHECK(schema.check(parsed("{}"), 2).size() == 2);
}
