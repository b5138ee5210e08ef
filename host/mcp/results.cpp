#include "mcp/results.hpp"

#include "base/text.hpp"
#include "mcp/contents.hpp"
#include "mcp/json_rpc.hpp"
#include "mcp/tool_schema.hpp"
#include "json/json.hpp"

#include <crank/json.h>

#include <boost/json/array.hpp>

namespace crank {
namespace {

namespace json = boost::json;

bool is_json(std::string_view media_type) {
  const std::string_view type = trim(media_type.substr(0, media_type.find(';')));
  return type == "application/json" || type.ends_with("+json");
}

std::string_view front_trimmed(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
}

// "content":[...] of one block and those behind it.
std::string contents(std::string_view block, std::string_view more) {
  std::string members = R"("content":[)";
  members += block;
  if (!block.empty() && !more.empty()) members += ',';
  return members.append(more).append("]");
}

// What is written here is most of what a client waits for: into one string.
std::string json_result(ResultShape shape, std::string_view body, std::string_view more) {
  std::string changed;
  if (shape == ResultShape::wrapped) {
    changed = R"({"result":)";
    append_on_one_line(changed, body);
    changed += '}';
  } else if (body.find('\n') != std::string_view::npos || body.find('\r') != std::string_view::npos) {
    append_on_one_line(changed, body);
  }
  const std::string_view structured = changed.empty() ? body : changed;
  const bool is_object = shape == ResultShape::wrapped || front_trimmed(body).substr(0, 1) == "{";
  std::string members = R"("content":[{"type":"text","text":)";
  members.reserve(2 * structured.size() + structured.size() / 4 + more.size() + 128);
  append_json_string(members, structured);
  members += '}';
  if (!more.empty()) members.append(",").append(more);
  members += ']';
  if (is_object && shape != ResultShape::none) members.append(R"(,"structuredContent":)").append(structured);
  return members += R"(,"isError":false)";
}

} // namespace

std::string tool_result(const OperationSpec& operation, std::string_view media_type, std::string_view body,
                        std::string_view uri, std::string_view more) {
  constexpr std::string_view no_error = R"(,"isError":false)";
  if (body.empty()) return contents({}, more).append(no_error);
  if (!is_json(media_type)) return contents(content_of(media_type, body, uri), more).append(no_error);
  if (!crank_json_valid({body.data(), body.size()}))
    return tool_problem_text(operation.name + " answered with something that is not JSON");
  return json_result(result_shape(operation), body, more);
}

std::string tool_problem_text(std::string_view sentence) {
  return R"("content":[)" + text_content(sentence) + R"(],"isError":true)";
}

std::string tool_problem(const Problem& problem) {
  std::string sentence = problem.detail + " (" + problem.code;
  if (problem.retryable) {
    sentence += problem.retry_after ? "; try again after " + std::to_string(*problem.retry_after) + " s"
                                    : std::string("; it may succeed when tried again");
  }
  return tool_problem_text(sentence + ")");
}

std::string members_of(const json::object& object) {
  const std::string text = json_text(object);
  return text.substr(1, text.size() - 2);
}

std::string finished_result(Era era, std::string_view members, const McpIdentity& identity, std::string_view type) {
  std::string result = "{";
  result.reserve(members.size() + 160 + identity.info.size());
  result += members;
  if (era == Era::modern) {
    if (!members.empty()) result += ',';
    result.append(R"("resultType":")").append(type);
    result.append(R"(","_meta":{"io.modelcontextprotocol/serverInfo":)").append(identity.info).append("}");
  }
  return result += '}';
}

} // namespace crank
