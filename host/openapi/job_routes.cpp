// Data only.
#include "openapi/job_routes.hpp"

namespace crank {

const std::string_view job_routes_openapi = R"json({
  "call_parameters": [
    {"name": "Prefer", "in": "header", "schema": {"type": "string"}, "example": "respond-async",
     "description": "`respond-async` (RFC 7240): the call becomes a job. `wait=N`, N above 0: it does not become one by itself, see x-job-above-bytes."},
    {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 255},
     "description": "Of a call that becomes a job: the same key of the same caller gives the first job again, within an hour."},
    {"name": "Callback-Url", "in": "header", "schema": {"type": "string", "format": "uri"},
     "description": "Of a call that becomes a job: gets a POST when it is over, where the host sends callbacks."}
  ],
  "call_responses": {
    "202": {
      "description": "The call is a job, which is kept until it is over.",
      "headers": {
        "Location": {"description": "Where the job is.", "schema": {"type": "string", "format": "uri-reference"}},
        "Preference-Applied": {"description": "What was done of what the client preferred.", "schema": {"type": "string"}},
        "X-Idempotent-Replay": {"description": "`true` where the key was known, and the job is the first one's.", "schema": {"type": "string"}}
      },
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Job"}}}
    },
    "507": {"description": "Jobs cannot be written down.", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
  },
  "paths": {
    "/v1/jobs": {
      "get": {
        "operationId": "jobs_list", "tags": ["jobs"], "summary": "The caller's jobs, the newest first",
        "parameters": [
          {"name": "state", "in": "query", "schema": {"$ref": "#/components/schemas/JobState"}},
          {"name": "capability", "in": "query", "schema": {"type": "string"}},
          {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 500, "default": 50}},
          {"name": "before", "in": "query", "description": "`next` of the page before.", "schema": {"type": "string"}}
        ],
        "responses": {
          "200": {"description": "A page of jobs.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Jobs"}}}},
          "4XX": {"$ref": "#/components/responses/ClientError"}
        }
      }
    },
    "/v1/jobs/{id}": {
      "get": {
        "operationId": "jobs_show", "tags": ["jobs"], "summary": "How a job does",
        "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
        "responses": {
          "200": {"description": "The job.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Job"}}}},
          "4XX": {"$ref": "#/components/responses/ClientError"}
        }
      },
      "delete": {
        "operationId": "jobs_cancel", "tags": ["jobs"], "summary": "Cancels a job",
        "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
        "responses": {
          "200": {"description": "The job is over, now or before.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Job"}}}},
          "202": {"description": "Its plugin is told.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Job"}}}},
          "4XX": {"$ref": "#/components/responses/ClientError"}
        }
      }
    },
    "/v1/jobs/{id}/result": {
      "get": {
        "operationId": "jobs_result", "tags": ["jobs"], "summary": "What a job's capability answered",
        "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
        "responses": {
          "200": {"description": "The result, in the capability's media type.", "content": {"*/*": {"schema": {}}}},
          "409": {"description": "The job is not over.", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}},
          "410": {"description": "The job was cancelled.", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}},
          "4XX": {"description": "What went wrong with the request, or with the job.", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}},
          "5XX": {"description": "What went wrong with the job.", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
        }
      }
    },
    "/v1/jobs/{id}/artifacts/{name}": {
      "get": {
        "operationId": "jobs_artifact", "tags": ["jobs"], "summary": "A file that a job left",
        "parameters": [
          {"name": "id", "in": "path", "required": true, "schema": {"type": "string"}},
          {"name": "name", "in": "path", "required": true, "schema": {"type": "string"}}
        ],
        "responses": {
          "200": {"description": "The file, in its media type.", "content": {"*/*": {"schema": {}}}},
          "206": {"description": "The part that Range asked for.", "content": {"*/*": {"schema": {}}}},
          "4XX": {"$ref": "#/components/responses/ClientError"}
        }
      }
    },
    "/v1/artifacts/{name}": {
      "post": {
        "operationId": "artifacts_upload", "tags": ["jobs"], "summary": "Keeps the body as a file that later calls of the same caller can name",
        "parameters": [{"name": "name", "in": "path", "required": true, "schema": {"type": "string", "minLength": 1, "maxLength": 255}}],
        "requestBody": {"required": true, "content": {"application/octet-stream": {}}},
        "responses": {
          "201": {"description": "Kept", "headers": {"Location": {"schema": {"type": "string"}}},
                  "content": {"application/json": {"schema": {"type": "object", "required": ["name", "href", "media_type", "bytes", "sha256"]}}}},
          "4XX": {"$ref": "#/components/responses/ClientError"}
        }
      }
    },
    "/v1/jobs/{id}/events": {
      "get": {
        "operationId": "jobs_events", "tags": ["jobs"], "summary": "What becomes of a job, as server-sent events",
        "description": "`state`, `progress` and at last `end`, each with the job as JSON; the id of an event is the job's version.",
        "parameters": [
          {"name": "id", "in": "path", "required": true, "schema": {"type": "string"}},
          {"name": "Last-Event-ID", "in": "header", "description": "What was seen last.", "schema": {"type": "string", "pattern": "^[0-9]+$"}},
          {"name": "last_event_id", "in": "query", "description": "The same, for who cannot set the header.", "schema": {"type": "string", "pattern": "^[0-9]+$"}}
        ],
        "responses": {
          "200": {"description": "The events, to the end of the job.", "content": {"text/event-stream": {"schema": {"type": "string"}}}},
          "204": {"description": "The end was seen: there is no more."},
          "4XX": {"$ref": "#/components/responses/ClientError"}
        }
      }
    },
    "/v1/jobs/{id}/logs": {
      "get": {
        "operationId": "jobs_logs", "tags": ["jobs"], "summary": "What the plugin logged during a job",
        "description": "JSON lines: `time`, `level`, `attempt` and `message`; the first has `dropped` alone where earlier ones were not kept.",
        "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
        "responses": {
          "200": {"description": "The lines.", "content": {"application/jsonl": {"schema": {"type": "string"}}}},
          "4XX": {"$ref": "#/components/responses/ClientError"}
        }
      }
    }
  },
  "schemas": {
    "JobState": {"enum": ["queued", "running", "succeeded", "failed", "cancelled", "interrupted"]},
    "Job": {
      "type": "object",
      "required": ["id", "capability", "state", "attempt", "created", "request_id"],
      "properties": {
        "id": {"type": "string"},
        "capability": {"type": "string"},
        "state": {"$ref": "#/components/schemas/JobState"},
        "attempt": {"type": "integer", "description": "1 while it runs for the first time."},
        "created": {"type": "string", "format": "date-time"},
        "started": {"type": "string", "format": "date-time"},
        "ended": {"type": "string", "format": "date-time"},
        "request_id": {"type": "string"},
        "cancel_requested": {"type": "boolean"},
        "progress": {
          "type": "object",
          "properties": {"fraction": {"type": "number", "minimum": 0, "maximum": 1}, "note": {"type": "string"}}
        },
        "result": {
          "type": "object",
          "required": ["href", "media_type", "bytes", "sha256"],
          "properties": {
            "href": {"type": "string", "format": "uri-reference"},
            "media_type": {"type": "string"},
            "bytes": {"type": "integer"},
            "sha256": {"type": "string"}
          }
        },
        "artifacts": {
          "type": "array",
          "items": {
            "type": "object",
            "required": ["name", "href", "media_type", "bytes", "sha256"],
            "properties": {
              "name": {"type": "string"},
              "href": {"type": "string", "format": "uri-reference"},
              "media_type": {"type": "string"},
              "bytes": {"type": "integer"},
              "sha256": {"type": "string"},
              "description": {"type": "string"},
              "inline": {"type": "boolean"}
            }
          }
        },
        "callback": {
          "type": "object",
          "required": ["url", "state", "attempts"],
          "properties": {
            "url": {"type": "string"},
            "state": {"enum": ["waiting", "pending", "delivered", "abandoned"]},
            "attempts": {"type": "integer"},
            "last_error": {"type": "string"},
            "next": {"type": "string", "format": "date-time"}
          }
        },
        "error": {"$ref": "#/components/schemas/Problem"}
      }
    },
    "Jobs": {
      "type": "object",
      "required": ["jobs"],
      "properties": {
        "jobs": {"type": "array", "items": {"$ref": "#/components/schemas/Job"}},
        "next": {"type": "string", "description": "For `before`; absent on the last page."}
      }
    }
  }
})json";

} // namespace crank
