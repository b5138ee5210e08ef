#include "doors/mcp_door.hpp"

#include "doors/event_stream.hpp"
#include "doors/mcp_exchange.hpp"

#include <array>

namespace crank {
namespace {

// Longer ones are not read on an I/O thread.
constexpr std::size_t longest_inline = 64 * 1024;

// What plugins see of a request: all of it, but that it is no POST of theirs.
class McpAttributes : public RequestAttributes {
public:
  explicit McpAttributes(std::shared_ptr<const RequestHead> head) : head_(std::move(head)) {}
  std::optional<std::string_view> get(std::string_view key) const override {
    return key == "method" ? "MCP" : head_->get(key);
  }
  bool each(std::string_view prefix, const Visitor& visit) const override { return head_->each(prefix, visit); }
  const Caller& caller() const override { return head_->caller(); }

private:
  const std::shared_ptr<const RequestHead> head_;
};

std::optional<std::string> text_of(RequestBody& body) {
  if (const auto whole = body.whole()) return std::string(*whole);
  std::string text;
  std::array<char, 65536> piece{};
  while (true) {
    const std::int64_t count = body.read(piece.data(), piece.size());
    if (count < 0) return std::nullopt;
    if (count == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(count));
  }
}

// A legacy client's requests and the notification that cancels one come apart; the id that it was given holds them
// together, and says what the client can be asked. There is nothing behind it here, so that no restart ends a session.
std::string connection_of(const RequestHead& head) {
  const std::string_view session = head.field("mcp-session-id");
  if (session.empty()) return {};
  const Caller& caller = head.caller();
  return std::to_string(static_cast<int>(caller.kind)).append(caller.subject).append("\n").append(session);
}

class McpDoor : public Handler {
public:
  McpDoor(McpServer& server, Engine& engine, McpDoorOptions options)
      : server_(server), engine_(engine), options_(options), scheme_(options.tls ? "https://" : "http://") {}

  std::variant<BodyPlan, Problem> plan(const RequestHead& head) override {
    if (const std::string type = head.media_type(); !type.empty() && type != "application/json")
      return Problem::http(415, "UNSUPPORTED_MEDIA_TYPE", "a message is application/json");
    if (!head.field("content-encoding").empty())
      return Problem::http(415, "UNSUPPORTED_MEDIA_TYPE", "the body must come as it is, without Content-Encoding");
    return BodyPlan{false, options_.most_bytes};
  }

  void handle(std::shared_ptr<Exchange> exchange, std::unique_ptr<RequestBody> body) override {
    const auto peer = std::make_shared<McpExchange>(exchange, options_.keepalive);
    const auto whole = body->whole();
    if (whole && whole->size() <= longest_inline) {
      receive(*exchange, std::string(*whole), peer);
    } else {
      engine_.pool().submit([this, exchange, peer, body = std::shared_ptr(std::move(body))] {
        auto text = text_of(*body);
        if (!text) return exchange->fail(Problem::of(CRANK_UNAVAILABLE, "the body could not be read"));
        receive(*exchange, *std::move(text), peer);
      });
    }
    peer->keep_alive();
  }

private:
  void receive(Exchange& exchange, std::string text, std::shared_ptr<McpPeer> peer) {
    const RequestHead& head = exchange.head();
    McpArrival arrival;
    arrival.text = std::make_shared<const std::string>(std::move(text));
    arrival.attributes = std::make_shared<McpAttributes>(exchange.shared_head());
    arrival.headers = &head;
    arrival.request_id = head.request_id;
    arrival.traceparent = head.traceparent;
    arrival.connection = connection_of(head);
    arrival.base = std::string(scheme_).append(head.field("host"));
    arrival.has_sessions = true;
    arrival.abilities = abilities_of_session(head.field("mcp-session-id"));
    server_.receive(std::move(arrival), std::move(peer));
  }

  McpServer& server_;
  Engine& engine_;
  const McpDoorOptions options_;
  const std::string_view scheme_;
};

} // namespace

std::shared_ptr<Handler> make_mcp_door(McpServer& server, Engine& engine, McpDoorOptions options) {
  return std::make_shared<McpDoor>(server, engine, options);
}

} // namespace crank
