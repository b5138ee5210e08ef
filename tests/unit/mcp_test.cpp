#include "catch.hpp"

#include "mcp/base64.hpp"
#include "mcp/contents.hpp"
#include "mcp/era.hpp"
#include "mcp/json_rpc.hpp"
#include "mcp/progress.hpp"
#include "mcp/results.hpp"
#include "mcp/tool_names.hpp"
#include "mcp/tool_schema.hpp"
#include "json/json.hpp"

#include <boost/json.hpp>

#include <chrono>
#include <map>

using namespace crank;
namespace json = boost::json;

namespace {

json::value parsed(std::string_view text) {
  INFO(text);
  auto value = parse_json(text);
  REQUIRE(value);
  return *value;
}

RpcMessage message_of(std::string_view text) {
  auto message = read_rpc(text);
  REQUIRE(message);
  return *message;
}

using Fields = std::map<std::string, std::string>;

class Headers : public RequestAttributes {
public:
  explicit Headers(Fields fields) : fields_(std::move(fields)) {}
  std::optional<std::string_view> get(std::string_view key) const override {
    const auto found = fields_.find(std::string(key.substr(std::min<std::size_t>(7, key.size()))));
    return found == fields_.end() ? std::nullopt : std::optional<std::string_view>(found->second);
  }
  bool each(std::string_view, const Visitor&) const override { return true; }
  const Caller& caller() const override { return caller_; }

private:
  const Fields fields_;
  const Caller caller_;
};

const std::string modern_meta = R"("_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",)"
                                R"("io.modelcontextprotocol/clientCapabilities":{"extensions":{"x/y":{}}}})";

std::string modern_call(std::string_view name) {
  return R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":")" + std::string(name) + "\"," +
         modern_meta + "}}";
}

OperationSpec operation(std::string_view input, std::string_view output = "{}") {
  OperationSpec spec;
  spec.name = "a.b";
  spec.content_types = {"application/json"};
  spec.input_schema = parsed(input);
  spec.output_schema = parsed(output);
  return spec;
}

} // namespace

TEST_CASE("mcp: a request, a notification and a response") {
  const RpcMessage request = message_of(
      R"( {"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"arguments": {"x": [1, 2]} ,"name":"n"}} )");
  CHECK(request.kind == RpcMessage::Kind::request);
  CHECK(request.id == "\"a\"");
  CHECK(request.method == "tools/call");
  CHECK(request.arguments == R"({"x": [1, 2]})");
  CHECK(text_param(request, "name") == "n");
  CHECK_FALSE(request.params.contains("arguments"));
  CHECK(message_of(R"({"method":"m\u0065","jsonrpc":"2.0"})").method == "me");
  CHECK(message_of(R"({"method":"m","jsonrpc":"2.0"})").kind == RpcMessage::Kind::notification);
  CHECK(message_of(R"({"result":{},"id":1,"jsonrpc":"2.0"})").kind == RpcMessage::Kind::response);
  CHECK(message_of(R"({"error":{},"id":1,"jsonrpc":"2.0"})").kind == RpcMessage::Kind::response);
}

TEST_CASE("mcp: an id is one, however it is spelt") {
  const RpcMessage plain = message_of(R"({"jsonrpc":"2.0","id":"a/b\n","method":"ping"})");
  const RpcMessage escaped = message_of(R"({"jsonrpc":"2.0","id":"\u0061\/b\u000a","method":"ping"})");
  CHECK(plain.id == escaped.id);
  CHECK(rpc_id(*parse_json(R"("\u0061\/b\u000A")")) == plain.id);
  CHECK(rpc_id(*parse_json("7")) == message_of(R"({"jsonrpc":"2.0","id":7,"method":"ping"})").id);
}

TEST_CASE("mcp: a response brings a result or an error, as it came") {
  const RpcMessage result = message_of(R"({"jsonrpc":"2.0","id":"x","result":{"a": [1]} })");
  CHECK(result.kind == RpcMessage::Kind::response);
  CHECK(result.result == R"({"a": [1]})");
  CHECK(result.error.empty());
  CHECK(message_of(R"({"jsonrpc":"2.0","id":"x","error":{"code":-1}})").error == R"({"code":-1})");
  CHECK(!read_rpc(R"({"jsonrpc":"2.0","id":"x","error":{},"result":{}})"));
}

