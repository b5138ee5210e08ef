#include "mcp/json_rpc.hpp"

#include "json/json.hpp"

#include <crank/json.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <forward_list>
#include <set>

namespace crank {
namespace {

namespace json = boost::json;

constexpr std::size_t longest_id = 512;
constexpr std::size_t longest_member = 64 * 1024; // of params, but for arguments
constexpr std::size_t longest_method = 256;

std::string_view view(crank_str text) { return {text.ptr, text.len}; }
crank_str slice(std::string_view text) { return {text.data(), text.size()}; }

RpcError fault(RpcCode code, std::string message) { return {code, std::move(message), {}, 400}; }

// nullopt: it is no string, or not a sound one.
std::optional<std::string> text_of(crank_str value) {
  if (crank_json_kind(value) != CRANK_JSON_STRING) return std::nullopt;
  std::string text(value.len, '\0');
  std::size_t size = 0;
  if (crank_json_string(value, text.data(), text.size(), &size) == 0) return std::nullopt;
  text.resize(size);
  return text;
}

// The names of one object's members, without their escapes. Nearly all objects have so few that looking at each is
// cheaper than a tree, and nearly all names are what the text says.
class Names {
public:
  // Lives as long as the object's text, and this.
  std::string_view name_of(crank_str key) {
    const std::string_view quoted = view(key);
    if (quoted.find('\\') == std::string_view::npos) return quoted.substr(1, quoted.size() - 2);
    return unescaped_.emplace_front(text_of(key).value_or(""));
  }

  // False: it was there.
  bool add(std::string_view name) {
    const auto end = few_.begin() + count_;
    if (std::find(few_.begin(), end, name) != end) return false;
    if (end == few_.end()) return many_.insert(name).second;
    few_[static_cast<std::size_t>(count_++)] = name;
    return true;
  }

private:
  std::array<std::string_view, 16> few_;
  std::ptrdiff_t count_ = 0; // of few_
  std::set<std::string_view> many_;
  std::forward_list<std::string> unescaped_;
};

// The members of an object, each once: whoever reads a text with two of one name sees what another does not.
template <class Visit>
std::optional<RpcError> each_member(std::string_view object, Visit&& visit) {
  crank_json_cursor cursor = crank_json_each(slice(object));
  Names names;
  crank_str key{}, value{};
  while (crank_json_next(&cursor, &key, &value)) {
    const std::string_view name = names.name_of(key);
    if (!names.add(name))
      return fault(RpcCode::parse_error, "the member \"" + std::string(name) + "\" appears twice in one object");
    if (auto problem = visit(name, view(value))) return problem;
  }
  if (cursor.malformed == 0) return std::nullopt;
  const auto reason = parse_json(object); // says what is wrong, and where
  return fault(RpcCode::parse_error, reason ? "not valid JSON" : reason.error());
}

std::optional<RpcError> read_id(std::string_view value, std::string& id) {
  std::int64_t number = 0;
  const bool text = crank_json_kind(slice(value)) == CRANK_JSON_STRING && value.size() <= longest_id;
  if (!text && !crank_json_integer(slice(value), &number))
    return fault(RpcCode::invalid_request, "id must be a string of at most 510 bytes or a whole number");
  id = text ? json_string(text_of(slice(value)).value_or("")) : std::string(value);
  return std::nullopt;
}

std::optional<RpcError> read_method(std::string_view value, std::string& method) {
  if (crank_json_kind(slice(value)) != CRANK_JSON_STRING || value.size() > longest_method)
    return fault(RpcCode::invalid_request, "method must be a string of at most 254 bytes");
  method = text_of(slice(value)).value_or("");
  return std::nullopt;
}

std::optional<RpcError> read_params(std::string_view value, RpcMessage& message) {
  if (crank_json_kind(slice(value)) != CRANK_JSON_OBJECT)
    return fault(RpcCode::invalid_params, "params must be an object");
  return each_member(value, [&](std::string_view name, std::string_view member) -> std::optional<RpcError> {
    if (name == "arguments" && crank_json_kind(slice(member)) == CRANK_JSON_OBJECT) {
      message.arguments = member;
      return std::nullopt;
    }
    if (name == "inputResponses" && crank_json_kind(slice(member)) == CRANK_JSON_OBJECT) {
      message.input_responses = member;
      return std::nullopt;
    }
    // A tree takes many times the room of its text, and none of these needs to be long.
    if (member.size() > longest_member)
      return fault(RpcCode::invalid_params,
                   "params/" + std::string(name) + " is longer than " + std::to_string(longest_member) + " bytes");
    if (const auto text = text_of(slice(member))) { // most are, and need no parser
      message.params[name] = *text;
      return std::nullopt;
    }
    auto parsed = parse_json(member);
    if (!parsed) return fault(RpcCode::parse_error, "params/" + std::string(name) + " is " + parsed.error());
    message.params[name] = *std::move(parsed);
    return std::nullopt;
  });
}

struct Reading {
  RpcMessage message;
  std::string_view params;
  bool version = false, has_id = false;

