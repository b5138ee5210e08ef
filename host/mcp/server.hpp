// A Model Context Protocol server over a worker's capabilities, for every transport: takes one message at a time and
// answers through its peer. It keeps nothing of a client between two messages but which of its requests run, and what
// they have asked it.
#pragma once

#include "engine/engine.hpp"
#include "mcp/artifact_contents.hpp"
#include "mcp/mcp_files.hpp"
#include "mcp/mcp_jobs.hpp"
#include "mcp/question_desk.hpp"
#include "mcp/request.hpp"
#include "mcp/running_requests.hpp"
#include "mcp/tool_call.hpp"
#include "mcp/tool_list.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace crank {

class McpServer {
public:
  struct Facts {
    std::string name, version; // of the service
    std::string instructions;  // for the model; empty: none
  };

  // Where there are jobs: with places.jobs.
  struct Jobs {
    JobWatch& watch;
    std::chrono::milliseconds keep; // what is over
  };
  // All that is referred to must outlive it, and it all calls. `access`: nullptr: everybody may use everything.
  McpServer(Engine& engine, ToolList tools, Facts facts, const AccessPolicy* access, AnswerFiles places,
            std::optional<Jobs> jobs);

  // Answers now or later. [any thread]
  void receive(McpArrival arrival, std::shared_ptr<McpPeer> peer);

  // Another process serves from now on, or none: nobody is kept waiting for a job, or asked anything. [any thread]
  void let_go();
  // No client says anything any more: what they were asked ends. [any thread]
  void stop_asking() { desk_.close_all("the client has gone"); }

  const ToolList& tools() const { return tools_; }

private:
  using Method = void (McpServer::*)(const SharedRequest&);

  static Method method_of(std::string_view name, Era era);
  void request(const SharedRequest& request);
  void notification(const McpArrival& arrival, const RpcMessage& message);
  void response(const McpArrival& arrival, const RpcMessage& message, McpPeer& peer);

  void initialize(const SharedRequest& request);
  void ping(const SharedRequest& request);
  void discover(const SharedRequest& request);
  void list_tools(const SharedRequest& request);
  void call_tool(const SharedRequest& request);
  bool is_refused(const SharedRequest& request, const Tool& tool);
  void start(const SharedRequest& request, const Tool& tool, std::unique_ptr<RequestBody> body,
             std::string content_type, boost::json::object offered);
  // nullopt, and refused: a request with this id runs already.
  std::optional<ToolCall::Way> way_of(const SharedRequest& request);
  // As `stop` of a call says, where its client ends it by going.
  void watch(const SharedRequest& request, const std::function<void()>& stop);
  void resume(const SharedRequest& request, const Tool& tool, const boost::json::object& responses);
  std::string capabilities(Era era) const;

  Engine& engine_;
  const ToolList tools_;
  const Facts facts_;
  const McpIdentity identity_;
  const AccessPolicy* const access_;
  const AnswerFiles places_;
  RunningRequests running_;
  QuestionDesk desk_;
  std::optional<McpJobs> jobs_;
  std::optional<McpFiles> files_;
};

} // namespace crank
