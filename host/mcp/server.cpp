#include "mcp/server.hpp"

#include "base/text.hpp"
#include "engine/deferred_body.hpp"
#include "engine/operation.hpp"
#include "mcp/client_requests.hpp"
#include "mcp/job_text.hpp"
#include "mcp/raw_input.hpp"
#include "mcp/tool_schema.hpp"
#include "json/json.hpp"

#include <boost/json/object.hpp>
#include <openssl/rand.h>

namespace crank {
namespace {

namespace json = boost::json;

// A reload may bring other tools: nobody should go by an old list for long.
constexpr std::string_view list_cache = R"("ttlMs":15000,"cacheScope":"private")";

std::string identity_of(const McpServer::Facts& facts) {
  return json_text(json::object{{"name", facts.name}, {"version", facts.version}});
}

// 128 random bits: nobody can cancel what is another's. Empty where the system gives none.
std::string new_session() {
  char bytes[16];
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes), sizeof bytes) != 1) return {};
  return hex_text({bytes, sizeof bytes});
}

void append_legacy(std::string& members, const Tool& tool, bool may_be_task) {
  members += tool.legacy;
  if (!may_be_task) return;
  members.pop_back();
  members += R"(,"execution":{"taskSupport":"optional"}})";
}

} // namespace

McpServer::McpServer(Engine& engine, ToolList tools, Facts facts, const AccessPolicy* access, AnswerFiles places,
                     std::optional<Jobs> jobs)
    : engine_(engine), tools_(std::move(tools)), facts_(std::move(facts)), identity_{identity_of(facts_)},
      access_(access), places_(std::move(places)), desk_(engine.timers()) {
  if (jobs) jobs_.emplace(places_, jobs->watch, engine_.timers(), tools_, running_, jobs->keep);
  if (jobs) files_.emplace(places_);
}

McpServer::Method McpServer::method_of(std::string_view name, Era era) {
  if (name == "tools/call") return &McpServer::call_tool;
  if (name == "tools/list") return &McpServer::list_tools;
  if (era == Era::modern) return name == "server/discover" ? &McpServer::discover : nullptr;
  if (name == "initialize") return &McpServer::initialize;
  if (name == "ping") return &McpServer::ping;
  return nullptr;
}

void McpServer::receive(McpArrival arrival, std::shared_ptr<McpPeer> peer) {
  auto message = read_rpc(*arrival.text);
  if (!message) {
    const RpcFault& fault = message.error();
    return peer->answer({rpc_error(fault.id, fault.error), fault.error.http_status, {}});
  }
  const auto era = era_of(*message, arrival.headers);
  if (!era) return peer->answer({rpc_error(message->id, era.error()), era.error().http_status, {}});
  if (message->kind != RpcMessage::Kind::request) {
    if (message->kind == RpcMessage::Kind::response) return response(arrival, *message, *peer);
    notification(arrival, *message);
    return peer->acknowledge();
  }
  request(std::make_shared<const McpRequest>(
      McpRequest{std::move(arrival), *std::move(message), *era, std::move(peer), &identity_}));
}

void McpServer::let_go() {
  desk_.close_all("another process serves from now on: call again");
  if (jobs_) jobs_->let_go();
}

void McpServer::request(const SharedRequest& request) {
  if (!request->arrival.has_room)
    return request->refuse({RpcCode::too_busy, "too many requests run on this connection: wait for one", {}, 429});
  const Method method = method_of(request->message.method, request->era);
  const McpJobs::Method jobs_method = jobs_ ? McpJobs::method_of(request->message.method, request->era) : nullptr;
  const McpFiles::Method files_method = files_ ? McpFiles::method_of(request->message.method) : nullptr;
  if (!method && !jobs_method && !files_method) {
    const int http_status = request->era == Era::modern ? 404 : 200;
    const std::string name(shortened(request->message.method, 100));
    return request->refuse({RpcCode::method_not_found, "there is no method " + name + " here", {}, http_status});
  }
  if (request->era == Era::modern && request->arrival.headers) {
    if (const auto error = check_mirrors(request->message, *request->arrival.headers)) return request->refuse(*error);
  }
  if (method) return (this->*method)(request);
  if (jobs_method) return ((*jobs_).*jobs_method)(request);
  ((*files_).*files_method)(request);
}

// What is not known is of no concern to who sends it.
void McpServer::notification(const McpArrival& arrival, const RpcMessage& message) {
  if (message.method != "notifications/cancelled" || arrival.connection.empty()) return;
  const json::value* id = message.params.if_contains("requestId");
  if (id && (id->is_string() || id->is_number())) running_.stop(running_key(arrival.connection, rpc_id(*id)));
}

