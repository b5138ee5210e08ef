/* myworker.cpp: a whole plugin in C++17, to copy and change. It streams the words of a text, and ticks.
 *
 *   c++ -std=c++17 -O2 -fPIC -shared -fvisibility=hidden $(pkg-config --cflags --libs crank-plugin-api) \
 *     -o libmyworker.so myworker.cpp
 *   crank-host describe ./libmyworker.so
 *   crank-host verify ./libmyworker.so
 *   crank-host --plugin ./libmyworker.so --host localhost
 *
 * Read from the bottom up: the entry, the plugin, the session. The contract is in crank.hpp, and in MANIFEST.md. */
#include <crank/crank.hpp>
#include <crank/json.h> // optional: a strict reader for small inputs. Use any JSON library you like instead.

#include <memory>
#include <string>
#include <string_view>

namespace {

// What the host knows before it runs anything of this file. From one capability it makes an HTTP route with a schema
// check, an OpenAPI entry, limits, metrics and a command-line call. A route of one's own needs no capability.
constexpr char manifest[] = R"json({
  "id": "myworker", "version": "0.1.0", "description": "Streams words, and ticks.",
  "service": {"port": 8600},
  "config_schema": {"type": "object", "additionalProperties": false, "properties": {
    "tick_ms": {"type": "integer", "minimum": 1, "default": 1000, "description": "Time between two ticks"}}},
  "capabilities": [{
    "id": "text.words", "verb": "split", "version": "1.0.0",
    "streaming": true,
    "input_schema": {"type": "object", "required": ["text"], "additionalProperties": false,
      "properties": {"text": {"type": "string"}}},
    "output_schema": {"type": "object", "required": ["word"], "properties": {"word": {"type": "string"}}},
    "errors": [{"code": "NO_WORDS", "status": 400, "description": "The text has no words"}],
    "examples": [{"text": "one two three"}]
  }],
  "routes": [{"method": "GET", "path": "/ticks", "events": "ticks", "inline": true,
    "description": "Counts for ever, as server-sent events"}]
})json";

crank_str slice(std::string_view text) { return {text.data(), text.size()}; }

// The string member `name` of a JSON object. Throwing crank::Error fails the call; any other exception is logged and
// becomes CRANK_INTERNAL.
std::string string_member(std::string_view object, const char* name) {
  crank_str value;
  if (!crank_json_find(slice(object), name, &value))
    throw crank::Error(CRANK_INVALID, std::string(name) + " is missing");
  std::string text(value.len, '\0');
  std::size_t len = 0;
  if (!crank_json_string(value, text.data(), text.size(), &len)) {
    throw crank::Error(CRANK_INVALID, std::string(name) + " must be a string");
  }
  text.resize(len);
  return text;
}

std::string escaped(std::string_view text) {
  std::string out(crank_json_escape(text.data(), text.size(), nullptr, 0), '\0');
  crank_json_escape(text.data(), text.size(), out.data(), out.size());
  return out;
}

// One client of /ticks. It holds no thread: callbacks come one after another, and none of them may wait.
class Ticks : public crank::SessionHandler {
public:
  explicit Ticks(std::uint64_t tick_ms) : tick_ms_(tick_ms) {}

  void opened(crank::Session session) override { tick(session); }
  void wake(crank::Session session) override { tick(session); }
  void writable(crank::Session session) override { tick(session); }
  // closed() needs nothing here: the handler is destroyed after it.

private:
  void tick(crank::Session session) {
    const std::string number = std::to_string(count_ + 1);
    if (session.send({number, {}, number}) != CRANK_OK) return; // BUSY: writable() comes; otherwise it is over
    ++count_;
    session.wake_after(tick_ms_);
  }

  std::uint64_t tick_ms_;
  std::uint64_t count_ = 0;
};

// Inherit from crank::Plugin, and from crank::SessionSource only if there are sessions.
class MyWorker : public crank::Plugin, public crank::SessionSource {
public:
  using crank::Plugin::Plugin;

  // [control] The configuration has passed config_schema, and defaults are filled in. Load models here.
  void start(std::string_view config_json) override {
    crank_str value;
    std::int64_t number = 0;
    if (crank_json_find(slice(config_json), "tick_ms", &value) && crank_json_integer(value, &number) && number > 0) {
      tick_ms_ = static_cast<std::uint64_t>(number);
    }
    host().log(CRANK_LOG_INFO, "ticks every " + std::to_string(tick_ms_) + " ms");
  }

  // [call-thread] Called concurrently. In a streaming operation each write() is one item, a JSON text.
  crank_status call(crank::Call& call) override {
    const std::string text = string_member(call.body(), "text");
    std::size_t words = 0;
    for (std::size_t end = 0, begin = 0; begin != text.size(); begin = end) {
      end = text.find(' ', begin);
      if (end == begin) {
        ++end;
        continue;
      }
      if (end == std::string::npos) end = text.size();
      if (call.cancelled()) return CRANK_CANCELLED; // for long work: look now and then
      call.write("{\"word\": \"" + escaped(std::string_view(text).substr(begin, end - begin)) + "\"}");
      ++words;
    }
    if (words == 0) return call.fail(CRANK_INVALID, "NO_WORDS", "The text has no words");
    return CRANK_OK;
  }

  // [session] Returning a handler accepts the client; throwing crank::Error refuses it with an HTTP error.
  std::unique_ptr<crank::SessionHandler> open(crank::Session session) override {
    if (session.operation() == "ticks") return std::make_unique<Ticks>(tick_ms_);
    return nullptr; // not found
  }

  // [control] After the last call and session: end and join your threads here, if you made any.
  void stop() override {}

private:
  std::uint64_t tick_ms_ = 1000; // written in start(), before any call or session
};

} // namespace

CRANK_PLUGIN(MyWorker, manifest)
