// manifest.cpp: what the echo plugin says about itself. Each declaration is there because some test looks at it.
#include "echo.hpp"

namespace {

constexpr char manifest[] = R"json({
  "id": "echo",
  "version": "1.2.3",
  "description": "test plugin: answers with what it was given",
  "license": "Apache-2.0",
  "config_schema": {
    "type": "object",
    "properties": {
      "greeting": {"type": "string", "default": "hello"},
      "count": {"type": "integer", "minimum": 1, "maximum": 8, "default": 1},
      "loud": {"type": "boolean", "default": false},
      "leading_tick_ms": {"type": "integer", "minimum": 1}
    },
    "additionalProperties": false
  },
  "capabilities": [
    {
      "id": "test.echo", "verb": "echo", "version": "1.0.0",
      "description": "Answers with the body and what is known about the caller.",
      "input_schema": {
        "type": "object",
        "properties": {
          "text": {"type": "string", "minLength": 1, "maxLength": 4096},
          "number": {"type": "integer", "minimum": 0, "maximum": 10},
          "mood": {"enum": ["calm", "busy"]},
          "nested": {
            "type": "object",
            "properties": {"flag": {"type": "boolean"}, "list": {"type": "array", "items": {"type": "number"}}},
            "required": ["flag"],
            "additionalProperties": false
          }
        },
        "required": ["text"],
        "additionalProperties": false
      },
      "output_schema": {"type": "object", "required": ["body", "content_type", "operation", "request_id"]},
      "examples": [{"text": "hi"},
                   {"text": "hi", "number": 3, "mood": "calm", "nested": {"flag": true, "list": [1, 2.5]}}]
    },
    {
      "id": "test.inline", "verb": "echo", "version": "1.0.0", "inline": true,
      "description": "As test.echo without a schema, on the I/O thread.",
      "job": {"above_bytes": 10000000, "above_ms": 1000, "ms_per_mib": 2000}
    },
    {
      "id": "test.config", "verb": "inspect", "version": "1.0.0",
      "description": "Answers with the configuration that start() was given."
    },
    {
      "id": "test.slow", "verb": "wait", "version": "1.0.0",
      "description": "Takes ms milliseconds, reports progress, stops when cancelled.",
      "job": {"repeatable": true},
      "input_schema": {
        "type": "object",
        "properties": {"ms": {"type": "integer", "minimum": 0, "maximum": 600000}},
        "required": ["ms"], "additionalProperties": false
      },
      "limits": {"max_concurrency": 2, "queue": 2, "timeout_ms": 10000},
      "examples": [{"ms": 1}]
    },
    {
      "id": "test.deadline", "verb": "wait", "version": "1.0.0",
      "description": "As test.slow with a deadline of 200 ms.",
      "input_schema": {"type": "object", "properties": {"ms": {"type": "integer", "minimum": 0}}, "required": ["ms"]},
      "limits": {"timeout_ms": 200},
      "examples": [{"ms": 1}]
    },
    {
      "id": "test.items", "verb": "list", "version": "1.0.0", "streaming": true,
      "description": "Writes count items, one every pace_ms milliseconds.",
      "input_schema": {
        "type": "object",
        "properties": {
          "count": {"type": "integer", "minimum": 0, "maximum": 100000},
          "pace_ms": {"type": "integer", "minimum": 0, "default": 0},
          "fail_after": {"type": "integer", "minimum": 0}
        },
        "required": ["count"], "additionalProperties": false
      },
      "output_schema": {
        "type": "object", "properties": {"index": {"type": "integer"}}, "required": ["index"]
      },
      "examples": [{"count": 3}]
    },
    {
      "id": "test.fail", "verb": "fail", "version": "1.0.0",
      "description": "Fails with the status and error code that the input names.",
      "input_schema": {
        "type": "object",
        "properties": {"status": {"type": "integer"}, "code": {"type": "string"}, "text": {"type": "string"}},
        "required": ["status"], "additionalProperties": false
      },
      "errors": [
        {"code": "TEAPOT", "status": 418, "retryable": false, "description": "It is a teapot."},
        {"code": "COFFEE_GONE", "status": 410, "retryable": false, "description": "Nothing is left."},
        {"code": "TRY_LATER", "status": 503, "retryable": true, "description": "The water is not hot yet."}
      ]
    },
    {
      "id": "test.pending", "verb": "wait", "version": "1.0.0",
      "description": "Ends on the plugin's own thread after ms milliseconds, sooner when cancelled.",
      "input_schema": {
        "type": "object",
        "properties": {"ms": {"type": "integer", "minimum": 0}},
        "additionalProperties": false
      },
      "examples": [{"ms": 1}]
    },
    {
      "id": "test.timer", "verb": "wait", "version": "1.0.0",
      "description": "Counts the firings of a host timer and cancels it from its last one.",
      "input_schema": {
        "type": "object",
        "properties": {
          "delay_ms": {"type": "integer", "minimum": 0},
          "period_ms": {"type": "integer", "minimum": 1},
          "fires": {"type": "integer", "minimum": 1}
        },
        "additionalProperties": false
      },
      "examples": [{"delay_ms": 1, "period_ms": 1, "fires": 2}]
    },
    {
      "id": "test.big", "verb": "make", "version": "1.0.0",
      "description": "A response of that many bytes.",
      "input_schema": {
        "type": "object",
        "properties": {"bytes": {"type": "integer", "minimum": 0}},
        "required": ["bytes"], "additionalProperties": false
      },
      "response_type": "application/octet-stream",
      "examples": [{"bytes": 10}]
    },
    {
      "id": "test.upload", "verb": "count", "version": "1.0.0", "body": "stream",
      "description": "Reads the body in constant memory: its length, the sum of its bytes and their FNV-1a hash.",
      "content_types": ["application/octet-stream", "application/json", "text/plain"],
      "job": {"above_bytes": 1000000},
      "limits": {"max_body_bytes": 1073741824, "timeout_ms": 60000}
    },
    {
      "id": "test.each", "verb": "inspect", "version": "1.0.0",
      "description": "The pairs of each() with a prefix, at most so many."
    },
    {
      "id": "test.set", "verb": "echo", "version": "1.0.0",
      "description": "Says something about its response, and what the host made of it.",
      "errors": [{"code": "TEAPOT", "status": 418, "description": "write() was refused"}]
    },
    {
      "id": "test.problem", "verb": "fail", "version": "1.0.0",
      "description": "Fails with all that a problem can hold.",
      "errors": [{"code": "TEAPOT", "status": 418, "description": "as asked"}]
    },
    {
      "id": "test.until_cancelled", "verb": "wait", "version": "1.0.0",
      "description": "Sleeps until it is cancelled.",
      "limits": {"timeout_ms": 600000}
    },
    {
      "id": "test.health", "verb": "inspect", "version": "1.0.0",
      "description": "Reports the state that it is told."
    },
    {
      "id": "test.metric", "verb": "inspect", "version": "1.0.0",
      "description": "Makes a metric and feeds it."
    },
    {
      "id": "test.files", "verb": "make", "version": "1.0.0",
      "description": "Leaves artefacts named by `name`, and by `other` if there is one, each of `bytes` bytes, through write() or, with `via`, through the descriptor; then writes `body`.",
      "input_schema": {
        "type": "object",
        "properties": {
          "name": {"type": "string"}, "other": {"type": "string"}, "media_type": {"type": "string"},
          "bytes": {"type": "integer", "minimum": 0}, "inline": {"type": "boolean"}, "description": {"type": "string"},
          "via": {"enum": ["write", "descriptor"]}, "progress": {"type": "boolean"}, "body": {"type": "string"}, "then": {"enum": ["finish", "leave", "discard", "fail", "late", "digest"]}
        },
        "required": ["name"], "additionalProperties": false
      },
      "errors": [{"code": "TEAPOT", "status": 418, "description": "what the host said, in the text"}],
      "examples": [{"name": "a.txt"}]
    },
    {
      "id": "test.kept", "verb": "count", "version": "1.0.0",
      "description": "What the host keeps at `address`.",
      "input_schema": {"type": "object", "properties": {"address": {"type": "string"}}, "required": ["address"], "additionalProperties": false},
      "errors": [{"code": "TEAPOT", "status": 418, "description": "what the host said, in the text"}]
    },
    {
      "id": "test.defer", "verb": "make", "version": "1.0.0",
      "description": "Says whether it is a job and how long its `text` is; with `long` it wants to be one.",
      "input_schema": {
        "type": "object",
        "properties": {"long": {"type": "boolean"}, "text": {"type": "string"}, "callback_url": {"type": "string"}},
        "additionalProperties": false
      },
      "limits": {"max_body_bytes": 16777216},
      "job": {"defers": true, "repeatable": true, "callback_input": "callback_url"}
    },
    {
      "id": "test.body_file", "verb": "count", "version": "1.0.0", "body": "stream",
      "description": "The same of its body as test.upload, from a file.",
      "content_types": ["application/octet-stream", "application/json", "text/plain"],
      "limits": {"max_body_bytes": 1073741824, "timeout_ms": 60000}
    }
  ],
  "routes": [
    {
      "method": "POST", "path": "/raw", "call": "test.raw", "description": "Echoes the bytes with their media type.",
      "content_types": ["application/octet-stream", "application/json", "text/plain", "image/png"]
    },
    {"method": "POST", "path": "/created", "call": "test.raw", "success_status": 201},
    {"method": "POST", "path": "/echo", "capability": "test.echo", "description": "test.echo at another address."},
    {"method": "GET", "path": "/keys/{name}", "call": "test.keys", "description": "Every key of get()."},
    {"method": "POST", "path": "/each/{name}/{other}", "call": "test.each"},
    {"method": "POST", "path": "/upload", "call": "test.upload", "body": "stream",
     "content_types": ["application/octet-stream", "text/plain"]},
    {"method": "GET", "path": "/ws", "websocket": "test.ws", "description": "WebSocket, see README.md."},
    {"method": "GET", "path": "/ws/drop", "websocket": "test.ws", "slow_client": "drop"},
    {"method": "GET", "path": "/ws/inline", "websocket": "test.ws", "inline": true},
    {"method": "GET", "path": "/ws/chat", "websocket": "test.ws", "subprotocols": ["chat.v2", "chat"]},
    {"method": "GET", "path": "/ticks", "events": "test.ticks", "description": "Counts as server-sent events."},
    {"method": "GET", "path": "/ticks/finish", "events": "test.ticks", "drain": "finish"}
  ]
})json";

} // namespace

constinit const crank_entry crank_entry_v0 = {CRANK_MAGIC,       CRANK_ABI_MAJOR,     CRANK_ABI_MINOR,
                                              CRANK_NEEDS_MINOR, sizeof(crank_entry), {manifest, sizeof(manifest) - 1},
                                              echo::create};
