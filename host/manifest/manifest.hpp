// The manifest of a plugin (plugin_api/MANIFEST.md) as checked, typed data.
// Knows JSON; knows nothing of shared objects, HTTP messages or threads.
#pragma once

#include "base/problem.hpp"

#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crank {

struct OperationLimits {
  unsigned max_concurrency = 10;
  unsigned queue = 64;                         // calls that may wait for a free slot
  std::uint64_t timeout_ms = 30'000;           // from admission to the last byte of the result
  std::optional<std::uint64_t> max_body_bytes; // absent: the host's limit
};

struct DeclaredError {
  std::string code;
  int http_status = 500;
  bool retryable = false;
  std::string description;
};

enum class OperationKind { call, websocket, events };
enum class BodyMode { buffer, stream };
enum class SlowClient { close, drop };
enum class DrainMode { close, finish };

struct FormField {
  enum class Kind { text, file };
  std::string name;
  Kind kind = Kind::text;
  bool required = false;
  bool multiple = false; // it may come more than once
  std::string description;
  std::optional<std::uint64_t> max_bytes; // absent: 64 KiB for a text, any for a file
  std::vector<std::string> media_types;   // of a file, lower case, "image/*" for all of a type; empty: any
  std::vector<std::string> choices;       // of a text; empty: any
  std::optional<std::string> otherwise;   // the text where none came
};

// A body of named fields, as HTML forms and `curl -F` send them.
struct FormSpec {
  std::vector<FormField> fields; // in the order of the manifest
  bool refuses_others = false;   // else fields that are not declared are ignored
  unsigned most_parts = 100;     // of a body, those that are ignored among them
};

// What the engine has to know to serve one operation: a capability, or an operation named by a route.
struct OperationSpec {
  std::string name; // capability id or operation name; several routes may name one operation, each with its own options
  OperationKind kind = OperationKind::call;
  std::string description;
  std::optional<boost::json::value> input_schema; // absent: the input is not checked
  boost::json::value output_schema = boost::json::object();
  bool streaming = false;
  BodyMode body = BodyMode::buffer;
  std::optional<FormSpec> form;           // the body is one, and complete before the call
  std::vector<std::string> content_types; // lower case, without parameters; empty: any
  std::string response_type = "application/json";
  bool run_inline = false;
  bool repeatable = false;                      // running it twice does what running it once does
  std::optional<std::uint64_t> job_above_bytes; // a call with a longer body becomes a job unasked
  bool defers = false;                          // the plugin may say that a call is to be a job
  std::string callback_input;                   // the member of the input with a job's callback URL; empty: none
  OperationLimits limits;
  std::vector<DeclaredError> errors;
  int success_status = 200;
  std::vector<std::string> subprotocols; // that a websocket speaks (RFC 6455 1.9)
  SlowClient slow_client = SlowClient::close;
  DrainMode drain = DrainMode::close;
};

// What its author says a call does to the world; absent: nothing is said.
struct EffectHints {
  std::optional<bool> read_only, destructive, idempotent, open_world;
};

struct CapabilitySpec {
  OperationSpec operation; // operation.name is the capability id
  std::string verb;
  std::string version;
  std::string title; // for people; empty: none
  std::string tool;  // what MCP clients shall know it by; empty: as its id
  EffectHints hints;
  std::vector<boost::json::value> examples;
};

struct RouteSpec {
  std::string method;                    // upper case
  std::string path;                      // begins with '/', may hold {name} segments
  std::optional<std::size_t> capability; // index into Manifest::capabilities; else `operation` holds the target
  std::optional<OperationSpec> operation;
};

// A call that has to succeed before the plugin is given clients.
struct VerifyCall {
  std::string capability;
  std::string input; // JSON
};

// A program of the plugin's own, which a call can run in a process (crank.process/1).
struct ProgramSpec {
  std::string name; // of its file, in the plugin's folder
  std::string description;
  bool children = false; // it may start others
};

struct Manifest {
  std::string id;
  std::string version;
  std::string description;
  std::string license;
  std::string service_name;
  std::uint16_t default_port = 8500;
  std::string port_env; // empty: none
  std::vector<CapabilitySpec> capabilities;
  std::vector<RouteSpec> routes;
  boost::json::value config_schema = boost::json::object();
  std::vector<ProgramSpec> programs;
  std::optional<VerifyCall> verify_call;
  boost::json::value source;        // the whole text, parsed
  std::vector<std::string> ignored; // JSON Pointers (RFC 6901) of members that only a later host knows
};

// Whose grammar a manifest follows.
enum class ManifestAge {
  known,   // this host's, or an older one's: a member that is not in it is a mistake
  younger, // one of a later minor, which says that it can do without: such members are left out, and named
};

// Parses and checks the text. The message of a failure is one sentence that names the member by JSON Pointer.
[[nodiscard]] Result<Manifest, std::string> parse_manifest(std::string_view json, ManifestAge age = ManifestAge::known);

} // namespace crank