// What a call has asked is answered here and nowhere else: the process that asked has to be the one that hears it.
void McpServer::response(const McpArrival& arrival, const RpcMessage& message, McpPeer& peer) {
  const auto asked = desk_.take(message.id, caller_key(arrival.attributes->caller()));
  if (!asked && arrival.headers) {
    const RpcError error{
        RpcCode::invalid_request,
        "nothing with this id is asked here: its call is over, or another process has taken over since",
        {},
        400};
    return peer.answer({rpc_error("null", error), error.http_status, {}});
  }
  peer.acknowledge();
  if (asked) asked->call->client_answered(asked->question, message.result, message.error);
}

std::string McpServer::capabilities(Era era) const {
  if (!jobs_) return R"({"tools":{}})";
  if (era == Era::modern)
    return R"({"tools":{},"resources":{},"extensions":{")" + std::string(tasks_extension) + R"(":{}}})";
  return R"({"tools":{},"resources":{},"tasks":{"list":{},"cancel":{},"requests":{"tools":{"call":{}}}}})";
}

void McpServer::initialize(const SharedRequest& request) {
  std::string members = R"("protocolVersion":")";
  members.append(negotiated_mcp_version(request->message))
      .append(R"(","capabilities":)")
      .append(capabilities(Era::legacy));
  members.append(R"(,"serverInfo":)").append(identity_.info);
  if (!facts_.instructions.empty()) members.append(R"(,"instructions":)").append(json_string(facts_.instructions));
  McpAnswer result{rpc_result(request->message.id, "{" + members + "}"), 200, {}};
  const json::value* declared = request->message.params.if_contains("capabilities");
  const ClientAbilities abilities =
      declared && declared->is_object() ? abilities_of(declared->get_object()) : ClientAbilities();
  if (request->arrival.declared) *request->arrival.declared = abilities;
  if (request->arrival.has_sessions) {
    if (std::string session = new_session(); !session.empty())
      result.fields.emplace_back("Mcp-Session-Id", session + session_mark(abilities));
  }
  request->peer->answer(std::move(result));
}

void McpServer::ping(const SharedRequest& request) { request->answer({}); }

void McpServer::discover(const SharedRequest& request) {
  std::string members = R"("supportedVersions":[")";
  members.append(modern_mcp_version).append(R"("],"capabilities":)").append(capabilities(Era::modern));
  if (!facts_.instructions.empty()) members.append(R"(,"instructions":)").append(json_string(facts_.instructions));
  request->answer(members.append(",").append(list_cache));
}

// Everything on one page: a worker has tens of tools, not thousands.
void McpServer::list_tools(const SharedRequest& request) {
  if (request->message.params.contains("cursor")) return request->refuse(invalid_params("there is no such page"));
  const Caller& caller = request->caller();
  std::string members = R"("tools":[)";
  for (const Tool& tool : tools_.all()) {
    if (access_ && access_->refusal(caller, *tool.operation)) continue; // as if it were not there
    if (members.back() != '[') members += ',';
    if (request->era == Era::modern)
      members += tool.modern;
    else
      append_legacy(members, tool, jobs_.has_value());
  }
  if (jobs_) members.append(members.back() == '[' ? "" : ",").append(job_tool_definitions());
  members += ']';
  if (request->era == Era::modern) members.append(",").append(list_cache);
  request->answer(members);
}

void McpServer::call_tool(const SharedRequest& request) {
  const RpcMessage& message = request->message;
  const std::string_view name = text_param(message, "name");
  const json::value* odd = message.params.if_contains("arguments"); // objects are not among the params
  if (odd && !odd->is_null()) return request->refuse(invalid_params("arguments must be an object"));
  const McpJobs::Method of_job = jobs_ ? McpJobs::tool_of(name) : nullptr;
  if (of_job) return ((*jobs_).*of_job)(request);
  const Tool* tool = tools_.find(name);
  if (!tool) return request->refuse(invalid_params("there is no tool " + std::string(shortened(name, 100))));
  const std::string_view arguments = message.arguments.empty() ? "{}" : message.arguments;
  if (request->era == Era::modern && request->arrival.headers) {
    if (const auto error = check_param_headers(*tool, arguments, *request->arrival.headers))
      return request->refuse(*error);
  }
  auto responses = request->era == Era::modern ? input_responses(message) : json::object();
  if (!responses) return request->refuse(responses.error());
  if (request->era == Era::modern && message.params.contains("requestState")) return resume(request, *tool, *responses);
  const OperationSpec& operation = tool->operation->spec();
  if (takes_json(operation))
    return start(request, *tool, std::make_unique<MessageSlice>(request->arrival.text, arguments), "application/json",
                 *std::move(responses));
  auto input = raw_input(operation, arguments);
  if (!input) return request->answer(tool_problem_text(input.error()));
  const auto bytes = std::make_shared<const std::string>(std::move(input->bytes));
  start(request, *tool, std::make_unique<MessageSlice>(bytes, *bytes), input->media_type, *std::move(responses));
}

