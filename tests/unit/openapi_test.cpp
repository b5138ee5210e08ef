// make_openapi: what a manifest becomes. That the document is valid OpenAPI is for a real validator, see
// tests/integration.
#include "catch.hpp"

#include "openapi/openapi.hpp"
#include "json/json.hpp"

#include <boost/json.hpp>

#include <set>

using namespace crank;

namespace {

Manifest parsed(std::string_view text) {
  auto manifest = parse_manifest(text);
  if (!manifest) FAIL(manifest.error());
  return *std::move(manifest);
}

boost::json::value document(const std::vector<const Manifest*>& manifests, bool mutual_tls = false) {
  return *parse_json(make_openapi(manifests, {"Crank Worker: w", "1.2.3", "https://localhost:8500", mutual_tls}));
}

const boost::json::value& at(const boost::json::value& value, std::string_view pointer) {
  INFO(pointer);
  boost::json::error_code missing;
  const boost::json::value* found = value.find_pointer(pointer, missing);
  REQUIRE(found);
  return *found;
}

bool has(const boost::json::value& value, std::string_view pointer) {
  boost::json::error_code missing;
  return value.find_pointer(pointer, missing) != nullptr;
}

// Every "$ref" below `value`.
void collect_references(const boost::json::value& value, std::vector<std::string>& to) {
  if (const auto* items = value.if_array()) {
    for (const auto& item : *items) collect_references(item, to);
  } else if (const auto* members = value.if_object()) {
    for (const auto& member : *members) {
      if (member.key() == "$ref" && member.value().is_string()) to.emplace_back(member.value().get_string());
      collect_references(member.value(), to);
    }
  }
}

constexpr std::string_view full = R"json({
  "id": "full", "version": "1.0.0", "description": "Everything.",
  "capabilities": [
    {"id": "a.tree", "verb": "v", "version": "1.0.0", "description": "Walks a tree. Slowly.",
     "input_schema": {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object",
       "properties": {"node": {"$ref": "#/definitions/node", "title": "ignored beside a reference"},
                      "pair": {"items": [{"type": "string"}], "additionalItems": false}},
       "dependencies": {"node": ["pair"], "pair": {"required": ["node"]}},
       "definitions": {"node": {"type": "object", "properties": {"next": {"$ref": "#/definitions/node"}}}}},
     "output_schema": {"type": "integer"}, "examples": [{"node": {}, "pair": ["a"]}],
     "errors": [{"code": "TOO_DEEP", "status": 400, "description": "Deeper than 9."}, {"code": "GONE", "status": 410}]},
    {"id": "a.lines", "verb": "v", "version": "1.0.0", "streaming": true, "output_schema": {"type": "string"}}
  ],
  "routes": [
    {"method": "POST", "path": "/tree", "capability": "a.tree"},
    {"method": "PUT", "path": "/files/{name}/parts/{part}", "call": "put", "body": "stream", "content_types": ["application/pdf"], "success_status": 201},
    {"method": "GET", "path": "/ws", "websocket": "chat"},
    {"method": "POST", "path": "/feed", "events": "feed"},
    {"method": "GET", "path": "/capabilities", "call": "list"},
    {"method": "GET", "path": "/", "call": "index", "response_type": "text/html; charset=utf-8"}
  ]
})json";

} // namespace

TEST_CASE("a document has the host's routes even without plugins") {
  const auto openapi = document({});
  CHECK(at(openapi, "/openapi") == "3.1.0");
  CHECK(at(openapi, "/info/title") == "Crank Worker: w");
  CHECK(at(openapi, "/info/version") == "1.2.3");
  CHECK(at(openapi, "/servers/0/url") == "https://localhost:8500");
  for (const char* path :
       {"~1health", "~1livez", "~1readyz", "~1status", "~1metrics", "~1version", "~1openapi.json", "~1capabilities"}) {
    CHECK(has(openapi, std::string("/paths/") + path + "/get/responses/200"));
  }
  for (const char* member : {"type", "title", "status", "detail", "code", "retryable", "request_id", "errors"}) {
    CHECK(has(openapi, std::string("/components/schemas/Problem/properties/") + member));
  }
}