TEST_CASE("mcp: what is no message is refused with what is known of it") {
  const auto refused = [](std::string_view text, RpcCode code, std::string_view id) {
    INFO(text);
    const auto message = read_rpc(text);
    REQUIRE_FALSE(message);
    CHECK(message.error().error.code == code);
    CHECK(message.error().id == id);
  };
  refused("", RpcCode::parse_error, "null");
  refused("{", RpcCode::parse_error, "null");
  refused(R"({"id":7,"jsonrpc":"2.0","method":"m",)", RpcCode::parse_error, "7");
  refused(R"({"id":7,"jsonrpc":"2.0","method":"m","params":{"a":1,"a":2}})", RpcCode::parse_error, "7");
  refused(R"({"id":7,"id":8,"jsonrpc":"2.0","method":"m"})", RpcCode::parse_error, "7");
  refused(R"({"id":7,"method":"m"})", RpcCode::invalid_request, "7");
  refused(R"({"id":7.5,"jsonrpc":"2.0","method":"m"})", RpcCode::invalid_request, "null");
  refused(R"([{"id":7,"jsonrpc":"2.0","method":"m"}])", RpcCode::invalid_request, "null");
  refused(R"({"id":7,"jsonrpc":"2.0","method":"m","params":3})", RpcCode::invalid_params, "7");
  refused("{\"jsonrpc\":\"2.0\",\"method\":\"\xff\"}", RpcCode::parse_error, "null");
}

TEST_CASE("mcp: messages out are one line of JSON") {
  const std::string error = rpc_error("1", {RpcCode::invalid_params, "a \"b\"\n\xff", R"({"c":1})", 400});
  CHECK(error.find('\n') == std::string::npos);
  CHECK(parsed(error).at_pointer("/error/code") == -32602);
  CHECK(parsed(error).at_pointer("/error/data/c") == 1);
  CHECK(parsed(rpc_result("\"x\"", "{}")) == parsed(R"({"jsonrpc":"2.0","id":"x","result":{}})"));
  CHECK(parsed(rpc_notification("n", R"({"a":1})")).at_pointer("/params/a") == 1);
  std::string line;
  append_on_one_line(line, "{\n \"a\":\r\n1}");
  CHECK(line.find_first_of("\r\n") == std::string::npos);
  CHECK(parsed(json_string(std::string(100, '\x01'))).get_string().size() == 100);
}

TEST_CASE("mcp: the era of a message") {
  const auto era = [](const std::string& text, const RequestAttributes* headers = nullptr) {
    return era_of(message_of(text), headers);
  };
  const auto version = [](const char* text) { return Headers(Fields{{"mcp-protocol-version", text}}); };
  const Headers modern = version("2026-07-28"), legacy = version("2025-06-18"), other = version("1"), none{Fields()};
  const std::string plain = R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})";
  const std::string initialize = R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{}})";
  CHECK(*era(plain) == Era::legacy);
  CHECK(*era(plain, &none) == Era::legacy);
  CHECK(*era(plain, &legacy) == Era::legacy);
  CHECK(era(plain, &other).error().code == RpcCode::unsupported_version);
  CHECK(era(plain, &modern).error().code == RpcCode::invalid_params);
  CHECK(era(plain, &modern).error().http_status == 400);
  CHECK(*era(initialize, &other) == Era::legacy);
  CHECK(era(initialize, &modern).error().code == RpcCode::header_mismatch);
  CHECK(*era(modern_call("t")) == Era::modern);
  CHECK(*era(modern_call("t"), &modern) == Era::modern);
  CHECK(era(modern_call("t"), &legacy).error().code == RpcCode::header_mismatch);
  CHECK(*era(R"({"jsonrpc":"2.0","method":"notifications/x"})", &modern) == Era::modern);
  CHECK(declares_extension(message_of(modern_call("t")), "x/y"));
  CHECK_FALSE(declares_extension(message_of(modern_call("t")), "x/z"));
  CHECK(negotiated_mcp_version(message_of(
            R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-03-26"}})")) ==
        "2025-03-26");
  CHECK(negotiated_mcp_version(message_of(initialize)) == newest_legacy_mcp_version);
}

