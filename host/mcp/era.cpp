#include "mcp/era.hpp"

#include "base/text.hpp"
#include "mcp/base64.hpp"
#include "json/json.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <iterator>

namespace crank {
namespace {

namespace json = boost::json;

constexpr std::string_view version_key = "io.modelcontextprotocol/protocolVersion";
constexpr std::string_view capabilities_key = "io.modelcontextprotocol/clientCapabilities";

std::optional<std::string_view> field(const RequestAttributes* headers, std::string_view name) {
  if (!headers) return std::nullopt;
  const auto value = headers->get(std::string("header.").append(name));
  return value ? std::optional(trim(*value)) : std::nullopt;
}

RpcError invalid_meta(std::string message) { return {RpcCode::invalid_params, std::move(message), {}, 400}; }

RpcError unsupported(std::string_view requested, bool modern) {
  json::array supported;
  if (modern) {
    supported.emplace_back(modern_mcp_version);
  } else {
    for (const std::string_view version : legacy_mcp_versions) supported.emplace_back(version);
  }
  const std::string_view shown = shortened(requested, 100);
  return {RpcCode::unsupported_version, "protocol version " + std::string(shown) + " is not supported",
          json_text(json::object{{"supported", std::move(supported)}, {"requested", shown}}), 400};
}

// It claims to be modern: then it has to be in order.
Result<Era, RpcError> check_claim(const RpcMessage& message, const json::value& claim,
                                  std::optional<std::string_view> header) {
  const json::string* version = claim.if_string();
  if (!version) return invalid_meta("_meta/" + std::string(version_key) + " must be a string");
  const std::string_view claimed(version->data(), version->size());
  if (header && *header != claimed)
    return header_mismatch("MCP-Protocol-Version is " + std::string(shortened(*header, 100)) + " and _meta says " +
                           std::string(shortened(claimed, 100)));
  if (claimed != modern_mcp_version) return unsupported(claimed, true);
  if (message.kind != RpcMessage::Kind::request) return Era::modern;
  const json::value* capabilities = meta_of(message).if_contains(capabilities_key);
  if (!capabilities || !capabilities->is_object())
    return invalid_meta("_meta/" + std::string(capabilities_key) + " is required, and an object");
  return Era::modern;
}

// Of what mirrors in Mcp-Name, by method.
std::string_view name_param(std::string_view method) {
  if (method == "tools/call" || method == "prompts/get") return "name";
  if (method == "resources/read") return "uri";
  if (method.substr(0, 6) == "tasks/") return "taskId";
  return {};
}

} // namespace

bool is_legacy_mcp_version(std::string_view version) {
  return std::find(std::begin(legacy_mcp_versions), std::end(legacy_mcp_versions), version) !=
         std::end(legacy_mcp_versions);
}

std::string_view negotiated_mcp_version(const RpcMessage& initialize) {
  const std::string_view wanted = text_param(initialize, "protocolVersion");
  return is_legacy_mcp_version(wanted) ? wanted : newest_legacy_mcp_version;
}

Result<Era, RpcError> era_of(const RpcMessage& message, const RequestAttributes* headers) {
  const auto header = field(headers, "mcp-protocol-version");
  const json::value* claim = meta_of(message).if_contains(version_key);
  if (claim && message.kind != RpcMessage::Kind::response) return check_claim(message, *claim, header);
  const bool says_modern = header == modern_mcp_version;
  if (message.method == "initialize") {
    if (says_modern) return header_mismatch("MCP-Protocol-Version is of an era that has no initialize");
    return Era::legacy;
  }
  if (says_modern && message.kind != RpcMessage::Kind::request) return Era::modern;
  if (says_modern)
    return invalid_meta("a request of protocol version " + std::string(modern_mcp_version) + " needs _meta with " +
                        std::string(version_key) + " and " + std::string(capabilities_key));
  // Without the field it is 2025-03-26 (Streamable HTTP, "Protocol Version Header").
  if (header && !is_legacy_mcp_version(*header)) return unsupported(*header, false);
  if (message.method == "server/discover") return invalid_meta("server/discover needs _meta");
  return Era::legacy;
}

std::optional<RpcError> check_mirrors(const RpcMessage& message, const RequestAttributes& headers) {
  if (!field(&headers, "mcp-protocol-version")) return header_mismatch("the field MCP-Protocol-Version is missing");
  const auto method = field(&headers, "mcp-method");
  if (!method) return header_mismatch("the field Mcp-Method is missing");
  if (*method != message.method) return header_mismatch("the field Mcp-Method and the body name different methods");
  const std::string_view param = name_param(message.method);
  const json::value* value = param.empty() ? nullptr : message.params.if_contains(param);
  if (!value || !value->is_string()) return std::nullopt;
  const auto name = field(&headers, "mcp-name");
  if (!name) return header_mismatch("the field Mcp-Name is missing");
  const auto decoded = mirrored_text(*name);
  if (!decoded) return header_mismatch("the field Mcp-Name is not base 64");
  if (*decoded != text_param(message, param))
    return header_mismatch("the field Mcp-Name and params/" + std::string(param) + " differ");
  return std::nullopt;
}

std::optional<std::string> mirrored_text(std::string_view field) {
  constexpr std::string_view begin = "=?base64?", end = "?=";
  field = trim(field);
  if (field.size() < begin.size() + end.size() || field.substr(0, begin.size()) != begin || !field.ends_with(end))
    return std::string(field);
  field.remove_prefix(begin.size());
  field.remove_suffix(end.size());
  return decode_base64(field);
}

RpcError header_mismatch(std::string message) { return {RpcCode::header_mismatch, std::move(message), {}, 400}; }

const json::object& meta_of(const RpcMessage& message) {
  static const json::object none;
  const json::value* meta = message.params.if_contains("_meta");
  return meta && meta->is_object() ? meta->get_object() : none;
}

const json::object& declared_capabilities(const RpcMessage& message) {
  static const json::object none;
  const json::value* capabilities = meta_of(message).if_contains(capabilities_key);
  return capabilities && capabilities->is_object() ? capabilities->get_object() : none;
}

bool declares_extension(const RpcMessage& message, std::string_view extension) {
  const json::value* extensions = declared_capabilities(message).if_contains("extensions");
  return extensions && extensions->is_object() && extensions->get_object().contains(extension);
}

std::string_view text_param(const RpcMessage& message, std::string_view name) {
  const json::value* value = message.params.if_contains(name);
  if (!value || !value->is_string()) return {};
  return {value->get_string().data(), value->get_string().size()};
}

} // namespace crank
