// Data only. Members that begin with x- are taken out before this is applied.
#include "manifest/grammar.hpp"

namespace crank {

const std::string_view manifest_grammar = R"json({
  "type": "object",
  "additionalProperties": false,
  "required": ["id", "version"],
  "properties": {
    "id": {"type": "string", "pattern": "^[a-z][a-z0-9_-]{0,63}$"},
    "version": {"$ref": "#/definitions/semantic_version"},
    "description": {"type": "string"},
    "license": {"type": "string"},
    "service": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "name": {"type": "string", "pattern": "^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$"},
        "port": {"type": "integer", "minimum": 1, "maximum": 65535},
        "port_env": {"type": "string", "pattern": "^[A-Z][A-Z0-9_]*$"}
      }
    },
    "capabilities": {"type": "array", "items": {"$ref": "#/definitions/capability"}},
    "routes": {"type": "array", "items": {"$ref": "#/definitions/route"}},
    "config_schema": {"$ref": "#/definitions/object_schema"},
    "programs": {
      "type": "array",
      "maxItems": 64,
      "items": {
        "type": "object",
        "additionalProperties": false,
        "required": ["name"],
        "properties": {
          "name": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"},
          "description": {"type": "string"},
          "children": {"type": "boolean"}
        }
      }
    },
    "verify_call": {
      "type": "object",
      "additionalProperties": false,
      "required": ["capability"],
      "properties": {"capability": {"type": "string"}, "input": {"type": "object"}}
    }
  },
  "definitions": {
    "semantic_version": {
      "type": "string",
      "pattern": "^(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)(-[0-9A-Za-z-]+(\\.[0-9A-Za-z-]+)*)?(\\+[0-9A-Za-z-]+(\\.[0-9A-Za-z-]+)*)?$"
    },
    "schema": {"type": ["object", "boolean"]},
    "object_schema": {"type": "object", "required": ["type"], "properties": {"type": {"const": "object"}}},
    "operation_name": {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_.-]{0,127}$"},
    "media_type": {"type": "string", "pattern": "^[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+$"},
    "response_type": {"type": "string", "pattern": "^[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+( ?; ?[A-Za-z0-9_-]+=[!-~]+)*$"},
    "limits": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "max_concurrency": {"type": "integer", "minimum": 1, "maximum": 65536},
        "queue": {"type": "integer", "minimum": 0, "maximum": 1000000},
        "timeout_ms": {"type": "integer", "minimum": 1, "maximum": 604800000},
        "max_body_bytes": {"type": "integer", "minimum": 1, "maximum": 9007199254740991}
      }
    },
    "errors": {
      "type": "array",
      "items": {
        "type": "object",
        "additionalProperties": false,
        "required": ["code", "status"],
        "properties": {
          "code": {"type": "string", "pattern": "^[A-Z][A-Z0-9_]{0,63}$"},
          "status": {"type": "integer", "minimum": 400, "maximum": 599},
          "retryable": {"type": "boolean"},
          "description": {"type": "string"}
        }
      }
    },
    "job": {
      "type": "object",
      "additionalProperties": false,
      "properties": {
        "repeatable": {"type": "boolean"},
        "above_bytes": {"type": "integer", "minimum": 0, "maximum": 9007199254740991},
        "above_ms": {"type": "integer", "minimum": 0, "maximum": 9007199254740991},
        "ms_per_mib": {"type": "number", "exclusiveMinimum": 0, "maximum": 1000000000},
        "defers": {"type": "boolean"},
        "callback_input": {"type": "string", "minLength": 1, "maxLength": 100}
      }
    },
    "form_field": {
      "type": "object",
      "additionalProperties": false,
      "required": ["type"],
      "properties": {
        "type": {"enum": ["file", "text"]},
        "required": {"type": "boolean"},
        "multiple": {"type": "boolean"},
        "description": {"type": "string"},
        "max_bytes": {"type": "integer", "minimum": 0, "maximum": 9007199254740991},
        "media_types": {
          "type": "array", "minItems": 1, "uniqueItems": true,
          "items": {"type": "string", "pattern": "^[A-Za-z0-9!#$&^_.+-]+/([A-Za-z0-9!#$&^_.+-]+|\\*)$"}
        },
        "enum": {"type": "array", "minItems": 1, "uniqueItems": true, "items": {"type": "string", "minLength": 1}},
        "default": {"type": "string", "minLength": 1}
      }
    },
    "capability": {
      "type": "object",
      "additionalProperties": false,
      "required": ["id", "verb", "version"],
      "properties": {
        "id": {"type": "string", "maxLength": 128, "pattern": "^[a-z][a-z0-9_-]*(\\.[a-z0-9][a-z0-9_-]*)*$"},
        "verb": {"type": "string", "pattern": "^[a-z][a-z0-9_-]{0,63}$"},
        "version": {"$ref": "#/definitions/semantic_version"},
        "title": {"type": "string", "minLength": 1, "maxLength": 100},
        "tool": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,63}$"},
        "description": {"type": "string"},
        "hints": {
          "type": "object",
          "additionalProperties": false,
          "properties": {
            "read_only": {"type": "boolean"},
            "destructive": {"type": "boolean"},
            "idempotent": {"type": "boolean"},
            "open_world": {"type": "boolean"}
          }
        },
        "input_schema": {"$ref": "#/definitions/object_schema"},
        "output_schema": {"$ref": "#/definitions/schema"},
        "streaming": {"type": "boolean"},
        "response_type": {"$ref": "#/definitions/response_type"},
        "body": {"enum": ["buffer", "stream"]},
        "content_types": {"type": "array", "uniqueItems": true, "items": {"$ref": "#/definitions/media_type"}},
        "inline": {"type": "boolean"},
        "limits": {"$ref": "#/definitions/limits"},
        "errors": {"$ref": "#/definitions/errors"},
        "job": {"$ref": "#/definitions/job"},
        "examples": {"type": "array"}
      }
    },
    "route": {
      "type": "object",
      "additionalProperties": false,
      "required": ["method", "path"],
      "properties": {
        "method": {"enum": ["GET", "POST", "PUT", "PATCH", "DELETE"]},
        "path": {"type": "string", "maxLength": 1024, "pattern": "^/"},
        "capability": {"type": "string"},
        "call": {"$ref": "#/definitions/operation_name"},
        "websocket": {"$ref": "#/definitions/operation_name"},
        "events": {"$ref": "#/definitions/operation_name"},
        "description": {"type": "string"},
        "input_schema": {"$ref": "#/definitions/schema"},
        "output_schema": {"$ref": "#/definitions/schema"},
        "content_types": {"type": "array", "uniqueItems": true, "items": {"$ref": "#/definitions/media_type"}},
        "response_type": {"$ref": "#/definitions/response_type"},
        "body": {"enum": ["buffer", "stream", "form"]},
        "form": {"type": "object", "minProperties": 1, "additionalProperties": {"$ref": "#/definitions/form_field"}},
        "undeclared_fields": {"enum": ["ignore", "refuse"]},
        "max_parts": {"type": "integer", "minimum": 1, "maximum": 10000},
        "job": {"$ref": "#/definitions/job"},
        "inline": {"type": "boolean"},
        "limits": {"$ref": "#/definitions/limits"},
        "errors": {"$ref": "#/definitions/errors"},
        "success_status": {"type": "integer", "minimum": 200, "maximum": 299},
        "subprotocols": {
          "type": "array", "minItems": 1, "uniqueItems": true,
          "items": {"type": "string", "pattern": "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"}
        },
        "slow_client": {"enum": ["close", "drop"]},
        "drain": {"enum": ["close", "finish"]}
      }
    }
  }
})json";

} // namespace crank