TEST_CASE("mcp: fields of a modern request mirror its body") {
  const auto fault = [](std::map<std::string, std::string> fields, const std::string& name = "tool") {
    fields.emplace("mcp-protocol-version", "2026-07-28");
    const auto error = check_mirrors(message_of(modern_call(name)), Headers(std::move(fields)));
    return error ? error->code : RpcCode::internal_error;
  };
  CHECK(fault({{"mcp-method", "tools/call"}, {"mcp-name", " tool "}}) == RpcCode::internal_error);
  CHECK(fault({{"mcp-method", "tools/call"}, {"mcp-name", "=?base64?dG9vbA==?="}}) == RpcCode::internal_error);
  CHECK(fault({{"mcp-method", "tools/call"}, {"mcp-name", "=?base64?dG9vbA?="}}) == RpcCode::header_mismatch);
  CHECK(fault({{"mcp-method", "Tools/Call"}, {"mcp-name", "tool"}}) == RpcCode::header_mismatch);
  CHECK(fault({{"mcp-name", "tool"}}) == RpcCode::header_mismatch);
  CHECK(fault({{"mcp-method", "tools/call"}}) == RpcCode::header_mismatch);
  CHECK(fault({{"mcp-method", "tools/call"}, {"mcp-name", "other"}}) == RpcCode::header_mismatch);
}

TEST_CASE("mcp: base 64") {
  for (const std::size_t size : {0u, 1u, 2u, 3u, 100u, 3u * 1024 * 1024 + 1}) {
    const std::string bytes(size, '\xfe');
    std::string text;
    append_base64(text, bytes);
    CHECK(decode_base64(text) == bytes);
  }
  for (const char* wrong : {"A", "AAA", "AA=A", "AB==", "A A=", "AAAA\n", "===="}) {
    INFO(wrong);
    CHECK_FALSE(decode_base64(wrong));
  }
}

TEST_CASE("mcp: tool names are taken by every client, and stay") {
  CHECK(tool_names({"text.count", "plain", "a_b.c-d"}) == std::vector<std::string>{"text_count", "plain", "a_b_c-d"});
  const auto clash = tool_names({"a.b", "a_b", "a.b.c", "a.b_c"});
  CHECK(clash[1] == "a_b");
  CHECK(clash[0] == "a_b_" + clash[0].substr(4));
  CHECK(clash[0].size() == 12);
  CHECK(clash[2] != clash[3]);
  CHECK(tool_names({"a_b", "a.b"})[1] == clash[0]); // whatever the order
  CHECK(clash[0] == "a_b_2e7336dc");                // for ever
  CHECK(tool_names({"wait.job"})[0].substr(0, 9) == "wait_job_");
  CHECK(tool_names({"get_job"})[0].size() == 16);
  const std::string longest(64, 'x'), too_long(65, 'x');
  CHECK(tool_names({longest})[0] == longest);
  CHECK(tool_names({{"document.convert", "convert_document"}, "a.b"}) ==
        std::vector<std::string>{"convert_document", "a_b"});
  const auto both = tool_names({{"x.y", "same"}, {"y.z", "same"}});
  CHECK(both[0].substr(0, 4) == "x_y_");
  CHECK(both[0] != both[1]);
  CHECK(tool_names({too_long})[0].size() == 64);
  CHECK(tool_names({too_long})[0] != tool_names({too_long + "y"})[0]);
}

