// One request of a client, with all that is needed to answer it, at once or later. Knows messages and peers; knows no
// method.
#pragma once

#include "base/request.hpp"
#include "mcp/client_abilities.hpp"
#include "mcp/era.hpp"
#include "mcp/peer.hpp"
#include "mcp/results.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

namespace crank {

// One message and where it comes from.
struct McpArrival {
  std::shared_ptr<const std::string> text;
  std::shared_ptr<const RequestAttributes> attributes; // of the call that it may become; with the caller
  const RequestAttributes* headers = nullptr; // of the HTTP request, while it is received; nullptr: there are none
  std::string request_id;
  std::string traceparent;
  std::string connection;    // names it among all of the server's; empty: what comes of it cannot be cancelled by id
  std::string base;          // "https://host:port" of the worker for its client; empty: it is on this machine
  bool has_room = true;      // for another request of that connection
  bool has_sessions = false; // a legacy client is told what to call its connection
  ClientAbilities abilities = {};                   // of a legacy client, as it said at initialize
  std::atomic<ClientAbilities>* declared = nullptr; // where it is to be said, of the transport; nullptr: in its session
};

// Answered once.
struct McpRequest {
  McpArrival arrival;
  RpcMessage message; // its `arguments` are of arrival.text
  Era era = Era::legacy;
  std::shared_ptr<McpPeer> peer;
  const McpIdentity* identity = nullptr; // outlives it

  const Caller& caller() const { return arrival.attributes->caller(); }
  ClientAbilities abilities() const;
  // JSON text; empty: it gave none. (Presence counts, whatever it is: 0 and "" are tokens.)
  std::string progress_token() const;
  // For RunningRequests; empty: it has none.
  std::string key() const;

  // `members` and `type`: as finished_result() takes them.
  void answer(std::string_view members, std::string_view type = "complete") const;
  void refuse(const RpcError& error) const;
};

// For whoever answers later.
using SharedRequest = std::shared_ptr<const McpRequest>;

// Of the request with that id (JSON text) on a connection.
[[nodiscard]] std::string running_key(std::string_view connection, std::string_view id);
// Where a result could not say it.
[[nodiscard]] RpcError rpc_error_of(const Problem& problem);
[[nodiscard]] RpcError invalid_params(std::string message);

} // namespace crank