// Access is a matter of the transport's, where it has words for it: clients act on 403 by themselves.
bool McpServer::is_refused(const SharedRequest& request, const Tool& tool) {
  const McpArrival& arrival = request->arrival;
  const auto problem =
      engine_.refusal({*tool.operation, arrival.attributes->caller(), arrival.request_id, arrival.traceparent});
  if (!problem) return false;
  if (problem->http_status != 401 && problem->http_status != 403) {
    request->answer(tool_problem(*problem));
    return true;
  }
  const RpcError error{RpcCode::forbidden, problem->detail, {}, problem->http_status};
  request->peer->answer({rpc_error(request->message.id, error), problem->http_status, problem->headers});
  return true;
}

void McpServer::start(const SharedRequest& request, const Tool& tool, std::unique_ptr<RequestBody> body,
                      std::string content_type, json::object offered) {
  if (is_refused(request, tool)) return;
  // As the capability's own route has it; messages have a limit of their own.
  const std::uint64_t longest = tool.operation->spec().limits.max_body_bytes.value_or(UINT64_MAX);
  if (body->size() > longest)
    return request->answer(tool_problem(
        Problem::http(413, "LIMIT_EXCEEDED", "the arguments are longer than " + std::to_string(longest) + " bytes")));
  if (jobs_ && McpJobs::is_asked_for(*request, tool.operation->spec(), body->size()))
    return jobs_->accept(request, tool, std::move(body), std::move(content_type));
  auto way = way_of(request);
  if (!way) return;
  const McpArrival& arrival = request->arrival;
  ToolCall::Options options;
  options.era = request->era;
  options.uri = "crank:result/" + arrival.request_id;
  options.identity = &identity_;
  options.places = &places_;
  options.desk = &desk_;
  options.base = arrival.base;
  options.attributes = arrival.attributes;
  options.request_id = arrival.request_id;
  options.traceparent = arrival.traceparent;
  if (jobs_ && tool.operation->spec().defers) {
    options.become_job = [this, request, &tool, content_type](std::shared_ptr<Invocation> deferred) {
      jobs_->accept(request, tool, std::make_shared<DeferredBody>(std::move(deferred)), content_type);
    };
  }
  options.offered = std::move(offered);
  const auto call = std::make_shared<ToolCall>(tool.operation->spec(), *std::move(way), std::move(options));
  const auto invocation =
      std::make_shared<Invocation>(*tool.operation, arrival.attributes, std::move(body), std::move(content_type),
                                   arrival.request_id, arrival.traceparent, call);
  call->stops_by([this, weak = std::weak_ptr(invocation), weak_call = std::weak_ptr(call)] {
    const auto abandoned = weak.lock();
    if (const auto its_call = weak_call.lock()) its_call->abandon();
    if (abandoned) engine_.abandon(*abandoned);
  });
  if (const std::string key = request->key(); !key.empty()) running_.set(key, call->stop());
  engine_.invoke(invocation);
  if (!invocation->answered()) watch(request, call->stop());
}

std::optional<ToolCall::Way> McpServer::way_of(const SharedRequest& request) {
  ToolCall::Way way{request->peer, request->message.id, request->progress_token(), request->abilities()};
  const std::string key = request->key();
  if (key.empty()) return way;
  if (!running_.add(key)) {
    request->refuse({RpcCode::invalid_request, "a request with this id is running already", {}, 400});
    return std::nullopt;
  }
  way.over = [this, key] { running_.remove(key); };
  return way;
}

// In the legacy era a client that goes has not asked for an end.
void McpServer::watch(const SharedRequest& request, const std::function<void()>& stop) {
  if (request->era == Era::modern && request->arrival.headers) request->peer->on_gone(stop);
}

// A client comes back with what a call has asked for. (SEP-2322)
void McpServer::resume(const SharedRequest& request, const Tool& tool, const json::object& responses) {
  if (is_refused(request, tool)) return;
  const std::string_view state = text_param(request->message, "requestState");
  auto way = way_of(request);
  if (!way) return;
  const auto call = desk_.resume(state, tool.operation->spec().name, caller_key(request->caller()));
  if (!call) {
    if (way->over) way->over();
    return request->refuse(invalid_params("nothing waits with this requestState here: its call is over, or another "
                                          "process has taken over since; call again without it"));
  }
  if (const std::string key = request->key(); !key.empty()) running_.set(key, call->stop());
  watch(request, call->stop());
  call->resume(*std::move(way), responses);
}

} // namespace crank
