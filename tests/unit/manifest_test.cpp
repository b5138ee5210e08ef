// parse_manifest: what a good manifest becomes, and the sentence for each way to get one wrong.
#include "catch.hpp"

#include "manifest/manifest.hpp"

#include <boost/json.hpp>

#include <string>

using namespace crank;

namespace {

Manifest parsed(const std::string& text) {
  auto manifest = parse_manifest(text);
  if (!manifest) FAIL(manifest.error());
  return *std::move(manifest);
}

std::string error_of(const std::string& text) {
  const auto manifest = parse_manifest(text);
  return manifest ? "accepted" : manifest.error();
}

// A manifest with these further top-level members.
std::string with(const std::string& members) { return R"({"id":"t","version":"1.0.0",)" + members + "}"; }
std::string with_capability(const std::string& members) {
  return with(R"("capabilities":[{"id":"a.b","verb":"v","version":"1.0.0")" + members + "}]");
}
std::string with_routes(const std::string& routes) {
  return with(R"("capabilities":[{"id":"a.b","verb":"v","version":"1.0.0"}],"routes":[)" + routes + "]");
}

} // namespace

TEST_CASE("the smallest manifest gets the defaults") {
  const Manifest manifest = parsed(R"({"id":"hello","version":"0.1.0"})");
  CHECK(manifest.id == "hello");
  CHECK(manifest.version == "0.1.0");
  CHECK(manifest.service_name == "crank-hello");
  CHECK(manifest.default_port == 8500);
  CHECK(manifest.port_env.empty());
  CHECK(manifest.capabilities.empty());
  CHECK(manifest.routes.empty());
  CHECK(manifest.config_schema == boost::json::object());
}

TEST_CASE("a capability's defaults are those of the table in MANIFEST.md") {
  const OperationSpec operation = parsed(with_capability("")).capabilities.at(0).operation;
  CHECK(operation.name == "a.b");
  CHECK(operation.kind == OperationKind::call);
  CHECK(*operation.input_schema == boost::json::object{{"type", "object"}});
  CHECK_FALSE(operation.streaming);
  CHECK_FALSE(operation.run_inline);
  CHECK(operation.body == BodyMode::buffer);
  CHECK(operation.content_types == std::vector<std::string>{"application/json"});
  CHECK(operation.response_type == "application/json");
  CHECK(operation.limits.max_concurrency == 10);
  CHECK(operation.limits.queue == 64);
  CHECK(operation.limits.timeout_ms == 30000);
  CHECK_FALSE(operation.limits.max_body_bytes);
  CHECK(operation.success_status == 200);
}