TEST_CASE("mcp: input schemas are mended for who would stumble over them") {
  const OperationSpec odd = operation(R"({"type":"object","properties":{"a":true,"b":false,"c":{"type":"string"}},
    "anyOf":[{"required":["a"],"properties":{"d":{"type":"null"}}}],"definitions":{"x":{}},"not":{"required":["z"]}})");
  const json::object legacy = tool_input_schema(odd, Era::legacy), modern = tool_input_schema(odd, Era::modern);
  CHECK(legacy.at("$schema") == "https://json-schema.org/draft/2020-12/schema");
  CHECK(legacy.at("type") == "object");
  CHECK(legacy.at("properties") == parsed(R"({"a":{},"b":{"not":{}},"c":{"type":"string"},"d":{"type":"null"}})"));
  CHECK_FALSE(legacy.contains("anyOf"));
  CHECK_FALSE(legacy.contains("not"));
  CHECK(modern.contains("anyOf"));
  CHECK(tool_input_schema(operation(R"({"type":"object"})"), Era::legacy).at("properties") == json::object());

  Manifest manifest;
  manifest.capabilities.push_back({odd, "v", "1.0.0", {}, {}, {}, {}});
  const auto faults = tool_faults(manifest);
  CHECK(faults.size() == 5); // no description, anyOf, not, two booleans
}

TEST_CASE("mcp: structured results are objects") {
  const OperationSpec object = operation("{}", R"({"type":"object"})"),
                      number = operation("{}", R"({"type":"number"})"), open = operation("{}");
  OperationSpec items = number, text = open;
  items.streaming = true;
  text.response_type = "text/plain";
  CHECK(result_shape(object) == ResultShape::as_is);
  CHECK(result_shape(number) == ResultShape::wrapped);
  CHECK(result_shape(open) == ResultShape::as_is);
  CHECK(result_shape(items) == ResultShape::items);
  CHECK(result_shape(text) == ResultShape::none);
  CHECK_FALSE(tool_output_schema(open));
  CHECK_FALSE(tool_output_schema(text));
  CHECK(tool_output_schema(number)->at("properties") == parsed(R"({"result":{"type":"number"}})"));
  CHECK(tool_output_schema(items)->at("properties") ==
        parsed(R"({"items":{"type":"array","items":{"type":"number"}}})"));

  const auto result = [](const OperationSpec& spec, std::string_view type, std::string_view body) {
    return parsed(finished_result(Era::legacy, tool_result(spec, type, body, "u:1"), {"{}"})).get_object();
  };
  CHECK(result(object, "application/json", "\n{\"a\":\n1}").at("structuredContent") == parsed(R"({"a":1})"));
  CHECK(result(number, "application/json; charset=utf-8", "7").at("structuredContent") == parsed(R"({"result":7})"));
  CHECK_FALSE(result(open, "application/json", "[7]").contains("structuredContent"));
  CHECK(result(open, "application/json", "{\"a\"").at("isError") == true);
  CHECK(result(text, "text/plain", "x").at("content") == parsed(R"([{"type":"text","text":"x"}])"));
  CHECK(result(text, "text/plain", "").at("content") == json::array());
  CHECK(parsed(content_of("image/png", "\xff", "u:1")) ==
        parsed(R"({"type":"image","mimeType":"image/png","data":"/w=="})"));
  CHECK(parsed(content_of("application/pdf", "\xff", "u:1")).at_pointer("/resource/uri") == "u:1");

  const json::value modern = parsed(finished_result(Era::modern, "", {R"({"name":"n"})"}, "task"));
  CHECK(modern.at("resultType") == "task");
  CHECK(modern.at("_meta").at("io.modelcontextprotocol/serverInfo") == parsed(R"({"name":"n"})"));
}

TEST_CASE("mcp: progress grows, in one unit") {
  const auto value = [](const std::optional<std::string>& message) {
    REQUIRE(message);
    return parsed(*message).at_pointer("/params/progress").to_number<double>();
  };
  CHECK_FALSE(McpProgress("").at(0.5, "x"));
  McpProgress rare("7", std::chrono::hours(1));
  CHECK(value(rare.at(0, "")) == 0);
  CHECK_FALSE(rare.at(0.5, "too soon"));
  McpProgress percent("7", {});
  CHECK(value(percent.at(0, "x")) == 0);
  CHECK(value(percent.at(0.5, "")) == 50);
  CHECK_FALSE(percent.at(0.5, "no more than before"));
  CHECK_FALSE(percent.at(-1, ""));
  CHECK_FALSE(percent.items(1000));
  McpProgress steps("\"t\"", {});
  CHECK(value(steps.items(3)) == 3);
  CHECK(value(steps.at(0.9, "")) == 4);
}
