// JSON-RPC 2.0 as the Model Context Protocol uses it: one message to a text, ids that are strings or whole numbers, no
// batches. Knows JSON; knows no method.
#pragma once

#include "base/problem.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace crank {

// What the specifications of JSON-RPC and of MCP 2026-07-28 name; -32000 to -32019 are the server's own.
enum class RpcCode : int {
  parse_error = -32700,
  invalid_request = -32600,
  method_not_found = -32601,
  invalid_params = -32602,
  internal_error = -32603,
  too_busy = -32000,
  forbidden = -32003,
  resource_not_found = -32002,
  header_mismatch = -32020,
  missing_client_capability = -32021,
  unsupported_version = -32022,
};

struct RpcError {
  RpcCode code = RpcCode::internal_error;
  std::string message;
  std::string data;      // JSON, or empty
  int http_status = 200; // what a transport over HTTP answers with
};

struct RpcMessage {
  enum class Kind { request, notification, response };
  Kind kind = Kind::request;
  std::string id; // JSON text, one and the same for one id however it was spelt; "null" where it has none
  std::string method;
  boost::json::object params; // but for `arguments` and `inputResponses`
  // A JSON object as it came, a slice of the message: well-formed, but whether two members have one name is not known.
  // Empty: there are none.
  std::string_view arguments;
  // The same of `inputResponses` in params.
  std::string_view input_responses;
  // Of a response: slices of the message, one of them empty; values that are well-formed as above.
  std::string_view result, error;
};

struct RpcFault {
  RpcError error;
  std::string id; // as in RpcMessage, as far as it could be read
};

// The text must outlive the message's slices.
[[nodiscard]] Result<RpcMessage, RpcFault> read_rpc(std::string_view text);

// `result`, `data` and `params` are JSON texts on one line.
[[nodiscard]] std::string rpc_result(std::string_view id, std::string_view result);
[[nodiscard]] std::string rpc_error(std::string_view id, const RpcError& error);
[[nodiscard]] std::string rpc_request(std::string_view id, std::string_view method, std::string_view params);
[[nodiscard]] std::string rpc_notification(std::string_view method, std::string_view params);

// An id as RpcMessage has it.
[[nodiscard]] std::string rpc_id(const boost::json::value& id);

// `text` as a JSON string, with its quotes. What is not UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);
[[nodiscard]] std::string json_string(std::string_view text);
// `json`, well-formed, without line breaks: in JSON they are nothing but blanks.
void append_on_one_line(std::string& out, std::string_view json);

} // namespace crank
