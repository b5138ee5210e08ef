#include "doors/session_door.hpp"

#include "doors/call_door.hpp"
#include "doors/event_stream.hpp"
#include "doors/websocket.hpp"

namespace crank {
namespace {

// The body of a request for a session is parsed on an I/O thread, so it may not be long unless the route says so.
constexpr std::uint64_t default_body_bytes = 1024 * 1024;

class SessionDoor : public Handler {
public:
  SessionDoor(Engine& engine, SessionRegistry& registry, Operation& operation, SessionMetrics metrics,
              const SessionDoorOptions& options)
      : engine_(engine), registry_(registry), operation_(operation), metrics_(metrics), options_(options) {}

  std::variant<BodyPlan, Problem> plan(const RequestHead& head) override {
    if (operation_.spec().kind == OperationKind::websocket) {
      if (auto problem = check_websocket_request(head)) return std::move(*problem);
    }
    if (auto problem = check_head(engine_, operation_, head)) return std::move(*problem);
    const std::uint64_t limit =
        operation_.spec().limits.max_body_bytes.value_or(std::min(default_body_bytes, options_.body_bytes));
    return BodyPlan{false, limit};
  }

  void handle(std::shared_ptr<Exchange> exchange, std::unique_ptr<RequestBody> body) override {
    const RequestHead& head = exchange->head();
    if (const auto problem = check_input(operation_, head.media_type(), body->whole())) return exchange->fail(*problem);
    if (head.method() == "HEAD") { // as GET would have it, and no session for that
      exchange->begin_live(200, std::string(event_stream_type), std::string(event_stream_headers));
      return exchange->end_live();
    }
    exchange->agree_on_subprotocol(choose_subprotocol(head, operation_.spec().subprotocols));
    Session::Request request{exchange->shared_head(), std::move(body), head.request_id, head.traceparent};
    const auto session = std::make_shared<Session>(registry_, exchange->io(), operation_, metrics_, std::move(request));
    exchange->on_disconnect([session] { session->disconnected(CRANK_CLOSE_ABNORMAL); });
    session->open(transport(exchange, session));
  }

private:
  std::shared_ptr<SessionTransport> transport(const std::shared_ptr<Exchange>& exchange,
                                              const std::shared_ptr<Session>& session) const {
    const SessionLimits& limits = options_.limits;
    if (operation_.spec().kind == OperationKind::events) {
      return std::make_shared<EventStream>(exchange, session, std::chrono::milliseconds(limits.event_keepalive_ms));
    }
    return make_websocket(exchange, session,
                          {limits.websocket_message_bytes, std::chrono::milliseconds(limits.websocket_ping_ms),
                           options_.websocket_deflate});
  }

  Engine& engine_;
  SessionRegistry& registry_;
  Operation& operation_;
  const SessionMetrics metrics_;
  const SessionDoorOptions options_;
};

} // namespace

std::shared_ptr<Handler> make_session_door(Engine& engine, SessionRegistry& registry, Operation& operation,
                                           SessionMetrics metrics, const SessionDoorOptions& options) {
  return std::make_shared<SessionDoor>(engine, registry, operation, metrics, options);
}

} // namespace crank
