// The streaming worker: text in paced chunks, periodic events, a WebSocket room, and the capability text.stream.
// Everything waits in sessions, so that no client holds a thread. Knows plugin_api and nothing of the host.
#include "chunker.hpp"
#include "json_text.hpp"
#include "manifest.hpp"

#include <crank/crank.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace streaming {
namespace {

constexpr std::string_view room = "ws"; // the topic that every WebSocket joins

struct Config {
  std::uint64_t pace_ms = 100;
  std::uint64_t events_interval_ms = 5000;
};

struct TextRequest {
  std::string content;
  std::uint64_t chunk_size = 100;
};

// The host has checked the schema; what it did not check is refused here.
TextRequest read_request(std::string_view body) {
  TextRequest request;
  crank_str value;
  if (!crank_json_find(slice(body), "content", &value) || !to_string(value, request.content)) {
    throw crank::Error(CRANK_INVALID, "content must be a string");
  }
  if (crank_json_find(slice(body), "chunk_size", &value)) {
    if (!to_count(value, request.chunk_size) || request.chunk_size == 0) {
      throw crank::Error(CRANK_INVALID, "chunk_size must be a whole number above 0");
    }
  }
  return request;
}

JsonText to_json(const Chunk& chunk) {
  JsonText out;
  out.raw("{\"chunk_id\":").number(chunk.id).raw(",\"content\":\"").escaped(chunk.content);
  out.raw(chunk.is_last ? "\",\"is_last\":true" : "\",\"is_last\":false");
  out.raw(",\"timestamp\":\"").now().raw("\"}");
  return out;
}

std::string_view worker_id(crank::Session session) { return session.get("worker_id").value_or(""); }

// The id of the last event the client saw (WHATWG HTML, "Server-sent events"); none if it is not one of ours.
std::optional<std::uint64_t> last_event_id(crank::Session session) {
  std::uint64_t id = 0;
  const auto header = session.get("header.last-event-id");
  return header && to_count(slice(*header), id) ? std::optional(id) : std::nullopt;
}

void read_setting(std::string_view config, const char* name, std::uint64_t& setting) {
  crank_str value;
  if (!crank_json_find(slice(config), name, &value) || to_count(value, setting)) return;
  throw crank::Error(CRANK_INVALID, "pace_ms and events_interval_ms must be whole numbers, 0 or more");
}

// True after CRANK_OK. Ends the session if the message can never be sent; CRANK_BUSY leaves it to writable().
bool sent(crank::Session session, crank_status status) {
  if (status == CRANK_EXHAUSTED) {
    session.log(CRANK_LOG_WARN, "a message is larger than the send queue");
    session.close(CRANK_CLOSE_TOO_BIG, "message larger than the send queue");
  }
  return status == CRANK_OK;
}

// POST /stream/text
class TextStream : public crank::SessionHandler {
public:
  TextStream(TextRequest request, std::uint64_t pace_ms)
      : text_(std::move(request.content)), chunker_(text_, request.chunk_size), pace_ms_(pace_ms) {}

  void opened(crank::Session session) override {
    if (const auto last = last_event_id(session)) chunker_.skip(*last + 1);
    advance(session);
  }
  void writable(crank::Session session) override { advance(session); }
  void wake(crank::Session session) override { advance(session); }

private:
  // Sends chunks until one has to wait: for its time, or for the client.
  void advance(crank::Session session) {
    Chunk chunk;
    for (Chunker before = chunker_; chunker_.next(chunk); before = chunker_) {
      const JsonText data = to_json(chunk), id = JsonText().number(chunk.id);
      if (!sent(session, session.send({data.view(), {}, id.view()}))) {
        chunker_ = before;
        return;
      }
      if (chunk.is_last) break;
      if (pace_ms_) {
        session.wake_after(pace_ms_);
        return;
      }
    }
    session.close();
  }

  std::string text_;
  Chunker chunker_; // over text_
  std::uint64_t pace_ms_;
};

// GET /events
class PeriodicEvents : public crank::SessionHandler {
public:
  PeriodicEvents(crank::Host host, std::uint64_t interval_ms) : host_(host), interval_ms_(interval_ms) {}

  void opened(crank::Session session) override {
    count_ = last_event_id(session).value_or(0);
    advance(session);
  }
  void writable(crank::Session session) override { advance(session); }
  void wake(crank::Session session) override { advance(session); }

private:
  void advance(crank::Session session) {
    for (;;) {
      const JsonText id = JsonText().number(count_ + 1), data = event(session, id.view());
      if (!sent(session, session.send({data.view(), {}, id.view()}))) return;
      ++count_;
      if (interval_ms_) {
        session.wake_after(interval_ms_);
        return;
      }
    }
  }

