// mcp_fixture: well-behaved. The tools that the official conformance suite of the Model Context Protocol calls, as
// capabilities: what a plugin has to do for them is all here, and none of it is of that protocol.
#include "kit.hpp"

#include <crank/ext/files.h>

#include <chrono>
#include <string>
#include <string_view>
#include <thread>

namespace {
using std::chrono::milliseconds;
using namespace std::string_view_literals;

// One red pixel.
constexpr std::string_view png =
    "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0\x90wS\xde\0\0\0\x0cIDATx\x9c"
    "c\xf8\xcf\xc0\0\0\3\1\1\0\xc9\xfe\x92\xef\0\0\0\0IEND\xae"
    "B`\x82"sv;
// One sample of silence.
constexpr std::string_view wav =
    "RIFF\x26\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0data\2\0\0\0\0\0"sv;

crank_status write(crank_call *call, std::string_view bytes) { return call->write(call, bytes.data(), bytes.size()); }

const crank_files *files = nullptr;

/* A whole artefact. */
crank_status leave(crank_call *call, std::string_view name, std::string_view type, std::string_view bytes,
                   std::uint32_t flags) {
  const crank_artifact_spec spec = {
      sizeof(crank_artifact_spec), kit::str(name), kit::str(type), {nullptr, 0}, flags, 0};
  std::uint64_t id = 0;
  crank_status status = files->begin(call, &spec, &id);
  if (status == CRANK_OK) status = files->write(call, id, bytes.data(), bytes.size());
  return status == CRANK_OK ? files->finish(call, id) : status;
}

crank_status several(crank_call *call) {
  crank_status status = leave(call, "pixel.png", "image/png", png, CRANK_ARTIFACT_INLINE);
  if (status == CRANK_OK)
    status = leave(call, "data.json", "application/json", R"({"test":"data","value":123})", CRANK_ARTIFACT_INLINE);
  return status == CRANK_OK ? write(call, "Multiple content types test:") : status;
}

/* As many bytes as it is told, not to be looked at. */
crank_status large(crank_call *call) {
  const std::string bytes(static_cast<std::size_t>(kit::integer(kit::view(call->body), "\"bytes\"", 1)), 'x');
  const crank_status status = leave(call, "large file.bin", "application/octet-stream", bytes, 0);
  return status == CRANK_OK ? write(call, R"({"left":1})") : status;
}

crank_status in_steps(crank_call *call) {
  for (const double done : {0.0, 0.5, 1.0}) {
    call->progress(call, done, CRANK_STR("step by step"));
    std::this_thread::sleep_for(milliseconds(60)); /* the work that the steps stand for */
  }
  return write(call, "All steps are done.");
}

crank_status compute(crank_call *call) {
  const milliseconds wanted(1000 * kit::integer(kit::view(call->body), "\"seconds\"", 1));
  const auto begun = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - begun < wanted) {
    if (call->cancelled(call)) return kit::fail(call, CRANK_CANCELLED, "stopped as asked");
    std::this_thread::sleep_for(milliseconds(2)); /* cancelled() has no wait; this is the work it stands for */
  }
  return write(call, R"({"computed":true})");
}

crank_status call(crank_plugin *, crank_call *call) noexcept {
  const std::string_view operation = kit::view(call->operation);
  if (operation == "test_simple_text") return write(call, "This is a simple text response for testing.");
  if (operation == "test_image_content") return write(call, png);
  if (operation == "test_audio_content") return write(call, wav);
  if (operation == "test_embedded_resource")
    return leave(call, "resource.txt", "text/plain", "This is an embedded resource content.", CRANK_ARTIFACT_INLINE);
  if (operation == "test_multiple_content_types") return several(call);
  if (operation == "test_large_file") return large(call);
  if (operation == "test_error_handling")
    return kit::fail(call, CRANK_INTERNAL, "This tool intentionally returns an error for testing");
  if (operation == "test_tool_with_progress") return in_steps(call);
  if (operation == "slow_compute") return compute(call);
  if (operation == "failing_job") return kit::fail(call, CRANK_INTERNAL, "This job always fails");
  if (operation == "greet") {
    const std::string greeting = "Hello, " + std::string(kit::text(kit::view(call->body), "\"name\"")) + "!";
    return write(call, greeting);
  }
  if (operation == "bytes.count") return write(call, std::to_string(call->body.len));
  if (operation == "test_logging_tool" || operation == "test_header_param" || operation == "json_schema_2020_12_tool")
    return write(call, kit::view(call->body));
  return kit::fail(call, CRANK_NOT_FOUND, "there is no such operation");
}

