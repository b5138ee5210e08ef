// Questions as a client of the Model Context Protocol gets them, and what it answers. Knows JSON; knows no transport
// and no call.
#pragma once

#include "engine/question.hpp"
#include "mcp/json_rpc.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace crank {

// Of the request that asks it.
[[nodiscard]] std::string_view method_of(QuestionKind kind);
// JSON, an object on one line. `id`: of the request in the legacy era, which names an address among all; empty in the
// modern one.
[[nodiscard]] std::string params_of(const Question& question, std::string_view id);
// {"name": {"method": ..., "params": ...}, ...}
[[nodiscard]] std::string input_requests(const std::vector<Question>& questions);

// What a client answered to it: a result, or an error of JSON-RPC.
[[nodiscard]] Answer answer_of_result(const Question& question, const boost::json::value& result);
[[nodiscard]] Answer answer_of_error(const Question& question, const boost::json::value& error);
// The same as texts, one of which is empty.
[[nodiscard]] Answer answer_of(const Question& question, std::string_view result, std::string_view error);

// What a request of the modern era brings for questions, by their names.
[[nodiscard]] Result<boost::json::object, RpcError> input_responses(const RpcMessage& message);

// Longer answers are not read.
inline constexpr std::size_t longest_client_answer = 1024 * 1024;

} // namespace crank
