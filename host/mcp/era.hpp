// The two eras of the Model Context Protocol, and which of them a message is of. In the legacy era (2025-03-26 to
// 2025-11-25) a client says initialize once; in the modern one (2026-07-28) every request says for itself what it
// speaks, in `_meta`, and over HTTP in header fields that have to agree with the body.
#pragma once

#include "base/request.hpp"
#include "mcp/json_rpc.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace crank {

enum class Era { legacy, modern };

inline constexpr std::string_view modern_mcp_version = "2026-07-28";
inline constexpr std::string_view newest_legacy_mcp_version = "2025-11-25";
// The first of them is the newest.
inline constexpr std::string_view legacy_mcp_versions[] = {newest_legacy_mcp_version, "2025-06-18", "2025-03-26"};

inline constexpr std::string_view tasks_extension = "io.modelcontextprotocol/tasks";

[[nodiscard]] bool is_legacy_mcp_version(std::string_view version);
// The version that an initialize is answered with.
[[nodiscard]] std::string_view negotiated_mcp_version(const RpcMessage& initialize);

// The era of a message, or why it cannot be served in any. `headers`: "header.NAME" gives a field of the HTTP request;
// nullptr: there are none. (SEP-2575, SEP-2243)
[[nodiscard]] Result<Era, RpcError> era_of(const RpcMessage& message, const RequestAttributes* headers);
// Of a modern request over HTTP: whether the fields that mirror its method and name are there and say the same.
[[nodiscard]] std::optional<RpcError> check_mirrors(const RpcMessage& message, const RequestAttributes& headers);
// What a field says that mirrors part of a body: "=?base64?...?=" decoded; nullopt: that cannot be decoded.
[[nodiscard]] std::optional<std::string> mirrored_text(std::string_view field);
[[nodiscard]] RpcError header_mismatch(std::string message);

// The `_meta` of a message, or an empty object.
[[nodiscard]] const boost::json::object& meta_of(const RpcMessage& message);
// What the client of a modern request declares, or an empty object.
[[nodiscard]] const boost::json::object& declared_capabilities(const RpcMessage& message);
// Whether the client of a modern request declares that extension.
[[nodiscard]] bool declares_extension(const RpcMessage& message, std::string_view extension);
// A text parameter, or empty.
[[nodiscard]] std::string_view text_param(const RpcMessage& message, std::string_view name);

} // namespace crank
