// A Model Context Protocol server over a worker's capabilities, for every transport: takes one message at a time and
// answers through its peer. It keeps nothing of a client between two messages but which of its requests run.
#pragma once

#include "engine/engine.hpp"
#include "mcp/era.hpp"
#include "mcp/peer.hpp"
#include "mcp/results.hpp"
#include "mcp/running_requests.hpp"
#include "mcp/tool_list.hpp"

#include <memory>
#include <string>

namespace crank {

// One message and where it comes from.
struct McpArrival {
  std::shared_ptr<const std::string> text;
  std::shared_ptr<const RequestAttributes> attributes; // of the call that it may become; with the caller
  const RequestAttributes* headers = nullptr; // of the HTTP request, while receive() runs; nullptr: there are none
  std::string request_id;
  std::string traceparent;
  std::string connection;    // names it among all of this server's; empty: what comes of it cannot be cancelled by id
  bool has_room = true;      // for another request of that connection
  bool has_sessions = false; // a legacy client is told what to call its connection
};

class McpServer {
public:
  struct Facts {
    std::string name, version; // of the service
    std::string instructions;  // for the model; empty: none
  };

  // All that is referred to must outlive it, and it all calls. `access`: nullptr: everybody may use everything.
  McpServer(Engine& engine, ToolList tools, Facts facts, const AccessPolicy* access);

  // Answers now or later. [any thread]
  void receive(McpArrival arrival, std::shared_ptr<McpPeer> peer);

  const ToolList& tools() const { return tools_; }

private:
  struct Request;
  using Method = void (McpServer::*)(Request&);

  static Method method_of(std::string_view name, Era era);
  void request(Request& request);
  void notification(const McpArrival& arrival, const RpcMessage& message);
  void answer(Request& request, const std::string& members);
  void refuse(Request& request, const RpcError& error);

  void initialize(Request& request);
  void ping(Request& request);
  void discover(Request& request);
  void list_tools(Request& request);
  void call_tool(Request& request);
  bool is_refused(Request& request, const Tool& tool);
  void start(Request& request, const Tool& tool, std::unique_ptr<RequestBody> body, std::string content_type);
  std::string capabilities(Era era) const;

  Engine& engine_;
  const ToolList tools_;
  const Facts facts_;
  const McpIdentity identity_;
  const AccessPolicy* const access_;
  RunningRequests running_;
};

} // namespace crank