TEST_CASE("a capability becomes a POST with its schemas, examples and errors") {
  const Manifest manifest = parsed(full);
  const auto openapi = document({&manifest});
  const auto& post = at(openapi, "/paths/~1v1~1capabilities~1a.tree/post");
  CHECK(at(post, "/operationId") == "a.tree");
  CHECK(at(post, "/summary") == "Walks a tree");
  CHECK(at(post, "/tags/0") == "full");
  CHECK(at(post, "/requestBody/content/application~1json/schema/$ref") == "#/components/schemas/a.tree.input");
  CHECK(at(post, "/requestBody/content/application~1json/examples/example1/value/pair/0") == "a");
  CHECK(at(post, "/responses/200/content/application~1json/schema/$ref") == "#/components/schemas/a.tree.output");
  CHECK(at(post, "/responses/400/description") == "`TOO_DEEP`: Deeper than 9. The request is malformed.");
  CHECK(at(post, "/responses/410/description") == "`GONE`.");
  for (const char* status : {"413", "415", "422", "429", "503", "504"}) {
    CHECK(at(post, std::string("/responses/") + status + "/content/application~1problem+json/schema/$ref") ==
          "#/components/schemas/Problem");
  }
  const auto& lines = at(openapi, "/paths/~1v1~1capabilities~1a.lines/post/responses/200/content");
  CHECK(has(lines, "/text~1event-stream"));
  CHECK(has(lines, "/application~1jsonl"));
  CHECK(at(lines, "/application~1json/schema/properties/items/items/$ref") == "#/components/schemas/a.lines.output");
}

TEST_CASE("schemas are rewritten for the 2020-12 dialect") {
  const Manifest manifest = parsed(full);
  const auto openapi = document({&manifest});
  const auto& schema = at(openapi, "/components/schemas/a.tree.input");
  CHECK_FALSE(has(schema, "/$schema"));
  CHECK(at(schema, "/properties/node") ==
        boost::json::object{{"$ref", "#/components/schemas/a.tree.input/definitions/node"}});
  CHECK(at(schema, "/properties/pair/prefixItems/0/type") == "string");
  CHECK(at(schema, "/properties/pair/items") == false);
  CHECK(at(schema, "/dependentRequired/node/0") == "pair");
  CHECK(at(schema, "/dependentSchemas/pair/required/0") == "node");
  CHECK(at(schema, "/definitions/node/properties/next/$ref") == "#/components/schemas/a.tree.input/definitions/node");
}

TEST_CASE("routes keep their method, parameters, media types and status") {
  const Manifest manifest = parsed(full);
  const auto openapi = document({&manifest});
  CHECK(at(openapi, "/paths/~1tree/post/requestBody/content/application~1json/schema/$ref") ==
        "#/components/schemas/a.tree.input");
  const auto& put = at(openapi, "/paths/~1files~1{name}~1parts~1{part}/put");
  CHECK(at(put, "/parameters/0/name") == "name");
  CHECK(at(put, "/parameters/1/name") == "part");
  CHECK(at(put, "/parameters/1/required") == true);
  CHECK(has(put, "/requestBody/content/application~1pdf"));
  CHECK(has(put, "/responses/201"));
  CHECK(at(openapi, "/paths/~1ws/get/x-websocket") == true);
  CHECK(has(openapi, "/paths/~1ws/get/responses/101"));
  CHECK_FALSE(has(openapi, "/paths/~1ws/get/requestBody"));
  CHECK(has(openapi, "/paths/~1feed/post/responses/200/content/text~1event-stream"));
  CHECK(has(openapi, "/paths/~1/get/responses/200/content/text~1html; charset=utf-8"));
  CHECK(at(openapi, "/paths/~1capabilities/get/tags/0") == "full"); // the plugin's, not the host's
}