  std::optional<RpcError> member(std::string_view name, std::string_view value) {
    if (name == "jsonrpc") version = value == "\"2.0\"";
    if (name == "id" && value != "null") {
      has_id = true;
      return read_id(value, message.id);
    }
    if (name == "method") return read_method(value, message.method);
    if (name == "params") params = value;
    if (name == "result") message.result = value;
    if (name == "error") message.error = value;
    return std::nullopt;
  }

  std::optional<RpcError> finish() {
    if (!version) return fault(RpcCode::invalid_request, "jsonrpc must be \"2.0\"");
    if (message.method.empty()) {
      if (message.result.empty() == message.error.empty())
        return fault(RpcCode::invalid_request, "a message has a method, a result or an error, and one of them");
      message.kind = RpcMessage::Kind::response;
      return std::nullopt;
    }
    message.kind = has_id ? RpcMessage::Kind::request : RpcMessage::Kind::notification;
    return params.empty() ? std::nullopt : read_params(params, message);
  }
};

} // namespace

Result<RpcMessage, RpcFault> read_rpc(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  const std::string_view body = text.substr(begin);
  Reading reading;
  reading.message.id = "null";
  if (body.empty() || body.front() != '{') {
    const bool sound = crank_json_valid(slice(body)) != 0;
    return RpcFault{sound ? fault(RpcCode::invalid_request, body.front() == '['
                                                                ? "batches are not taken: send one message at a time"
                                                                : "a message is a JSON object")
                          : fault(RpcCode::parse_error, "a message is a JSON object, and this is not valid JSON"),
                    reading.message.id};
  }
  auto problem =
      each_member(body, [&](std::string_view name, std::string_view value) { return reading.member(name, value); });
  if (!problem) problem = reading.finish();
  if (problem) return RpcFault{std::move(*problem), std::move(reading.message.id)};
  return std::move(reading.message);
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  const std::size_t at = out.size();
  out.resize(at + text.size() + 16); // nearly always enough
  std::size_t size = crank_json_escape(text.data(), text.size(), out.data() + at, out.size() - at);
  if (size > out.size() - at) {
    out.resize(at + size);
    size = crank_json_escape(text.data(), text.size(), out.data() + at, size);
  }
  out.resize(at + size);
  out += '"';
}

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

void append_on_one_line(std::string& out, std::string_view json) {
  const std::size_t at = out.size();
  out += json;
  std::replace_if(
      out.begin() + static_cast<std::ptrdiff_t>(at), out.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
}

std::string rpc_result(std::string_view id, std::string_view result) {
  std::string out = R"({"jsonrpc":"2.0","id":)";
  out.reserve(out.size() + id.size() + result.size() + 16);
  out.append(id).append(R"(,"result":)").append(result).append("}");
  return out;
}

std::string rpc_error(std::string_view id, const RpcError& error) {
  std::string out = R"({"jsonrpc":"2.0","id":)";
  out.append(id).append(R"(,"error":{"code":)").append(std::to_string(static_cast<int>(error.code)));
  out += R"(,"message":)";
  append_json_string(out, error.message);
  if (!error.data.empty()) out.append(R"(,"data":)").append(error.data);
  out += "}}";
  return out;
}

std::string rpc_request(std::string_view id, std::string_view method, std::string_view params) {
  std::string out = R"({"jsonrpc":"2.0","id":)";
  out.append(id).append(R"(,"method":)");
  append_json_string(out, method);
  return out.append(R"(,"params":)").append(params).append("}");
}

std::string rpc_id(const boost::json::value& id) {
  return id.is_string() ? json_string({id.get_string().data(), id.get_string().size()}) : json_text(id);
}

std::string rpc_notification(std::string_view method, std::string_view params) {
  std::string out = R"({"jsonrpc":"2.0","method":)";
  append_json_string(out, method);
  if (!params.empty()) out.append(R"(,"params":)").append(params);
  out += '}';
  return out;
}

} // namespace crank
