// Data only.
#include "openapi/host_routes.hpp"

namespace crank {

const std::string_view host_routes_openapi = R"json({
  "paths": {
    "/health": {"get": {
      "operationId": "host_health", "tags": ["host"], "summary": "Whether the worker is healthy, in the words of the first worker system",
      "responses": {
        "200": {"description": "healthy", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Health"}}}},
        "503": {"description": "starting, stopping, degraded or unhealthy", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Health"}}}},
        "4XX": {"$ref": "#/components/responses/ClientError"}
      }
    }},
    "/livez": {"get": {
      "operationId": "host_livez", "tags": ["host"], "summary": "Whether the process answers",
      "responses": {
        "200": {"description": "alive", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/State"}}}},
        "4XX": {"$ref": "#/components/responses/ClientError"}
      }
    }},
    "/readyz": {"get": {
      "operationId": "host_readyz", "tags": ["host"], "summary": "Whether the worker takes calls",
      "responses": {
        "200": {"description": "ready", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/State"}}}},
        "503": {"description": "starting, stopping or unhealthy", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/State"}}}},
        "4XX": {"$ref": "#/components/responses/ClientError"}
      }
    }},
    "/status": {"get": {
      "operationId": "host_status", "tags": ["host"], "summary": "Identity, capabilities and uptime",
      "responses": {
        "200": {"description": "the worker", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Status"}}}},
        "4XX": {"$ref": "#/components/responses/ClientError"}
      }
    }},
    "/metrics": {"get": {
      "operationId": "host_metrics", "tags": ["host"], "summary": "Metrics in the Prometheus text format",
      "responses": {
        "200": {"description": "the metrics", "content": {"text/plain": {"schema": {"type": "string"}}}},
        "4XX": {"$ref": "#/components/responses/ClientError"}
      }
    }},
    "/openapi.json": {"get": {
      "operationId": "host_openapi", "tags": ["host"], "summary": "This document",
      "responses": {
        "200": {"description": "an OpenAPI 3.1 document", "content": {"application/json": {"schema": {"type": "object"}}}},
        "4XX": {"$ref": "#/components/responses/ClientError"}
      }
    }},
    "/version": {"get": {
      "operationId": "host_version", "tags": ["host"], "summary": "Versions of the host, the plugin ABI and the plugins",
      "responses": {
        "200": {"description": "the versions", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Version"}}}},
        "4XX": {"$ref": "#/components/responses/ClientError"}
      }
    }},
    "/capabilities": {"get": {
      "operationId": "host_capabilities", "tags": ["host"], "summary": "The capabilities with their schemas",
      "responses": {
        "200": {"description": "the capabilities", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Capabilities"}}}},
        "4XX": {"$ref": "#/components/responses/ClientError"}
      }
    }}
  },
  "schemas": {
    "Problem": {
      "type": "object",
      "description": "An error (RFC 9457).",
      "required": ["type", "title", "status", "detail", "code", "retryable", "request_id"],
      "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "One sentence for a person."},
        "code": {"type": "string", "description": "For programs; a capability's declared code where there is one."},
        "retryable": {"type": "boolean", "description": "Whether the same request may succeed later."},
        "request_id": {"type": "string"},
        "details": {"type": "object", "description": "What the capability adds for programs."},
        "errors": {
          "type": "array",
          "items": {
            "type": "object",
            "required": ["field", "message"],
            "properties": {"field": {"type": "string", "description": "A JSON Pointer into the input."}, "message": {"type": "string"}}
          }
        }
      }
    },
    "Health": {
      "type": "object",
      "required": ["status", "worker_id", "uptime_seconds", "timestamp", "details"],
      "properties": {
        "status": {"enum": ["starting", "healthy", "degraded", "unhealthy", "stopping"]},
        "worker_id": {"type": "string"},
        "uptime_seconds": {"type": "number"},
        "timestamp": {"type": "string", "format": "date-time"},
        "details": {"type": "object", "additionalProperties": {"type": "string"}},
        "reason": {"type": "string", "description": "What plugins say where the worker is degraded or unhealthy."}
      }
    },
    "State": {
      "type": "object",
      "required": ["status"],
      "properties": {"status": {"type": "string"}, "reason": {"type": "string"}}
    },
    "Status": {
      "type": "object",
      "required": ["worker_id", "capabilities", "uptime_seconds", "health_status"],
      "properties": {
        "worker_id": {"type": "string"},
        "capabilities": {"type": "array", "items": {"type": "string"}},
        "uptime_seconds": {"type": "number"},
        "health_status": {"type": "string"}
      }
    },
    "Version": {
      "type": "object",
      "required": ["name", "version", "abi", "plugins"],
      "properties": {
        "name": {"type": "string"},
        "version": {"type": "string"},
        "abi": {"type": "string"},
        "plugins": {"type": "object", "additionalProperties": {"type": "string"}}
      }
    },
    "Capabilities": {
      "type": "object",
      "required": ["capabilities"],
      "properties": {
        "capabilities": {
          "type": "array",
          "items": {
            "type": "object",
            "required": ["id", "verb", "version"],
            "properties": {
              "id": {"type": "string"},
              "verb": {"type": "string"},
              "version": {"type": "string"},
              "description": {"type": "string"},
              "input_schema": {"type": ["object", "boolean"]},
              "output_schema": {"type": ["object", "boolean"]}
            }
          }
        }
      }
    }
  }
})json";

const std::string_view mcp_route_openapi = R"json({
  "operationId": "mcp", "tags": ["mcp"], "summary": "One message of the Model Context Protocol (Streamable HTTP)",
  "requestBody": {"required": true, "content": {"application/json": {"schema": {
    "type": "object", "description": "A JSON-RPC 2.0 message.", "required": ["jsonrpc"],
    "properties": {"jsonrpc": {"const": "2.0"}, "id": {"type": ["string", "integer"]}, "method": {"type": "string"}, "params": {"type": "object"}}
  }}}},
  "responses": {
    "200": {"description": "The answer: as JSON, or as the last of several events where something came before it.",
      "content": {"application/json": {"schema": {"type": "object"}}, "text/event-stream": {"schema": {"type": "string"}}}},
    "202": {"description": "Taken: it asks for no answer, or its request was cancelled."},
    "4XX": {"description": "Refused: an error of JSON-RPC, or of HTTP.",
      "content": {"application/json": {"schema": {"type": "object"}},
                  "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
  }
})json";

} // namespace crank