TEST_CASE("operation ids are unique and references lead somewhere, with two plugins too") {
  const Manifest one = parsed(full);
  const Manifest two = parsed(R"({"id":"two","version":"1.0.0","routes":[{"method":"GET","path":"/-/ws","call":"x"},
                                  {"method":"GET","path":"/_/ws","call":"x"},{"method":"GET","path":"/x/ws","call":"x"}]})");
  const auto openapi = document({&one, &two});
  std::set<std::string> ids;
  for (const auto& path : at(openapi, "/paths").get_object()) {
    for (const auto& operation : path.value().get_object()) {
      INFO(path.key() << " " << operation.key());
      CHECK(ids.emplace(at(operation.value(), "/operationId").get_string()).second);
    }
  }
  std::vector<std::string> references;
  collect_references(openapi, references);
  CHECK(references.size() > 20);
  for (const std::string& reference : references) {
    INFO(reference);
    REQUIRE(reference.front() == '#');
    CHECK(has(openapi, reference.substr(1)));
  }
}

TEST_CASE("mutual TLS shows as a security scheme") {
  CHECK(at(document({}, true), "/components/securitySchemes/mutual_tls/type") == "mutualTLS");
  CHECK(at(document({}), "/security").get_array().empty());
}

TEST_CASE("tokens show as a security scheme, and what is open to all says so") {
  const Manifest manifest = parsed(full);
  const auto described = [&](OpenApiInfo info) {
    const std::vector<const Manifest*> manifests{&manifest};
    return *parse_json(make_openapi(manifests, info));
  };
  OpenApiInfo info{"t", "1", "", false, true};
  const auto alone = described(info);
  CHECK(at(alone, "/components/securitySchemes/token/type") == "http");
  CHECK(at(alone, "/components/securitySchemes/token/scheme") == "bearer");
  CHECK(at(alone, "/security") == *parse_json(R"([{"token": []}])"));
  CHECK(at(alone, "/paths/~1health/get/security").get_array().empty());
  for (const char* operation : {"/paths/~1tree/post", "/paths/~1ws/get", "/paths/~1feed/post"}) {
    CHECK(has(alone, std::string(operation) + "/responses/401"));
    CHECK(has(alone, std::string(operation) + "/responses/403"));
    CHECK_FALSE(has(alone, std::string(operation) + "/security"));
  }
  info.mutual_tls = true;
  info.open_host = false;
  const auto either = described(info);
  CHECK(at(either, "/security") == *parse_json(R"([{"mutual_tls": []}, {"token": []}])"));
  CHECK_FALSE(has(either, "/paths/~1health/get/security"));
  CHECK_FALSE(has(document({&manifest}), "/paths/~1tree/post/responses/401"));
}

TEST_CASE("with jobs, a capability can answer 202, and there is where to look") {
  const Manifest manifest = parsed(full);
  OpenApiInfo info{"t", "1", "https://localhost:8500"};
  const std::vector<const Manifest*> manifests{&manifest};
  const auto without = *parse_json(make_openapi(manifests, info));
  CHECK_FALSE(has(without, "/paths/~1v1~1jobs"));
  CHECK_FALSE(has(without, "/paths/~1v1~1capabilities~1a.tree/post/responses/202"));
  info.jobs = true;
  info.tokens = true;
  const auto openapi = *parse_json(make_openapi(manifests, info));
  for (const char* path : {"/paths/~1v1~1capabilities~1a.tree/post", "/paths/~1tree/post"}) {
    const auto& post = at(openapi, path);
    CHECK(at(post, "/parameters/0/name") == "Prefer");
    CHECK(at(post, "/parameters/1/name") == "Idempotency-Key");
    CHECK(at(post, "/responses/202/content/application~1json/schema/$ref") == "#/components/schemas/Job");
    CHECK(has(post, "/responses/200"));
  }
  CHECK_FALSE(has(openapi, "/paths/~1files~1{name}~1parts~1{part}/put/responses/202")); // no capability
  for (const char* path :
       {"~1v1~1jobs/get", "~1v1~1jobs~1{id}/get", "~1v1~1jobs~1{id}/delete", "~1v1~1jobs~1{id}~1result/get",
        "~1v1~1jobs~1{id}~1events/get", "~1v1~1jobs~1{id}~1logs/get"})
    CHECK(has(openapi, std::string("/paths/") + path + "/responses/200"));
  CHECK_FALSE(has(openapi, "/paths/~1v1~1jobs/get/security")); // as everywhere: who asks must say who it is
  CHECK(has(openapi, "/components/schemas/Problem"));
  std::vector<std::string> references;
  collect_references(openapi, references);
  for (const std::string& reference : references) CHECK(has(openapi, reference.substr(1)));
}