TEST_CASE("every member reaches the typed manifest") {
  const Manifest manifest = parsed(R"({
    "id": "zettel", "version": "1.2.3-rc.1+b5", "description": "d", "license": "MIT", "x-note": {"any": 1},
    "service": {"name": "crank-zettel", "port": 8700, "port_env": "ZETTEL_HTTPS_PORT"},
    "capabilities": [{
      "id": "zettel.store", "verb": "store", "version": "2.0.0", "description": "keeps", "streaming": true, "inline": true,
      "input_schema": {"type": "object", "required": ["content"], "properties": {"content": {"type": "string"}}},
      "output_schema": {"type": "object"}, "response_type": "text/plain; charset=utf-8", "content_types": ["Application/JSON", "text/plain"],
      "limits": {"max_concurrency": 2, "queue": 0, "timeout_ms": 5, "max_body_bytes": 7},
      "errors": [{"code": "STORAGE_FAILED", "status": 507, "retryable": true, "description": "full"}],
      "examples": [{"content": "a"}]
    }],
    "routes": [
      {"method": "POST", "path": "/store", "capability": "zettel.store"},
      {"method": "PUT", "path": "/z/{id}", "call": "put", "success_status": 201, "body": "stream", "content_types": []},
      {"method": "GET", "path": "/ws", "websocket": "chat", "slow_client": "drop", "drain": "finish", "inline": true,
       "subprotocols": ["mqtt", "v1.chat"]},
      {"method": "POST", "path": "/feed", "events": "feed", "input_schema": {"type": "object"}},
      {"method": "GET", "path": "/", "call": "index"},
      {"method": "GET", "path": "/capabilities", "call": "list"}
    ],
    "config_schema": {"type": "object", "properties": {"dir": {"type": "string", "default": "/tmp"}}}
  })");
  CHECK(manifest.service_name == "crank-zettel");
  CHECK(manifest.default_port == 8700);
  CHECK(manifest.port_env == "ZETTEL_HTTPS_PORT");
  const CapabilitySpec& store = manifest.capabilities.at(0);
  CHECK(store.verb == "store");
  CHECK(store.version == "2.0.0");
  CHECK(store.operation.streaming);
  CHECK(store.operation.run_inline);
  CHECK(store.operation.response_type == "text/plain; charset=utf-8");
  CHECK(store.operation.content_types == std::vector<std::string>{"application/json", "text/plain"});
  CHECK(store.operation.limits.max_concurrency == 2);
  CHECK(store.operation.limits.queue == 0);
  CHECK(store.operation.limits.timeout_ms == 5);
  CHECK(store.operation.limits.max_body_bytes == 7);
  REQUIRE(store.operation.errors.size() == 1);
  CHECK(store.operation.errors[0].code == "STORAGE_FAILED");
  CHECK(store.operation.errors[0].http_status == 507);
  CHECK(store.operation.errors[0].retryable);
  CHECK(store.examples.size() == 1);

  REQUIRE(manifest.routes.size() == 6);
  CHECK(manifest.routes[0].capability == 0u);
  CHECK_FALSE(manifest.routes[0].operation);
  CHECK(manifest.routes[1].operation->success_status == 201);
  CHECK(manifest.routes[1].operation->body == BodyMode::stream);
  CHECK(manifest.routes[1].operation->content_types.empty());
  CHECK_FALSE(manifest.routes[1].operation->input_schema);
  CHECK(manifest.routes[2].operation->kind == OperationKind::websocket);
  CHECK(manifest.routes[2].operation->slow_client == SlowClient::drop);
  CHECK(manifest.routes[2].operation->subprotocols == std::vector<std::string>{"mqtt", "v1.chat"});
  CHECK(manifest.routes[2].operation->drain == DrainMode::finish);
  CHECK(manifest.routes[3].operation->kind == OperationKind::events);
  CHECK(manifest.routes[3].operation->input_schema);
  CHECK(manifest.source.as_object().contains("x-note"));
}

TEST_CASE("members that begin with x- are ignored, but not those of the data") {
  const Manifest manifest = parsed(with_capability(
      R"(,"x-a":1,"limits":{"x-b":1},"input_schema":{"type":"object","x-c":1,"required":["x-d"],"additionalProperties":false,
         "properties":{"x-d":{"type":"integer"}}},"examples":[{"x-d":1}])"));
  CHECK(manifest.capabilities.at(0).examples.at(0).as_object().contains("x-d"));
  CHECK(manifest.capabilities.at(0).operation.input_schema->at("properties").as_object().contains("x-d"));
}

TEST_CASE("a manifest's text must be JSON without doubts") {
  CHECK(error_of("") == "the manifest is not valid JSON: it is empty");
  CHECK(error_of("{\n \"id\": \"a\",\n}") ==
        "the manifest is not valid JSON: its structure is malformed (line 3, column 1)");
  CHECK(error_of(R"({"id":"a","id":"b","version":"1.0.0"})") ==
        "the manifest is not unambiguous JSON: the member \"id\" appears twice in one object");
  CHECK(error_of("\"\xff\"") == "the manifest is not valid JSON: it is not UTF-8 (line 1, column 2)");
  CHECK(error_of("[]") == "the manifest must be an object");
}