constinit crank_plugin instance = kit::table(call);

crank_status create(const crank_host *host, crank_plugin **out) noexcept {
  files = static_cast<const crank_files *>(host->extension(host, CRANK_STR(CRANK_EXT_FILES)));
  *out = &instance;
  return CRANK_OK;
}

constexpr std::string_view manifest = R"json({
  "id": "mcp_fixture", "version": "1.0.0", "description": "test plugin: what the MCP conformance suite calls",
  "capabilities": [
    {"id": "test_simple_text", "verb": "test", "version": "1.0.0", "title": "Simple text", "description": "Answers with text.",
     "response_type": "text/plain", "hints": {"read_only": true, "idempotent": true, "destructive": false, "open_world": false}},
    {"id": "test_image_content", "verb": "test", "version": "1.0.0", "description": "Answers with an image.", "response_type": "image/png"},
    {"id": "test_audio_content", "verb": "test", "version": "1.0.0", "description": "Answers with a sound.", "response_type": "audio/wav"},
    {"id": "test_embedded_resource", "verb": "test", "version": "1.0.0", "description": "Answers with a file to be looked at.",
     "response_type": "text/plain"},
    {"id": "test_multiple_content_types", "verb": "test", "version": "1.0.0", "description": "Answers with text and two files to be looked at.",
     "response_type": "text/plain"},
    {"id": "test_large_file", "verb": "test", "version": "1.0.0", "description": "Leaves a file of so many bytes.",
     "input_schema": {"type": "object", "properties": {"bytes": {"type": "integer", "minimum": 0}}, "required": ["bytes"]}},
    {"id": "test_error_handling", "verb": "test", "version": "1.0.0", "description": "Fails."},
    {"id": "test_tool_with_progress", "verb": "test", "version": "1.0.0", "description": "Takes three steps.", "response_type": "text/plain"},
    {"id": "test_logging_tool", "verb": "test", "version": "1.0.0", "description": "Answers with its arguments."},
    {"id": "test_header_param", "verb": "test", "version": "1.0.0", "description": "Has an argument that clients mirror in a header.",
     "input_schema": {"type": "object", "properties": {"region": {"type": "string", "x-mcp-header": "Region"}}, "required": ["region"]}},
    {"id": "json_schema_2020_12_tool", "verb": "test", "version": "1.0.0", "description": "Tool with JSON Schema 2020-12 features",
     "input_schema": {
       "type": "object",
       "$defs": {"address": {"$anchor": "addressDef", "type": "object", "properties": {"street": {"type": "string"}, "city": {"type": "string"}}}},
       "properties": {
         "name": {"type": "string"}, "address": {"$ref": "#/$defs/address"},
         "contactMethod": {"type": "string", "enum": ["phone", "email"]}, "phone": {"type": "string"}, "email": {"type": "string"}
       },
       "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
       "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
       "then": {"required": ["phone"]}, "else": {"required": ["email"]},
       "additionalProperties": false
     }},
    {"id": "greet", "verb": "greet", "version": "1.0.0", "description": "Greets.", "response_type": "text/plain",
     "input_schema": {"type": "object", "properties": {"name": {"type": "string"}}}},
    {"id": "slow_compute", "verb": "compute", "version": "1.0.0", "description": "Takes its time.",
     "input_schema": {"type": "object", "properties": {"seconds": {"type": "integer", "minimum": 0, "maximum": 600}}},
     "limits": {"timeout_ms": 600000}},
    {"id": "failing_job", "verb": "fail", "version": "1.0.0", "description": "Fails.", "limits": {"timeout_ms": 120000}},
    {"id": "bytes.count", "verb": "count", "version": "1.0.0", "description": "Counts bytes, which are no JSON.",
     "content_types": ["application/octet-stream", "text/plain"], "output_schema": {"type": "integer"}, "job": {"above_bytes": 1000}}
  ]
})json";
} // namespace

constinit const crank_entry crank_entry_v0 = kit::entry(manifest, create);