  JsonText event(crank::Session session, std::string_view id) const {
    JsonText out;
    out.raw("{\"event_id\":").raw(id).raw(",\"timestamp\":\"").now();
    out.raw("\",\"worker_id\":\"").escaped(worker_id(session));
    out.raw("\",\"active_connections\":").number(host_.session_count("ws"));
    out.raw(",\"message\":\"Periodic update #").raw(id).raw("\"}");
    return out;
  }

  crank::Host host_;
  std::uint64_t interval_ms_;
  std::uint64_t count_ = 0; // events sent
};

// GET /ws
class Visitor : public crank::SessionHandler {
public:
  explicit Visitor(crank::Host host) : host_(host) {}

  void opened(crank::Session session) override {
    JsonText welcome;
    welcome.raw("{\"type\":\"welcome\",\"worker_id\":\"").escaped(worker_id(session));
    answer(session, welcome.raw("\",\"timestamp\":\"").now().raw("\"}").view());
    session.join(room); // after the welcome, which has to come first
  }

  void message(crank::Session session, const crank::Message& message) override {
    if (!crank_json_valid(slice(message.data))) {
      answer(session, R"({"type":"error","message":"Invalid JSON format"})");
      return;
    }
    JsonText response;
    response.raw("{\"type\":\"response\",\"original\":").raw(message.data).raw(",\"processed_at\":\"").now();
    response.raw("\",\"worker_id\":\"").escaped(worker_id(session)).raw("\"}");
    answer(session, response.view());
    const JsonText everyone = broadcast(slice(message.data));
    if (host_.publish(room, {everyone.view()}) != CRANK_OK) session.log(CRANK_LOG_WARN, "a broadcast was not sent");
  }

private:
  // A client that does not read its answers is a slow one, and slow ones are closed here as in a broadcast.
  void answer(crank::Session session, std::string_view text) {
    const crank_status status = session.send({text});
    if (!sent(session, status) && status == CRANK_BUSY) session.close(CRANK_CLOSE_TRY_AGAIN, "reads too slowly");
  }

  // A "content" that is no string goes out as its JSON text.
  static JsonText broadcast(crank_str original) {
    JsonText out;
    out.raw("{\"type\":\"broadcast\",\"message\":\"User sent: ");
    crank_str content;
    if (!crank_json_find(original, "content", &content)) {
      out.raw("No content");
    } else if (crank_json_kind(content) == CRANK_JSON_STRING) {
      out.raw(view(content).substr(1, content.len - 2)); // is escaped already
    } else {
      out.escaped(view(content));
    }
    return out.raw("\",\"timestamp\":\"").now().raw("\"}");
  }

  crank::Host host_;
};

class Streaming : public crank::Plugin, public crank::SessionSource {
public:
  using crank::Plugin::Plugin;

  void start(std::string_view config_json) override {
    read_setting(config_json, "pace_ms", config_.pace_ms);
    read_setting(config_json, "events_interval_ms", config_.events_interval_ms);
  }

  crank_status call(crank::Call& call) override {
    if (call.operation() == "text.stream") return stream(call);
    if (call.operation() == "capabilities") return capabilities(call);
    if (call.operation() == "root") return root(call);
    return call.fail(CRANK_NOT_FOUND, "no such operation");
  }

  std::unique_ptr<crank::SessionHandler> open(crank::Session session) override {
    if (session.operation() == "ws") return std::make_unique<Visitor>(host());
    if (session.operation() == "events") return std::make_unique<PeriodicEvents>(host(), config_.events_interval_ms);
    if (session.operation() == "stream_text") {
      return std::make_unique<TextStream>(read_request(session.body()), config_.pace_ms);
    }
    return nullptr;
  }

private:
  static crank_status stream(crank::Call& call) {
    const TextRequest request = read_request(call.body());
    Chunker chunker(request.content, request.chunk_size);
    for (Chunk chunk; chunker.next(chunk);) {
      if (call.cancelled()) return CRANK_CANCELLED;
      call.write(to_json(chunk).view());
    }
    return CRANK_OK;
  }

  static crank_status capabilities(crank::Call& call) {
    call.write(R"({"status":"ready","service":"streaming",)"
               R"("endpoints":{"text_stream":"/stream/text","websocket":"/ws","events":"/events"},)"
               R"("capabilities":["text_streaming","websocket","sse"],)"
               R"("message":"Use POST /stream/text for text streaming"})");
    return CRANK_OK;
  }

  static crank_status root(crank::Call& call) {
    JsonText out;
    out.raw(R"({"service":"crank-streaming","version":"2.0.0","worker_id":")")
        .escaped(call.get("worker_id").value_or(""));
    out.raw(R"(","capabilities":["text-streaming","websocket","sse"],)"
            R"("endpoints":{"health":"/health","stream_text":"/stream/text","websocket":"/ws","sse":"/events"}})");
    call.write(out.view());
    return CRANK_OK;
  }

  Config config_; // written in start() only
};

} // namespace
} // namespace streaming

CRANK_PLUGIN(streaming::Streaming, streaming::manifest)