TEST_CASE("one sentence per mistake, beginning with the member's pointer") {
  struct Case {
    std::string manifest;
    const char* error;
  };
  const std::string r = R"({"method":"GET","path":"/a","call":"x"},)";
  const Case cases[] = {
      {R"({"version":"1.0.0"})", "/id is required"},
      {R"({"id":"t"})", "/version is required"},
      {R"({"id":"T","version":"1.0.0"})", "/id must match the pattern ^[a-z][a-z0-9_-]{0,63}$"},
      {R"({"id":7,"version":"1.0.0"})", "/id must be a string"},
      {with(R"("capabilites":[])"), "/capabilites is not a known field"},
      {with(R"("service":{"port":0})"), "/service/port must be at least 1"},
      {with(R"("service":{"port":65536})"), "/service/port must be at most 65535"},
      {with(R"("service":{"prot":1})"), "/service/prot is not a known field"},
      {with(R"("capabilities":{})"), "/capabilities must be an array"},
      {with(R"("capabilities":[1])"), "/capabilities/0 must be an object"},
      {with(R"("capabilities":[{"id":"a","version":"1.0.0"}])"), "/capabilities/0/verb is required"},
      {with(R"("capabilities":[{"id":"a","verb":"v","version":"1.0.0"},{"id":"a","verb":"v","version":"1.0.0"}])"),
       "/capabilities/1/id is the id of another capability too"},
      {with_capability(R"(,"input_schema":{"type":"string"})"), "/capabilities/0/input_schema/type must be \"object\""},
      {with_capability(R"(,"input_schema":{})"), "/capabilities/0/input_schema/type is required"},
      {with_capability(R"(,"input_schema":{"type":"object","properties":{"a":{"type":"text"}}})"),
       "/capabilities/0/input_schema/properties/a/type must name JSON types"},
      {with_capability(R"(,"output_schema":{"$ref":"http://example.org/x"})"),
       "/capabilities/0/output_schema/$ref must point into the same document, such as \"#/definitions/name\""},
      {with_capability(R"(,"input_schema":{"type":"object","required":["m"]},"examples":[{"m":1},{}])"),
       "/capabilities/0/examples/1/m is required, says the input_schema"},
      {with_capability(R"(,"examples":[1])"), "/capabilities/0/examples/0 must be an object, says the input_schema"},
      {with_capability(R"(,"body":"spool")"), "/capabilities/0/body must be one of \"buffer\", \"stream\""},
      {with_capability(R"(,"inline":true,"body":"stream")"),
       "/capabilities/0/inline cannot be true beside \"body\": \"stream\", because reading a stream blocks"},
      {with_capability(R"(,"limits":{"max_concurrency":0})"),
       "/capabilities/0/limits/max_concurrency must be at least 1"},
      {with_capability(R"(,"limits":{"timeout":1})"), "/capabilities/0/limits/timeout is not a known field"},
      {with_capability(R"(,"errors":[{"code":"a","status":400}])"),
       "/capabilities/0/errors/0/code must match the pattern ^[A-Z][A-Z0-9_]{0,63}$"},
      {with_capability(R"(,"errors":[{"code":"A","status":200}])"),
       "/capabilities/0/errors/0/status must be at least 400"},
      {with_capability(R"(,"errors":[{"code":"A","status":400},{"code":"A","status":401}])"),
       "/capabilities/0/errors/1/code is the code of another error too"},
      {with_capability(R"(,"content_types":["text/html; charset=utf-8"])"),
       "/capabilities/0/content_types/0 must match the pattern ^[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+$"},
      {with_capability(R"(,"success_status":201)"), "/capabilities/0/success_status is not a known field"},
      {with_routes(R"({"path":"/a","call":"x"})"), "/routes/0/method is required"},
      {with_routes(R"({"method":"get","path":"/a","call":"x"})"),
       "/routes/0/method must be one of \"GET\", \"POST\", \"PUT\", \"PATCH\", \"DELETE\""},
      {with_routes(R"({"method":"GET","path":"a","call":"x"})"), "/routes/0/path must match the pattern ^/"},
      {with_routes(R"({"method":"GET","path":"/a"})"),
       "/routes/0 needs a target: capability, call, websocket or events"},
      {with_routes(R"({"method":"GET","path":"/a","call":"x","events":"y"})"),
       "/routes/0 must have one target, not both call and events"},
      {with_routes(R"({"method":"GET","path":"/a","capability":"b.c"})"),
       "/routes/0/capability is not the id of a capability here"},
      {with_routes(R"({"method":"GET","path":"/a","capability":"a.b","body":"stream"})"),
       "/routes/0/body does not apply to a route with \"capability\""},
      {with_routes(R"({"method":"GET","path":"/a","events":"x","subprotocols":["a"]})"),
       "/routes/0/subprotocols does not apply to a route with \"events\""},
      {with_routes(R"({"method":"GET","path":"/a","websocket":"x","subprotocols":["a, b"]})"),
       "/routes/0/subprotocols/0 must match the pattern ^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"},
      {with_routes(R"({"method":"GET","path":"/a","call":"x","slow_client":"drop"})"),
       "/routes/0/slow_client does not apply to a route with \"call\""},
      {with_routes(R"({"method":"POST","path":"/ws","websocket":"w"})"),
       "/routes/0/method must be GET for a websocket"},
      {with_routes(R"({"method":"POST","path":"/e","events":"w","body":"stream"})"),
       "/routes/0/body cannot be \"stream\" for events"},
      {with_routes(R"({"method":"GET","path":"/health","call":"x"})"), "/routes/0/path belongs to the host"},
      {with_routes(R"({"method":"GET","path":"/openapi.json","call":"x"})"), "/routes/0/path belongs to the host"},
      {with_routes(R"({"method":"GET","path":"/v1/x","call":"x"})"), "/routes/0/path belongs to the host"},
      {with_routes(R"({"method":"GET","path":"/a//b","call":"x"})"), "/routes/0/path has an empty segment"},
      {with_routes(R"({"method":"GET","path":"/a/","call":"x"})"), "/routes/0/path has an empty segment"},
      {with_routes(R"({"method":"GET","path":"/a/../b","call":"x"})"), "/routes/0/path has a dot segment"},
      {with_routes(R"({"method":"GET","path":"/a%20b","call":"x"})"),
       "/routes/0/path has a character that does not belong in a path, or a {name} that is not a whole segment"},
      {with_routes(R"({"method":"GET","path":"/a{b}","call":"x"})"),
       "/routes/0/path has a character that does not belong in a path, or a {name} that is not a whole segment"},
      {with_routes(R"({"method":"GET","path":"/{a-b}","call":"x"})"),
       "/routes/0/path has a {} whose name is not an identifier"},
      {with_routes(R"({"method":"GET","path":"/{a}/{a}","call":"x"})"), "/routes/0/path has two segments of one name"},
      {with_routes(r + R"({"method":"GET","path":"/a","call":"y"})"),
       "/routes/1/path takes requests that /routes/0 takes too"},
      {with_routes(R"({"method":"GET","path":"/{a}","call":"x"},{"method":"POST","path":"/{b}","call":"y"})"),
       "/routes/1/path takes requests that /routes/0 takes too"},
      {with_routes(R"({"method":"GET","path":"/{a}/c","call":"x"},{"method":"GET","path":"/b/{d}","call":"y"})"),
       "/routes/1/path takes requests that /routes/0 takes too"},
      {with(R"("config_schema":{"type":"array"})"), "/config_schema/type must be \"object\""},
      {with(R"("config_schema":{"type":"object","properties":{"a":{"type":"integer","default":"1"}}})"),
       "/config_schema has a default that does not pass: /a must be an integer"},
  };
  for (const Case& c : cases) {
    INFO(c.manifest);
    CHECK(error_of(c.manifest) == c.error);
  }
}

TEST_CASE("what looks like a conflict and is none") {
  CHECK(error_of(with_routes(R"({"method":"GET","path":"/a","call":"x"},{"method":"POST","path":"/a","call":"y"})")) ==
        "accepted");
  CHECK(error_of(with_routes(
            R"({"method":"GET","path":"/a/{b}","call":"x"},{"method":"PUT","path":"/a/{b}","call":"y"})")) ==
        "accepted");
  CHECK(error_of(with_routes(
            R"({"method":"GET","path":"/a/{b}","call":"x"},{"method":"GET","path":"/a/c","call":"y"})")) == "accepted");
  CHECK(error_of(with_routes(
            R"({"method":"GET","path":"/a","call":"x"},{"method":"GET","path":"/b","call":"x","inline":true})")) ==
        "accepted");
  CHECK(error_of(with_routes(R"({"method":"GET","path":"/a","call":"x"},{"method":"GET","path":"/b","events":"x"})")) ==
        "accepted");
  CHECK(error_of(with_routes(R"({"method":"GET","path":"/v1","call":"x","x-a":1})")) ==
        "/routes/0/path belongs to the host");
  CHECK(error_of(with_routes(R"({"method":"GET","path":"/v10","call":"x","x-a":1})")) == "accepted");
}

TEST_CASE("a manifest of a later minor keeps what is known of it, and says what is not") {
  const std::string text =
      R"({"id":"a","version":"1.0.0","devices":{"cuda":true},"x-mine":1,"capabilities":[{"id":"a.b","verb":"b",)"
      R"("version":"1.0.0","mcp":{"title":"B"},"limits":{"timeout_ms":5,"memory":3},"input_schema":{"type":"object",)"
      R"("title":"T"}}],"config_schema":{"type":"object","title":"C"}})";
  CHECK_FALSE(parse_manifest(text));
  const auto manifest = parse_manifest(text, ManifestAge::younger);
  REQUIRE(manifest);
  CHECK(manifest->ignored ==
        std::vector<std::string>{"/capabilities/0/limits/memory", "/capabilities/0/mcp", "/devices"});
  CHECK(manifest->capabilities.at(0).operation.limits.timeout_ms == 5);
  // What is known must still be right.
  CHECK_FALSE(parse_manifest(R"({"id":"A","version":"1.0.0","devices":{}})", ManifestAge::younger));
  CHECK_FALSE(parse_manifest(R"([{"id":"a"}])", ManifestAge::younger));
  CHECK(parse_manifest(R"({"id":"a","version":"1.0.0"})", ManifestAge::younger)->ignored.empty());
}

TEST_CASE("a length or an expected time makes a call a job") {
  const auto threshold = [](const std::string& job) {
    const auto manifest = parse_manifest(R"({"id":"p","version":"1.0.0","capabilities":[)"
                                         R"({"id":"a.b","verb":"v","version":"1.0.0","job":)" +
                                         job + "}]}");
    if (!manifest) FAIL(manifest.error());
    return manifest->capabilities.front().operation.job_above_bytes;
  };
  CHECK_FALSE(threshold(R"({"repeatable": true})"));
  CHECK(threshold(R"({"above_bytes": 0})") == 0u);
  CHECK(threshold(R"({"above_bytes": 5000000})") == 5'000'000u);
  CHECK(threshold(R"({"above_ms": 3000, "ms_per_mib": 1500})") == 2u * 1024 * 1024);
  CHECK(threshold(R"({"above_ms": 3000, "ms_per_mib": 0.5})") == 6000ull * 1024 * 1024);
  CHECK(threshold(R"({"above_ms": 3000, "ms_per_mib": 1500, "above_bytes": 1000})") == 1000u);
  CHECK(threshold(R"({"above_ms": 9007199254740991, "ms_per_mib": 0.0001})") > (1ull << 62)); // it does not overflow
  const auto refused = [](const std::string& job) {
    const auto manifest = parse_manifest(R"({"id":"p","version":"1.0.0","capabilities":[)"
                                         R"({"id":"a.b","verb":"v","version":"1.0.0","job":)" +
                                         job + "}]}");
    return !manifest && manifest.error().starts_with("/capabilities/0/job");
  };
  CHECK(refused(R"({"above_ms": 3000})"));
  CHECK(refused(R"({"ms_per_mib": 3})"));
  CHECK(refused(R"({"above_ms": 3000, "ms_per_mib": 0})"));
  CHECK(refused(R"({"above_bytes": -1})"));
  CHECK(refused(R"({"above_bytes": 1.5})"));
}

TEST_CASE("programs have names of their own, which are those of files") {
  const Manifest manifest =
      parsed(with(R"("programs":[{"name":"doc-convert","description":"d","children":true},{"name":"b"}])"));
  REQUIRE(manifest.programs.size() == 2);
  CHECK(manifest.programs[0].name == "doc-convert");
  CHECK(manifest.programs[0].description == "d");
  CHECK(manifest.programs[0].children);
  CHECK_FALSE(manifest.programs[1].children);
  CHECK(error_of(with(R"("programs":[{"name":"a"},{"name":"a"}])")) ==
        "/programs/1/name is the name of another program too");
  for (const char* name : {"", "../a", "a/b", ".a", "-a"})
    CHECK(error_of(with(R"("programs":[{"name":")" + std::string(name) + "\"}]")).find("/programs/0/name") == 0);
  CHECK(error_of(with(R"("programs":[{}])")).find("/programs/0") == 0);
}
