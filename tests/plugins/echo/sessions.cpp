// sessions.cpp: the echo plugin's WebSocket (/ws) and event stream (/ticks) on "crank.session/1". What a client may
// send is listed in tests/plugins/README.md.
#include "echo.hpp"

#include "text.hpp"

#include <memory>

namespace echo {
namespace {

/* What one session remembers; owned by the session from opened() to closed(). */
struct State {
  std::int64_t next = 0;  /* id of the next tick */
  std::int64_t last = 0;  /* id of the last tick */
  std::int64_t pace = 10; /* milliseconds between two */
  std::int64_t left = 0;  /* messages of a flood still to send */
  std::string block;      /* one message of that flood */
};

State &state_of(crank_session *session) { return *static_cast<State *>(session->plugin_data); }

std::string_view get(const crank_session *session, std::string_view key) {
  crank_str value = {nullptr, 0};
  return session->get(session, str(key), &value) == CRANK_OK ? view(value) : std::string_view();
}

crank_message message_of(std::string_view data, std::string_view event = {}, std::string_view id = {},
                         std::int32_t kind = CRANK_TEXT) {
  return {sizeof(crank_message), kind, 0, {data.data(), data.size()}, {event.data(), event.size()},
          {id.data(), id.size()}};
}

crank_status send(crank_session *session, std::string_view text) {
  const crank_message message = message_of(text);
  return session->send(session, &message);
}

bool is_events(const crank_session *session) { return view(session->operation) == "test.ticks"; }

crank_status opened(crank_plugin *, crank_session *session) noexcept {
  if (get(session, "query.refuse") == "1") {
    const crank_problem problem = {
        sizeof(crank_problem), CRANK_UNAVAILABLE, 0, str(""), str("refused as asked"), 2500, nullptr, str("")};
    return session->fail(session, &problem);
  }
  if (const auto name = get(session, "query.subprotocol"); !name.empty()) {
    const crank_status status = session->set(session, str("subprotocol"), str(name == "none" ? "" : name));
    if (status != CRANK_OK) return status;
  }
  if (const auto value = get(session, "query.x-said"); !value.empty()) {
    const crank_status status = session->set(session, str("header.x-said"), str(value));
    if (status != CRANK_OK) return status;
  }
  auto state = std::make_unique<State>();
  const auto topic = get(session, "query.topic");
  if (!topic.empty()) {
    const crank_status status = session->join(session, str(topic));
    if (status != CRANK_OK) return status;
  }
  if (get(session, "query.greet") == "1") send(session, "hello");
  if (is_events(session)) {
    state->next = integer(get(session, "header.last-event-id"), 0) + 1;
    state->last = integer(get(session, "query.n"), 5);
    state->pace = integer(get(session, "query.ms"), 10);
    if (state->last >= 0) session->wake_after(session, static_cast<std::uint64_t>(state->pace));
  }
  session->log(session, CRANK_LOG_INFO, str("session opened"));
  session->plugin_data = state.release();
  return CRANK_OK;
}

/* One tick; a client with n=-1 gets only what is published to its topic. */
void wake(crank_plugin *, crank_session *session) noexcept {
  State &state = state_of(session);
  if (state.next > state.last) {
    session->close(session, CRANK_CLOSE_NORMAL, str(""));
    return;
  }
  const std::string id = std::to_string(state.next);
  const std::string data = "{\"tick\":" + id + "}";
  const crank_message message = message_of(data, "tick", id);
  const crank_status status = session->send(session, &message);
  if (status == CRANK_OK) ++state.next;
  if (status == CRANK_OK || status == CRANK_BUSY) {
    session->wake_after(session, static_cast<std::uint64_t>(state.pace));
  }
}

/* Sends until the queue is full; writable() goes on from there. */
void flood(crank_session *session) {
  State &state = state_of(session);
  for (; state.left > 0; --state.left) {
    const crank_status status = send(session, state.block);
    if (status == CRANK_OK) continue;
    if (status != CRANK_BUSY) state.left = 0;
    return;
  }
}

void publish(Instance &instance, crank_session *session, std::string_view rest) {
  const auto topic = cut(rest, ':');
  const crank_message message = message_of(rest, "published");
  if (instance.sessions == nullptr || instance.sessions->publish(instance.host, str(topic), &message) != CRANK_OK) {
    send(session, "publish failed");
  }
}

void count(Instance &instance, crank_session *session) {
  const auto operation = view(session->operation);
  const std::uint64_t n = instance.sessions == nullptr ? 0 : instance.sessions->count(instance.host, str(operation));
  send(session, "count:" + std::to_string(n));
}

/* True if the text was a command. */
bool command(Instance &instance, crank_session *session, std::string_view text) {
  std::string_view rest = text;
  const auto word = cut(rest, ':');
  if (word == "close") {
    const auto code = cut(rest, ':');
    session->close(session, static_cast<std::int32_t>(integer(code, CRANK_CLOSE_NORMAL)), str(rest));
  } else if (word == "topic") {
    session->join(session, str(rest));
  } else if (word == "leave") {
    session->leave(session, str(rest));
  } else if (word == "publish") {
    publish(instance, session, rest);
  } else if (word == "count") {
    count(instance, session);
  } else if (word == "flood") {
    state_of(session).left = integer(cut(rest, ':'), 0);
    state_of(session).block.assign(static_cast<std::size_t>(integer(rest, 1)), 'f');
    flood(session);
  } else if (word == "get") {
    send(session, get(session, rest));
  } else {
    return false;
  }
  return true;
}

void message(crank_plugin *plugin, crank_session *session, const crank_message *message) noexcept {
  if (message->kind == CRANK_TEXT && command(instance_of(plugin), session, view(message->data))) return;
  const crank_message back = message_of(view(message->data), {}, {}, message->kind);
  session->send(session, &back);
}

void writable(crank_plugin *, crank_session *session) noexcept { flood(session); }

void closed(crank_plugin *plugin, crank_session *session, std::int32_t code, crank_str reason) noexcept {
  const std::unique_ptr<State> state(&state_of(session));
  log(instance_of(plugin),
      "session closed with " + std::to_string(code) + (reason.len == 0 ? "" : ": ") + std::string(view(reason)));
}

} // namespace

const crank_plugin_session session_callbacks = {sizeof(crank_plugin_session), opened, message, writable, wake, closed};

} // namespace echo
