#include "mcp/request.hpp"

#include "json/json.hpp"

namespace crank {

std::string McpRequest::progress_token() const {
  const boost::json::value* token = meta_of(message).if_contains("progressToken");
  return token && (token->is_string() || token->is_number()) ? json_text(*token) : std::string();
}

ClientAbilities McpRequest::abilities() const {
  return era == Era::modern ? abilities_of(declared_capabilities(message)) : arrival.abilities;
}

std::string McpRequest::key() const {
  return arrival.connection.empty() ? std::string() : running_key(arrival.connection, message.id);
}

void McpRequest::answer(std::string_view members, std::string_view type) const {
  peer->answer({rpc_result(message.id, finished_result(era, members, *identity, type)), 200, {}});
}

void McpRequest::refuse(const RpcError& error) const {
  peer->answer({rpc_error(message.id, error), error.http_status, {}});
}

std::string running_key(std::string_view connection, std::string_view id) {
  return std::string(connection).append("\n").append(id);
}

RpcError rpc_error_of(const Problem& problem) {
  const bool callers = problem.http_status < 500 && problem.http_status != 429;
  return {callers ? RpcCode::invalid_params : RpcCode::internal_error, problem.detail, {}, 200};
}

RpcError invalid_params(std::string message) { return {RpcCode::invalid_params, std::move(message), {}, 200}; }

} // namespace crank
