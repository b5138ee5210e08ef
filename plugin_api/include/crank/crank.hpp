// crank/crank.hpp: optional C++17 layer over crank.h, ext/session.h and ext/timer.h. A plugin becomes a class.
// Header-only, no JSON library, nothing of the host's. Exceptions of the plugin's code end here and become errors.
//
//   struct Shout : crank::Plugin {
//     using crank::Plugin::Plugin;
//     crank_status call(crank::Call& call) override { call.write(call.body()); return CRANK_OK; }
//   };
//   CRANK_PLUGIN(Shout, R"({"id": "shout", ...})")
//
// Thread tags ([control], [call-thread], [session], [any-thread]) mean what they mean in crank.h and ext/session.h.
#ifndef CRANK_CRANK_HPP
#define CRANK_CRANK_HPP

#include "crank.h"
#include "ext/session.h"
#include "ext/timer.h"

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace crank {
// Inline, so that this layer can change without clashing with code compiled from another release of it.
inline namespace plugin_v0 {

// What the plugin throws to fail with a status, one of its declared error codes (or "" for the one that belongs to the
// status) and one sentence for a person.
class Error : public std::exception {
public:
  Error(crank_status status, std::string text) : Error(status, std::string(), std::move(text)) {}
  Error(crank_status status, std::string code, std::string text)
      : status_(status), code_(std::move(code)), text_(std::move(text)) {}
  crank_status status() const noexcept { return status_; }
  const std::string& code() const noexcept { return code_; }
  const std::string& text() const noexcept { return text_; }
  const char* what() const noexcept override { return text_.c_str(); }

private:
  crank_status status_;
  std::string code_;
  std::string text_;
};

// A message of a session. `event` and `id` are for event streams. Views: the host copies what it is given.
struct Message {
  std::string_view data;
  std::string_view event = {};
  std::string_view id = {};
  std::int32_t kind = CRANK_TEXT;
};

namespace detail {

inline std::string_view view(crank_str text) noexcept {
  return text.len ? std::string_view(text.ptr, text.len) : std::string_view();
}
inline crank_str str(std::string_view text) noexcept { return {text.data(), text.size()}; }

inline crank_message raw(const Message& message) noexcept {
  return {sizeof(crank_message), message.kind, 0, str(message.data), str(message.event), str(message.id)};
}

// Where a failure of the plugin's code is told: `log` takes what is not meant for clients. Each target has one.
struct Report {
  void* target;
  void (*log)(void* target, std::string_view text) noexcept;
  crank_status (*fail)(void* target, crank_status status, const char* code, std::string_view text) noexcept;
};

// Turns the exception in flight into a failure. One function for all callbacks, as catch clauses are large.
[[gnu::noinline, gnu::cold]] inline crank_status explain(const Report& report) noexcept {
  try {
    throw;
  } catch (const Error& error) {
    const crank_status status = error.status() < 0 ? error.status() : CRANK_INTERNAL;
    return report.fail(report.target, status, error.code().empty() ? nullptr : error.code().c_str(), error.text());
  } catch (const std::bad_alloc&) {
    return report.fail(report.target, CRANK_EXHAUSTED, nullptr, "out of memory");
  } catch (const std::exception& error) {
    report.log(report.target, error.what());
  } catch (...) {
    report.log(report.target, "an exception that is no std::exception");
  }
  return report.fail(report.target, CRANK_INTERNAL, nullptr, "the plugin failed");
}

// Runs the plugin's code; exceptions end here.
template <class Body>
crank_status guarded(const Report& report, Body&& body) noexcept {
  try {
    return body();
  } catch (...) {
    return explain(report);
  }
}

// For failures that no call or session waits for.
inline Report report_to(const crank_host* host) noexcept {
  return {const_cast<crank_host*>(host),
          [](void* target, std::string_view text) noexcept {
            const auto* to = static_cast<const crank_host*>(target);
            to->log(to, CRANK_LOG_ERROR, text.data(), text.size());
          },
          [](void* target, crank_status status, const char*, std::string_view text) noexcept {
            const auto* to = static_cast<const crank_host*>(target);
            to->log(to, CRANK_LOG_ERROR, text.data(), text.size());
            return status;
          }};
}

} // namespace detail

// A periodic or delayed piece of work; ends when the object does. See Host::every.
class Timer {
public:
  Timer() = default;
  Timer(Timer&& other) noexcept : work_(std::move(other.work_)), timer_(std::exchange(other.timer_, nullptr)) {}
  Timer& operator=(Timer&& other) noexcept {
    if (this != &other) {
      cancel();
      work_ = std::move(other.work_);
      timer_ = std::exchange(other.timer_, nullptr);
    }
    return *this;
  }
  ~Timer() { cancel(); }

  // On return the work does not run and will not run again, except when called from inside the work. [any-thread]
  void cancel() noexcept {
    if (timer_) work_->timers->cancel(work_->host, std::exchange(timer_, nullptr));
    work_.reset();
  }

private:
  friend class Host;
  struct Work : std::enable_shared_from_this<Work> {
    const crank_host* host = nullptr;
    const crank_timers* timers = nullptr;
    std::function<void()> run;
  };
  static void fire(void* user) noexcept;

  std::shared_ptr<Work> work_; // shared with a running fire(), so that the work may cancel its own timer
  crank_timer* timer_ = nullptr;
};

// The host, as the plugin sees it: a view that may be copied and lives as long as the plugin. [any-thread]
class Host {
public:
  explicit Host(const crank_host* host) noexcept
      : host_(host), sessions_(static_cast<const crank_sessions*>(host->extension(host, CRANK_EXT_SESSION))),
        timers_(static_cast<const crank_timers*>(host->extension(host, CRANK_EXT_TIMER))) {}

  const crank_host* c() const noexcept { return host_; }
  std::string_view version() const noexcept { return host_->version; }
  void log(std::int32_t level, std::string_view text) const noexcept {
    host_->log(host_, level, text.data(), text.size());
  }

  // Sends to every session of this plugin that joined `topic`; CRANK_UNSUPPORTED if the host has no sessions.
  crank_status publish(std::string_view topic, const Message& message) const noexcept {
    if (!sessions_) return CRANK_UNSUPPORTED;
    const crank_message raw = detail::raw(message);
    return sessions_->publish(host_, topic.data(), topic.size(), &raw);
  }
  // Open sessions of one operation of this plugin, or of all if `operation` is empty.
  std::uint64_t session_count(std::string_view operation = {}) const noexcept {
    if (!sessions_) return 0;
    return sessions_->count(host_, operation.empty() ? nullptr : operation.data(), operation.size());
  }

  // Runs `work` on a pool thread after `delay_ms`, then every `period_ms` (0: once), until the Timer ends. What it
  // throws is logged. Throws Error if the host has no timers.
  [[nodiscard]] Timer schedule(std::uint64_t delay_ms, std::uint64_t period_ms, std::function<void()> work) const {
    if (!timers_) throw Error(CRANK_UNSUPPORTED, "this host offers no " CRANK_EXT_TIMER);
    Timer timer;
    timer.work_ = std::make_shared<Timer::Work>();
    timer.work_->host = host_;
    timer.work_->timers = timers_;
    timer.work_->run = std::move(work);
    const crank_status status =
        timers_->schedule(host_, delay_ms, period_ms, &Timer::fire, timer.work_.get(), &timer.timer_);
    if (status != CRANK_OK) throw Error(status, "the host did not schedule a timer");
    return timer;
  }
  [[nodiscard]] Timer every(std::uint64_t period_ms, std::function<void()> work) const {
    return schedule(period_ms, period_ms, std::move(work));
  }
  [[nodiscard]] Timer after(std::uint64_t delay_ms, std::function<void()> work) const {
    return schedule(delay_ms, 0, std::move(work));
  }

private:
  const crank_host* host_;
  const crank_sessions* sessions_;
  const crank_timers* timers_;
};

inline void Timer::fire(void* user) noexcept {
  const std::shared_ptr<Work> work = static_cast<Work*>(user)->shared_from_this();
  detail::guarded(detail::report_to(work->host), [&] {
    work->run();
    return CRANK_OK;
  });
}

// What Call and Deferred share: the response of one call.
class Response {
public:
  crank_call* c() const noexcept { return call_; }

  // Appends to the response, or sends one item of a streaming operation. Throws Error when nobody listens any more or a
  // limit is reached; let it pass, it ends the call. [call-thread; deferred: one thread at a time]
  void write(std::string_view data) {
    const crank_status status = try_write(data);
    if (status != CRANK_OK) throw Error(status, status == CRANK_CANCELLED ? "cancelled" : "the response was refused");
  }
  [[nodiscard]] crank_status try_write(std::string_view data) noexcept {
    return call_->write(call_, data.data(), data.size());
  }
  // As crank_call.fail: `return call.fail(CRANK_INVALID, "TOO_SHORT", "The text is too short")`.
  crank_status fail(crank_status status, const char* code, std::string_view text) noexcept {
    return call_->fail(call_, status, code, text.data(), text.size());
  }
  // fraction in [0,1], negative if unknown. [any-thread]
  void progress(double fraction, std::string_view note = {}) noexcept {
    call_->progress(call_, fraction, note.data(), note.size());
  }
  // True after the client left, a cancel, the deadline, or the end of the drain period: stop working. [any-thread]
  bool cancelled() const noexcept { return call_->cancelled(call_) != 0; }
  // A line with the request id and trace id. [any-thread]
  void log(std::int32_t level, std::string_view text) noexcept { call_->log(call_, level, text.data(), text.size()); }

protected:
  explicit Response(crank_call* call) noexcept : call_(call) {}
  ~Response() = default;
  crank_call* call_;
};

// A call that Plugin::call has returned from: finish it from any thread. Dropping it unfinished, as an exception would,
// fails it.
class Deferred : public Response {
public:
  Deferred(Deferred&& other) noexcept : Response(std::exchange(other.call_, nullptr)) {}
  Deferred& operator=(Deferred&&) = delete;
  ~Deferred() {
    if (!call_) return;
    finish(fail(CRANK_INTERNAL, nullptr, "the plugin dropped the call"));
  }
  void finish(crank_status status) noexcept {
    crank_call* call = std::exchange(call_, nullptr);
    call->finish(call, status);
  }

private:
  friend class Call;
  explicit Deferred(crank_call* call) noexcept : Response(call) {}
};

// One request. Lives on the stack of the call; views it gives live as long as the call. [call-thread]
class Call : public Response {
public:
  explicit Call(crank_call* call) noexcept : Response(call) {}
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  std::string_view operation() const noexcept { return detail::view(call_->operation); }
  std::string_view content_type() const noexcept { return detail::view(call_->content_type); }
  std::string_view request_id() const noexcept { return detail::view(call_->request_id); }
  std::optional<std::uint64_t> deadline_ms() const noexcept {
    return call_->deadline_ms == CRANK_UNKNOWN ? std::nullopt : std::optional<std::uint64_t>(call_->deadline_ms);
  }

  // The whole body, without a copy where the host has it in memory. Else it is read to its end and kept here: for large
  // bodies use read(). Throws Error.
  std::string_view body() {
    if (call_->body.ptr) return detail::view(call_->body);
    char buffer[16384];
    while (const std::size_t count = read(buffer, sizeof(buffer))) body_.append(buffer, count);
    return body_;
  }
  // The next bytes of the body: how many, 0 at its end. Throws Error.
  std::size_t read(void* buffer, std::size_t capacity) {
    const std::int64_t count = call_->read(call_, buffer, capacity);
    if (count < 0) throw Error(static_cast<crank_status>(count), "the body ended early");
    return static_cast<std::size_t>(count);
  }

  // What is known about the caller; keys as in crank_call.get.
  std::optional<std::string_view> get(const char* key) const noexcept {
    crank_str value;
    if (call_->get(call_, key, &value) != CRANK_OK) return std::nullopt;
    return detail::view(value);
  }

  // Names the media type of the response, before the first write. Throws Error.
  void begin(std::string_view media_type) {
    const crank_status status = call_->begin(call_, media_type.data(), media_type.size());
    if (status != CRANK_OK) throw Error(status, "begin() came after the first write()");
  }

  // Keeps the call open after Plugin::call has returned, whose result is ignored from here on:
  // `threads.run([later = call.defer()]() mutable { later.write("..."); later.finish(CRANK_OK); });`
  // The call may be finished, and gone, as soon as the Deferred is out of hand: copy what you need of it first.
  [[nodiscard]] Deferred defer() noexcept {
    deferred_ = true;
    return Deferred(call_);
  }
  bool deferred() const noexcept { return deferred_; }

private:
  std::string body_;
  bool deferred_ = false;
};

// A WebSocket or a stream of server-sent events. A view that may be copied; valid until SessionHandler::closed has
// returned, or while a Retained of it lives.
class Session {
public:
  explicit Session(crank_session* session) noexcept : session_(session) {}
  crank_session* c() const noexcept { return session_; }

  std::string_view operation() const noexcept { return detail::view(session_->operation); }
  std::string_view request_id() const noexcept { return detail::view(session_->request_id); }
  std::string_view body() const noexcept { return detail::view(session_->body); } // until open() and opened() returned
  // Keys as in crank_call.get. [session]
  std::optional<std::string_view> get(const char* key) const noexcept {
    crank_str value;
    if (session_->get(session_, key, &value) != CRANK_OK) return std::nullopt;
    return detail::view(value);
  }

  // CRANK_BUSY: nothing was queued, writable() will follow. CRANK_CANCELLED: closed. CRANK_EXHAUSTED: larger than the
  // queue. [any-thread]
  [[nodiscard]] crank_status send(const Message& message) const noexcept {
    const crank_message raw = detail::raw(message);
    return session_->send(session_, &raw);
  }
  crank_status join(std::string_view topic) const noexcept {
    return session_->join(session_, topic.data(), topic.size());
  }
  crank_status leave(std::string_view topic) const noexcept {
    return session_->leave(session_, topic.data(), topic.size());
  }
  crank_status wake_after(std::uint64_t delay_ms) const noexcept { return session_->wake_after(session_, delay_ms); }
  void close(std::int32_t code = CRANK_CLOSE_NORMAL, std::string_view reason = {}) const noexcept {
    session_->close(session_, code, reason.data(), reason.size());
  }
  void log(std::int32_t level, std::string_view text) const noexcept {
    session_->log(session_, level, text.data(), text.size());
  }

private:
  crank_session* session_;
};

// Keeps a session valid, though perhaps closed, for a thread outside its callbacks. Make it inside a callback.
class Retained {
public:
  explicit Retained(Session session) noexcept : session_(session.c()) { session_->retain(session_); }
  Retained(Retained&& other) noexcept : session_(std::exchange(other.session_, nullptr)) {}
  Retained& operator=(Retained&&) = delete;
  ~Retained() {
    if (session_) session_->release(session_);
  }
  Session session() const noexcept { return Session(session_); }

private:
  crank_session* session_;
};

// The plugin's side of one session: made by SessionSource::open, destroyed after closed(). Callbacks of one session
// never overlap. One that throws closes its session with 1011. [session]
class SessionHandler {
public:
  virtual ~SessionHandler() = default;
  // The session is accepted; what is sent here follows the response head. Throwing here still refuses it with an error.
  virtual void opened(Session) {}
  virtual void message(Session, const Message&) {}
  virtual void writable(Session) {}
  virtual void wake(Session) {}
  virtual void closed(Session, std::int32_t /*code*/) {}
};

// A plugin that also serves sessions inherits from this besides Plugin.
class SessionSource {
public:
  // Accepts a session by returning its handler, or throws Error to refuse it with a proper HTTP error. [session]
  virtual std::unique_ptr<SessionHandler> open(Session session) = 0;

protected:
  ~SessionSource() = default;
};

// The base of a plugin. Its constructor runs in create(), its destructor in destroy(): keep both light, the work
// belongs into start() and stop(). [control]
class Plugin {
public:
  explicit Plugin(Host host) noexcept : host_(host) {}
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;
  virtual ~Plugin() = default;

  // The configuration is a JSON object that passed the manifest's config_schema. Throw Error to refuse to start.
  // [control]
  virtual void start(std::string_view /*config_json*/) {}
  // Serves one call: CRANK_OK, or `return call.fail(...)`, or throw. Runs concurrently. [call-thread]
  virtual crank_status call(Call& call) { return call.fail(CRANK_NOT_FOUND, nullptr, "no such operation"); }
  // Ends and joins every thread the plugin made. [control]
  virtual void stop() {}

protected:
  const Host& host() const noexcept { return host_; }

private:
  Host host_;
};

namespace detail {

// A call that was deferred may be gone: nothing of it is touched but the record that it was deferred.
inline Report report_to(Call& call) noexcept {
  return {&call,
          [](void* target, std::string_view text) noexcept {
            auto* to = static_cast<Call*>(target);
            if (!to->deferred()) to->log(CRANK_LOG_ERROR, text);
          },
          [](void* target, crank_status status, const char* code, std::string_view text) noexcept {
            auto* to = static_cast<Call*>(target);
            return to->deferred() ? status : to->fail(status, code, text);
          }};
}

inline void log_to_session(void* target, std::string_view text) noexcept {
  Session(static_cast<crank_session*>(target)).log(CRANK_LOG_ERROR, text);
}

// Before the session is accepted: an HTTP error.
inline Report report_refusal(crank_session* session) noexcept {
  return {session, &log_to_session,
          [](void* target, crank_status status, const char* code, std::string_view text) noexcept {
            auto* to = static_cast<crank_session*>(target);
            return to->fail(to, status, code, text.data(), text.size());
          }};
}

// After it: a log line and the end of the session.
inline Report report_close(crank_session* session) noexcept {
  return {session, &log_to_session, [](void* target, crank_status status, const char*, std::string_view text) noexcept {
            log_to_session(target, text);
            Session(static_cast<crank_session*>(target)).close(CRANK_CLOSE_INTERNAL);
            return status;
          }};
}

// The C tables of a Plugin class.
template <class Class>
class Adapter {
public:
  static crank_status create(const crank_host* host, crank_plugin** out) noexcept {
    return guarded(report_to(host), [&] {
      *out = &(new Adapter(host))->table_;
      return CRANK_OK;
    });
  }

private:
  static_assert(std::is_base_of_v<Plugin, Class>, "the class given to CRANK_PLUGIN must inherit from crank::Plugin");
  static constexpr bool has_sessions = std::is_base_of_v<SessionSource, Class>;

  explicit Adapter(const crank_host* host) : plugin_(Host(host)), host_(host) {}

  static Adapter* self(crank_plugin* plugin) noexcept { return static_cast<Adapter*>(plugin->plugin_data); }

  static crank_status start(crank_plugin* plugin, const char* config_json, size_t len) noexcept {
    return guarded(report_to(self(plugin)->host_), [&] {
      self(plugin)->plugin_.start(std::string_view(config_json, len));
      return CRANK_OK;
    });
  }

  static crank_status call(crank_plugin* plugin, crank_call* raw) noexcept {
    Call call(raw);
    const crank_status status = guarded(report_to(call), [&] { return self(plugin)->plugin_.call(call); });
    return call.deferred() ? CRANK_PENDING : status;
  }

  static void stop(crank_plugin* plugin) noexcept {
    guarded(report_to(self(plugin)->host_), [&] {
      self(plugin)->plugin_.stop();
      return CRANK_OK;
    });
  }

  static void destroy(crank_plugin* plugin) noexcept { delete self(plugin); }

  static const void* extension(crank_plugin*, const char* id) noexcept {
    if constexpr (has_sessions) {
      if (std::string_view(id) == CRANK_EXT_SESSION) return &sessions;
    }
    return nullptr;
  }

  static SessionHandler& handler(crank_session* session) noexcept {
    return *static_cast<SessionHandler*>(session->plugin_data);
  }

  static crank_status opened(crank_plugin* plugin, crank_session* session) noexcept {
    return guarded(report_refusal(session), [&] {
      std::unique_ptr<SessionHandler> handler = self(plugin)->plugin_.open(Session(session));
      if (!handler) throw Error(CRANK_NOT_FOUND, "no such operation");
      handler->opened(Session(session));
      session->plugin_data = handler.release(); // until closed()
      return CRANK_OK;
    });
  }
  static void message(crank_plugin*, crank_session* session, const crank_message* raw) noexcept {
    guarded(report_close(session), [&] {
      handler(session).message(Session(session), {view(raw->data), view(raw->event), view(raw->id), raw->kind});
      return CRANK_OK;
    });
  }
  static void writable(crank_plugin*, crank_session* session) noexcept {
    guarded(report_close(session), [&] {
      handler(session).writable(Session(session));
      return CRANK_OK;
    });
  }
  static void wake(crank_plugin*, crank_session* session) noexcept {
    guarded(report_close(session), [&] {
      handler(session).wake(Session(session));
      return CRANK_OK;
    });
  }
  static void closed(crank_plugin*, crank_session* session, int32_t code) noexcept {
    guarded(report_close(session), [&] {
      const std::unique_ptr<SessionHandler> last(&handler(session));
      last->closed(Session(session), code);
      return CRANK_OK;
    });
  }

  static constexpr crank_plugin_session sessions = {sizeof(crank_plugin_session), &Adapter::opened, &Adapter::message,
                                                    &Adapter::writable,           &Adapter::wake,   &Adapter::closed};

  Class plugin_;
  const crank_host* host_;
  crank_plugin table_ = {sizeof(crank_plugin),
                         this,
                         &Adapter::start,
                         &Adapter::call,
                         &Adapter::stop,
                         &Adapter::destroy,
                         has_sessions ? &Adapter::extension : nullptr};
};

} // namespace detail
} // namespace plugin_v0
} // namespace crank

// Defines the plugin's one exported object. `manifest` is a string literal or a constant char array
// (plugin_api/MANIFEST.md). Use it once, outside any namespace. Nothing younger than minor 1 is used here.
#define CRANK_PLUGIN(Class, manifest)                                                                                  \
  const crank_entry crank_entry_v0 = {CRANK_MAGIC,                                                                     \
                                      CRANK_ABI_MAJOR,                                                                 \
                                      CRANK_ABI_MINOR,                                                                 \
                                      1,                                                                               \
                                      sizeof(crank_entry),                                                             \
                                      manifest,                                                                        \
                                      &::crank::detail::Adapter<Class>::create};

#endif
