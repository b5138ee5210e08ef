// send_after_close: a WebSocket (GET /ws) that sends after its own close(), inside closed(), and after closed() while
// it still holds the session. Each must answer CRANK_CANCELLED; `test.call` tells what they answered.
#include "kit.hpp"

#include <crank/ext/session.h>

#include <atomic>
#include <cstdio>
#include <string_view>

namespace {
std::atomic<crank_status> after_close{CRANK_OK};
std::atomic<crank_status> inside_closed{CRANK_OK};
std::atomic<crank_status> after_closed{CRANK_OK};
std::atomic<crank_session *> retained{nullptr};

crank_status send(crank_session *session) {
  const crank_message message = {sizeof(crank_message), CRANK_TEXT, 0, {"late", 4}, {nullptr, 0}, {nullptr, 0}};
  return session->send(session, &message);
}

crank_status opened(crank_plugin *, crank_session *) noexcept { return CRANK_OK; }

void message(crank_plugin *, crank_session *session, const crank_message *) noexcept {
  session->close(session, CRANK_CLOSE_NORMAL, CRANK_STR("enough"));
  after_close = send(session);
}

void closed(crank_plugin *, crank_session *session, int32_t, crank_str) noexcept {
  inside_closed = send(session);
  session->retain(session);
  if (crank_session *earlier = retained.exchange(session)) earlier->release(earlier);
}

crank_status call(crank_plugin *, crank_call *call) noexcept {
  if (crank_session *session = retained.exchange(nullptr)) {
    after_closed = send(session);
    session->release(session);
  }
  char text[128];
  const int length =
      std::snprintf(text, sizeof text, "{\"after_close\":%d,\"inside_closed\":%d,\"after_closed\":%d}",
                    static_cast<int>(after_close), static_cast<int>(inside_closed), static_cast<int>(after_closed));
  return call->write(call, text, static_cast<std::size_t>(length));
}

void stop(crank_plugin *) noexcept {
  if (crank_session *session = retained.exchange(nullptr)) session->release(session);
}

constexpr crank_plugin_session sessions = {sizeof(crank_plugin_session), opened, message, nullptr, nullptr, closed};

const void *extension(crank_plugin *, crank_str id) noexcept {
  return kit::view(id) == CRANK_EXT_SESSION ? &sessions : nullptr;
}

constinit crank_plugin instance = {sizeof(crank_plugin), nullptr, kit::start, call, stop, kit::destroy, extension};
} // namespace

constinit const crank_entry crank_entry_v0 = kit::entry(
    R"({"id":"send_after_close","version":"1.0.0","capabilities":[{"id":"test.call","verb":"test","version":"1.0.0"}],)"
    R"("routes":[{"method":"GET","path":"/ws","websocket":"test.ws"}]})",
    kit::create<&instance>);
