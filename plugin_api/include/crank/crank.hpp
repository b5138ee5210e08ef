// crank/crank.hpp: optional C++17 layer over crank.h and the extensions in ext/. A plugin becomes a class.
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
#include "ext/ask.h"
#include "ext/files.h"
#include "ext/form.h"
#include "ext/health.h"
#include "ext/metrics.h"
#include "ext/process.h"
#include "ext/session.h"
#include "ext/timer.h"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace crank {
// Inline, so that this layer can change without clashing with code compiled from another release of it.
inline namespace plugin_v0 {

// What the plugin throws to fail with a status, one of its declared error codes (or "" for the one that belongs to the
// status) and one sentence for a person. The others say more:
// `throw crank::Error(CRANK_INVALID, "the range is empty").field("/to", "must be above /from");`
class Error : public std::exception {
public:
  Error(crank_status status, std::string text) : Error(status, std::string(), std::move(text)) {}
  Error(crank_status status, std::string code, std::string text)
      : status_(status), code_(std::move(code)), text_(std::move(text)) {}

  Error& retry_after(std::uint64_t milliseconds) noexcept {
    retry_after_ms_ = milliseconds;
    return *this;
  }
  // `pointer`: JSON Pointer (RFC 6901) into the body.
  Error& field(std::string pointer, std::string message) {
    fields_.emplace_back(std::move(pointer), std::move(message));
    return *this;
  }
  // A JSON object for programs.
  Error& details(std::string json) noexcept {
    details_ = std::move(json);
    return *this;
  }

  crank_status status() const noexcept { return status_; }
  const std::string& code() const noexcept { return code_; }
  const std::string& text() const noexcept { return text_; }
  const char* what() const noexcept override { return text_.c_str(); }

  // Calls `with` with the problem that this is; it lives until `with` returns.
  template <class With>
  auto as_problem(With&& with) const {
    const auto str = [](const std::string& text) { return crank_str{text.data(), text.size()}; };
    std::vector<crank_field_error> fields;
    try {
      for (const auto& [pointer, message] : fields_) fields.push_back({str(pointer), str(message)});
    } catch (const std::bad_alloc&) {
      fields.clear(); // the sentence matters more
    }
    const crank_problem problem = {sizeof(crank_problem),
                                   status_ < 0 || status_ == CRANK_BUSY ? status_ : CRANK_INTERNAL,
                                   static_cast<std::uint32_t>(fields.size()),
                                   str(code_),
                                   str(text_),
                                   retry_after_ms_,
                                   fields.data(),
                                   str(details_)};
    return with(problem);
  }

private:
  crank_status status_;
  std::uint64_t retry_after_ms_ = CRANK_UNKNOWN;
  std::string code_;
  std::string text_;
  std::string details_;
  std::vector<std::pair<std::string, std::string>> fields_;
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

// For crank_call and crank_session.
template <class Asked>
std::optional<std::string_view> get(const Asked* asked, std::string_view key) noexcept {
  crank_str value;
  if (asked->get(asked, str(key), &value) != CRANK_OK) return std::nullopt;
  return view(value);
}

template <class Asked, class Visit>
void each(const Asked* asked, std::string_view prefix, Visit&& visit) {
  struct State {
    Visit& visit;
    std::exception_ptr thrown;
  } state{visit, nullptr};
  const auto step = [](void* user, crank_str key, crank_str value) noexcept -> std::int32_t {
    auto& to = *static_cast<State*>(user);
    try {
      return to.visit(view(key), view(value)) ? 0 : 1;
    } catch (...) {
      to.thrown = std::current_exception();
      return 1;
    }
  };
  const crank_status status = asked->each(asked, str(prefix), step, &state);
  if (state.thrown) std::rethrow_exception(state.thrown);
  if (status != CRANK_OK) throw Error(status, "the host cannot enumerate " + std::string(prefix));
}

inline crank_message raw(const Message& message) noexcept {
  return {sizeof(crank_message), message.kind, 0, str(message.data), str(message.event), str(message.id)};
}

// A problem of a status and a sentence; `text` must outlive it.
inline crank_problem problem(crank_status status, std::string_view text, std::string_view code = {}) noexcept {
  return {sizeof(crank_problem), status, 0, str(code), str(text), CRANK_UNKNOWN, nullptr, {nullptr, 0}};
}

// Where a failure of the plugin's code is told: `log` takes what is not meant for clients. Each target has one.
struct Report {
  void* target;
  void (*log)(void* target, std::string_view text) noexcept;
  crank_status (*fail)(void* target, const crank_problem& problem) noexcept;
};

// Turns the exception in flight into a failure. One function for all callbacks, as catch clauses are large.
[[gnu::noinline, gnu::cold]] inline crank_status explain(const Report& report) noexcept {
  try {
    throw;
  } catch (const Error& error) {
    return error.as_problem([&](const crank_problem& problem) { return report.fail(report.target, problem); });
  } catch (const std::bad_alloc&) {
    return report.fail(report.target, problem(CRANK_EXHAUSTED, "out of memory"));
  } catch (const std::exception& error) {
    report.log(report.target, error.what());
  } catch (...) {
    report.log(report.target, "an exception that is no std::exception");
  }
  return report.fail(report.target, problem(CRANK_INTERNAL, "the plugin failed"));
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
            to->log(to, CRANK_LOG_ERROR, str(text));
          },
          [](void* target, const crank_problem& problem) noexcept {
            const auto* to = static_cast<const crank_host*>(target);
            to->log(to, CRANK_LOG_ERROR, problem.text);
            return problem.status;
          }};
}

} // namespace detail

// A periodic or delayed piece of work; ends when the object does. See Host::every.
class Timer {
public:
  Timer() = default;
  Timer(Timer&& other) noexcept : work_(std::move(other.work_)), id_(std::exchange(other.id_, 0)) {}
  Timer& operator=(Timer&& other) noexcept {
    if (this != &other) {
      cancel();
      work_ = std::move(other.work_);
      id_ = std::exchange(other.id_, 0);
    }
    return *this;
  }
  ~Timer() { cancel(); }

  // On return the work does not run and will not run again, except when called from inside the work. [any-thread]
  void cancel() noexcept {
    if (id_ != 0) work_->timers->cancel(work_->host, std::exchange(id_, 0));
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
  std::uint64_t id_ = 0;
};

// Where a timer fires while two processes of one worker run side by side, see ext/timer.h.
enum class Fires : std::uint32_t { everywhere = 0, where_it_leads = CRANK_TIMER_LEADING };

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// A series of the plugin's own in the host's /metrics; a view that may be copied and lives as long as the plugin. One
// that was made on a host without metrics does nothing. [any-thread]
class Metric {
public:
  Metric() = default;

protected:
  friend class Host;
  Metric(const crank_host* host, const crank_metrics* metrics, std::uint64_t id) noexcept
      : host_(host), metrics_(metrics), id_(id) {}
  const crank_host* host_ = nullptr;
  const crank_metrics* metrics_ = nullptr;
  std::uint64_t id_ = 0;
};
struct Counter : Metric {
  using Metric::Metric;
  void add(double amount = 1) const noexcept {
    if (metrics_) metrics_->add(host_, id_, amount);
  }
};
struct Gauge : Metric {
  using Metric::Metric;
  void add(double amount = 1) const noexcept {
    if (metrics_) metrics_->add(host_, id_, amount);
  }
  void set(double value) const noexcept {
    if (metrics_) metrics_->set(host_, id_, value);
  }
};
struct Histogram : Metric {
  using Metric::Metric;
  void observe(double value) const noexcept {
    if (metrics_) metrics_->observe(host_, id_, value);
  }
};

class Artifact;
class Process;
class Form;
class Deferred;
class Response;

// A question to whoever called; what it may be is in ext/ask.h.
struct Question {
  std::int32_t kind = CRANK_ASK_FORM;
  std::string name;
  std::string message = {};
  std::string json = {};
  std::string url = {};

  static Question form(std::string name, std::string message, std::string schema_json) {
    return {CRANK_ASK_FORM, std::move(name), std::move(message), std::move(schema_json)};
  }
  static Question open_url(std::string name, std::string message, std::string url) {
    return {CRANK_ASK_URL, std::move(name), std::move(message), {}, std::move(url)};
  }
  static Question sampling(std::string name, std::string params_json) {
    return {CRANK_ASK_SAMPLING, std::move(name), {}, std::move(params_json)};
  }
  static Question roots(std::string name) { return {CRANK_ASK_ROOTS, std::move(name)}; }
};

struct Answer {
  std::string name;
  crank_status status = CRANK_OK;
  std::int32_t action = 0; // CRANK_ANSWER_*, where the status is CRANK_OK
  std::string content;     // JSON, where it was accepted
  std::string text;        // a sentence, where the status is not CRANK_OK

  bool accepted() const noexcept { return status == CRANK_OK && action == CRANK_ANSWER_ACCEPTED; }
};
using Answers = std::vector<Answer>;

// The host, as the plugin sees it: a view that may be copied and lives as long as the plugin. [any-thread]
class Host {
public:
  explicit Host(const crank_host* host) noexcept
      : host_(host), sessions_(table<crank_sessions>(CRANK_EXT_SESSION)), timers_(table<crank_timers>(CRANK_EXT_TIMER)),
        files_(table<crank_files>(CRANK_EXT_FILES)), form_(table<crank_form>(CRANK_EXT_FORM)),
        ask_(table<crank_ask>(CRANK_EXT_ASK)), health_(table<crank_health>(CRANK_EXT_HEALTH)),
        metrics_(table<crank_metrics>(CRANK_EXT_METRICS)), processes_(table<crank_processes>(CRANK_EXT_PROCESS)) {}

  const crank_host* c() const noexcept { return host_; }
  std::string_view version() const noexcept { return detail::view(host_->version); }
  void log(std::int32_t level, std::string_view text) const noexcept { host_->log(host_, level, detail::str(text)); }

  // Sends to every session of this plugin that joined `topic`; CRANK_UNSUPPORTED if the host has no sessions.
  crank_status publish(std::string_view topic, const Message& message) const noexcept {
    if (!sessions_) return CRANK_UNSUPPORTED;
    const crank_message raw = detail::raw(message);
    return sessions_->publish(host_, detail::str(topic), &raw);
  }
  // Open sessions of one operation of this plugin, or of all if `operation` is empty.
  std::uint64_t session_count(std::string_view operation = {}) const noexcept {
    return sessions_ ? sessions_->count(host_, detail::str(operation)) : 0;
  }

  // Runs `work` on a pool thread after `delay_ms`, then every `period_ms` (0: once), until the Timer ends. What it
  // throws is logged. Throws Error if the host has no timers.
  [[nodiscard]] Timer schedule(std::uint64_t delay_ms, std::uint64_t period_ms, std::function<void()> work,
                               Fires fires = Fires::everywhere) const {
    if (!timers_) throw Error(CRANK_UNSUPPORTED, "this host offers no " CRANK_EXT_TIMER);
    Timer timer;
    timer.work_ = std::make_shared<Timer::Work>();
    timer.work_->host = host_;
    timer.work_->timers = timers_;
    timer.work_->run = std::move(work);
    const crank_timer_spec spec = {
        sizeof(crank_timer_spec),          delay_ms, period_ms, &Timer::fire, timer.work_.get(),
        static_cast<std::uint32_t>(fires), 0};
    const crank_status status = timers_->schedule(host_, &spec, &timer.id_);
    if (status != CRANK_OK) throw Error(status, "the host did not schedule a timer");
    return timer;
  }
  [[nodiscard]] Timer every(std::uint64_t period_ms, std::function<void()> work,
                            Fires fires = Fires::everywhere) const {
    return schedule(period_ms, period_ms, std::move(work), fires);
  }
  [[nodiscard]] Timer after(std::uint64_t delay_ms, std::function<void()> work) const {
    return schedule(delay_ms, 0, std::move(work));
  }

  // How the plugin is, until it says otherwise: CRANK_HEALTHY, CRANK_DEGRADED or CRANK_UNREADY, with one sentence.
  // CRANK_UNSUPPORTED if the host does not take it.
  crank_status report_health(std::int32_t state, std::string_view reason = {}) const noexcept {
    if (!health_) return CRANK_UNSUPPORTED;
    const crank_health_report report = {sizeof(crank_health_report), state, 0, detail::str(reason)};
    return health_->report(host_, &report);
  }

  // Begins a named file beside the answer of `call`, before the first write() of the answer; name and media type as
  // ext/files.h says. Throws Error. [call-thread; deferred: one thread at a time]
  [[nodiscard]] Artifact artifact(const Response& call, std::string_view name, std::string_view media_type,
                                  std::string_view description = {}, std::uint32_t flags = 0) const;
  // The body of `call` as a file, in place of read(); it lives as long as the call. Throws Error. [call-thread]
  int body_descriptor(const Response& call) const;
  // What the host keeps for the caller at `address`, as crank_files.open; it lives as long as the call. Throws Error.
  crank_kept_file kept_file(const Response& call, std::string_view address) const;

  // A run of a program of the manifest's "programs" for `call`, which is over when the call is. Throws Error if the host
  // has no processes. [call-thread; deferred: one thread at a time]
  [[nodiscard]] Process process(const Response& call, std::string program) const;

  // The body of `call` as the form that its route declared. Throws Error where there is none. [call-thread; deferred: one
  // thread at a time]
  Form form(const Response& call) const;

  // Asks whoever called, all at once, and waits for the answers: not in an inline operation. Each says for itself what
  // became of it; as long as one waits for a person, the call holds its thread and its place among max_concurrency.
  // Throws Error where nothing can be asked, CRANK_UNSUPPORTED above all, and when the call is cancelled. [any-thread]
  Answers ask_all(const Response& call, const std::vector<Question>& questions) const;
  Answer ask(const Response& call, Question question) const;
  // The same without a thread that waits: `answered` gets them, on a thread of the host's, on which it must not block; it
  // may finish the call. After the call it does not run any more. Throws Error as above, but not for a cancelled call,
  // whose answers say so. [one thread at a time]
  void ask_all(Deferred& call, const std::vector<Question>& questions, std::function<void(Answers)> answered) const;

  // The plugin's own numbers; names and labels as ext/metrics.h says. They throw Error where it forbids them.
  Counter counter(std::string_view name, std::string_view help, Labels labels = {}) const {
    return metric<Counter>(CRANK_COUNTER, name, help, labels, {});
  }
  Gauge gauge(std::string_view name, std::string_view help, Labels labels = {}) const {
    return metric<Gauge>(CRANK_GAUGE, name, help, labels, {});
  }
  Histogram histogram(std::string_view name, std::string_view help, const std::vector<double>& bounds,
                      Labels labels = {}) const {
    return metric<Histogram>(CRANK_HISTOGRAM, name, help, labels, bounds);
  }

private:
  template <class Table>
  const Table* table(std::string_view id) const noexcept {
    return static_cast<const Table*>(host_->extension(host_, detail::str(id)));
  }

  template <class Kind>
  Kind metric(std::int32_t kind, std::string_view name, std::string_view help, Labels labels,
              const std::vector<double>& bounds) const {
    if (!metrics_) return Kind();
    std::vector<crank_label> raw;
    for (const auto& [label, value] : labels) raw.push_back({detail::str(label), detail::str(value)});
    const crank_metric_spec spec = {sizeof(crank_metric_spec),
                                    detail::str(name),
                                    detail::str(help),
                                    kind,
                                    static_cast<std::uint32_t>(raw.size()),
                                    raw.data(),
                                    bounds.data(),
                                    static_cast<std::uint32_t>(bounds.size()),
                                    0};
    std::uint64_t id = 0;
    const crank_status status = metrics_->make(host_, &spec, &id);
    if (status != CRANK_OK) throw Error(status, "the host does not take the metric " + std::string(name));
    return Kind(host_, metrics_, id);
  }

  const crank_host* host_;
  const crank_sessions* sessions_;
  const crank_timers* timers_;
  const crank_files* files_;
  const crank_form* form_;
  const crank_ask* ask_;
  const crank_health* health_;
  const crank_metrics* metrics_;
  const crank_processes* processes_;
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
  // As crank_call.fail: `return call.fail(CRANK_INVALID, "TOO_SHORT", "The text is too short")`; without a code the one
  // that belongs to the status. An Error can say more.
  crank_status fail(crank_status status, std::string_view code, std::string_view text) noexcept {
    const crank_problem problem = detail::problem(status, text, code);
    return call_->fail(call_, &problem);
  }
  crank_status fail(crank_status status, std::nullptr_t code, std::string_view text) = delete;
  crank_status fail(crank_status status, std::string_view text) noexcept {
    return fail(status, std::string_view(), text);
  }
  crank_status fail(const Error& error) noexcept {
    return error.as_problem([this](const crank_problem& problem) { return call_->fail(call_, &problem); });
  }
  // fraction in [0,1], negative if unknown. [any-thread]
  void progress(double fraction, std::string_view note = {}) noexcept {
    call_->progress(call_, fraction, detail::str(note));
  }
  // True after the client left, a cancel, the deadline, or the end of the drain period: stop working. [any-thread]
  bool cancelled() const noexcept { return cancel_reason() != CRANK_CANCEL_NONE; }
  // Why: one of CRANK_CANCEL_*. [any-thread]
  std::int32_t cancel_reason() const noexcept { return call_->cancelled(call_); }
  // Calls `fired` with the reason once the call is cancelled, at once if it is already. It runs on a thread of the
  // host's and must not block: let it set a flag or wake somebody up. After the call it does not run any more. Once per
  // call. Throws Error.
  void on_cancel(std::function<void(std::int32_t reason)> fired) {
    const auto cancel = std::make_shared<Cancel>(std::move(fired));
    cancel_ = cancel; // first: it may run, and end the call, before on_cancel() is back
    const crank_status status = call_->on_cancel(call_, &Cancel::fired, cancel.get());
    if (status != CRANK_OK) throw Error(status, "the host does not tell of a cancellation");
  }
  // A line with the request id and trace id. [any-thread]
  void log(std::int32_t level, std::string_view text) noexcept { call_->log(call_, level, detail::str(text)); }

  // Says something about the response, before the first write; keys as in crank_call.set. Throws Error. [call-thread;
  // deferred: one thread at a time]
  void set(std::string_view key, std::string_view value) {
    const crank_status status = call_->set(call_, detail::str(key), detail::str(value));
    if (status != CRANK_OK) throw Error(CRANK_INTERNAL, "the host does not take the response's " + std::string(key));
  }

protected:
  friend class Host;
  struct Cancel : std::enable_shared_from_this<Cancel> {
    explicit Cancel(std::function<void(std::int32_t)> work) : run(std::move(work)) {}
    std::function<void(std::int32_t)> run;
    static void fired(void* user, std::int32_t reason) noexcept {
      const auto self = static_cast<Cancel*>(user)->shared_from_this(); // it may end the call, and so its owner
      self->run(reason);
    }
  };

  struct Asked : std::enable_shared_from_this<Asked> {
    explicit Asked(std::function<void(Answers)> work) : run(std::move(work)) {}
    std::function<void(Answers)> run;
    static void answered(void* user, const crank_answer* const* answers, std::uint32_t count) noexcept {
      const auto self = static_cast<Asked*>(user)->shared_from_this(); // it may end the call, and so its owner
      Answers all;
      for (std::uint32_t i = 0; i < count; ++i) {
        const crank_answer& one = *answers[i];
        all.push_back({std::string(detail::view(one.name)), one.status, one.action,
                       std::string(detail::view(one.content_json)), std::string(detail::view(one.text))});
      }
      const std::function<void(Answers)> work = std::move(self->run); // which may hold the owner
      work(std::move(all));
    }
  };

  explicit Response(crank_call* call, std::shared_ptr<Cancel> cancel = {}) noexcept
      : call_(call), cancel_(std::move(cancel)) {}
  ~Response() = default;
  crank_call* call_;
  std::shared_ptr<Cancel> cancel_; // what the host may call as long as the call lives
};

namespace detail {

inline void ask(const crank_ask* table, crank_call* call, const std::vector<Question>& questions,
                void (*answered)(void*, const crank_answer* const*, std::uint32_t) noexcept, void* user) {
  if (!table) throw Error(CRANK_UNSUPPORTED, "this host offers no " CRANK_EXT_ASK);
  std::vector<crank_question> raw;
  std::vector<const crank_question*> pointers;
  for (const Question& one : questions)
    raw.push_back({sizeof(crank_question), one.kind, 0, str(one.name), str(one.message), str(one.json), str(one.url)});
  for (const crank_question& one : raw) pointers.push_back(&one);
  const crank_status status =
      table->ask(call, pointers.data(), static_cast<std::uint32_t>(pointers.size()), answered, user);
  if (status == CRANK_UNSUPPORTED) throw Error(status, "the caller cannot be asked");
  if (status != CRANK_OK) throw Error(status, "the host does not ask the caller");
}

} // namespace detail

// A file that a call leaves beside its answer: finish() makes it a part of that, without it the file goes. Not after the
// call. [call-thread; deferred: one thread at a time]
class Artifact {
public:
  Artifact(Artifact&& other) noexcept
      : files_(other.files_), call_(other.call_), id_(std::exchange(other.id_, std::uint64_t(0))) {}
  Artifact& operator=(Artifact&&) = delete;
  ~Artifact() {
    if (id_ != 0) files_->discard(call_, id_);
  }

  // Appends. Throws Error when nobody listens any more, over a limit, or on a full disk; let it pass.
  void write(std::string_view data) {
    const crank_status status = files_->write(call_, id_, data.data(), data.size());
    if (status != CRANK_OK) throw Error(status, "the artefact was refused");
  }
  // The file, for what writes by itself; the host's. Throws Error.
  int descriptor() {
    std::int32_t descriptor = -1;
    const crank_status status = files_->descriptor(call_, id_, &descriptor);
    if (status != CRANK_OK) throw Error(status, "the host gives no descriptor of the artefact");
    return descriptor;
  }
  // It is complete: its SHA-256 as 64 hexadecimal digits, which live as long as the call. Throws Error.
  std::string_view finish() {
    const crank_status status = files_->finish(call_, id_);
    if (status != CRANK_OK) throw Error(status, "the artefact could not be kept");
    crank_str hex = {};
    if (files_->digest(call_, std::exchange(id_, std::uint64_t(0)), &hex) != CRANK_OK) return {};
    return detail::view(hex);
  }

private:
  friend class Host;
  Artifact(const crank_files* files, crank_call* call, std::uint64_t id) noexcept
      : files_(files), call_(call), id_(id) {}
  const crank_files* files_;
  crank_call* call_;
  std::uint64_t id_;
};

inline Artifact Host::artifact(const Response& call, std::string_view name, std::string_view media_type,
                               std::string_view description, std::uint32_t flags) const {
  if (!files_) throw Error(CRANK_UNSUPPORTED, "this host offers no " CRANK_EXT_FILES);
  const crank_artifact_spec spec = {sizeof(crank_artifact_spec),
                                    detail::str(name),
                                    detail::str(media_type),
                                    detail::str(description),
                                    flags,
                                    0};
  std::uint64_t id = 0;
  const crank_status status = files_->begin(call.c(), &spec, &id);
  if (status != CRANK_OK) throw Error(status, "the host does not take the artefact " + std::string(name));
  return Artifact(files_, call.c(), id);
}

inline crank_kept_file Host::kept_file(const Response& call, std::string_view address) const {
  if (!files_) throw Error(CRANK_UNSUPPORTED, "this host offers no " CRANK_EXT_FILES);
  crank_kept_file file = {};
  file.size = sizeof(file);
  const crank_status status = files_->open(call.c(), detail::str(address), &file);
  if (status == CRANK_NOT_FOUND) throw Error(status, "the host keeps no file " + std::string(address) + " for this caller");
  if (status != CRANK_OK) throw Error(status, "the host does not give the file " + std::string(address));
  return file;
}

inline int Host::body_descriptor(const Response& call) const {
  if (!files_) throw Error(CRANK_UNSUPPORTED, "this host offers no " CRANK_EXT_FILES);
  std::int32_t descriptor = -1;
  const crank_status status = files_->body_descriptor(call.c(), &descriptor);
  if (status != CRANK_OK) throw Error(status, "the host gives no file of the body");
  return descriptor;
}

// A program to run for a call, as ext/process.h says: say what it gets, then run() it.
//   const auto end = host.process(call, "doc-convert").argument("--to").argument("pdf").hand_over(fd, 3).run();
// [call-thread; deferred: one thread at a time]
class Process {
public:
  struct Result {
    int exit_code = 0; // -1 where a signal ended it
    int signal = 0;
    int ended_by = CRANK_PROCESS_ITSELF; // CRANK_PROCESS_*
    std::uint64_t peak_memory_bytes = 0, cpu_ms = 0, wall_ms = 0;
    std::string errors; // the last 4 KiB of standard error
    bool ok() const noexcept { return ended_by == CRANK_PROCESS_ITSELF && exit_code == 0; }
  };
  // Of standard output. False: the process is killed. What it throws comes out of run(), when the process is gone.
  using Line = std::function<bool(std::string_view)>;

  Process& argument(std::string text) {
    arguments_.push_back(std::move(text));
    return *this;
  }
  // 0, or from 3 on.
  Process& hand_over(int descriptor, int number) {
    descriptors_.push_back({descriptor, number});
    return *this;
  }
  Process& memory_bytes(std::uint64_t most) noexcept {
    spec_.memory_bytes = most;
    return *this;
  }
  Process& cpu_ms(std::uint64_t most) noexcept {
    spec_.cpu_ms = most;
    return *this;
  }
  Process& wall_ms(std::uint64_t most) noexcept {
    spec_.wall_ms = most;
    return *this;
  }
  Process& file_bytes(std::uint64_t most) noexcept {
    spec_.file_bytes = most;
    return *this;
  }
  Process& open_files(std::uint32_t most) noexcept {
    spec_.open_files = most;
    return *this;
  }
  Process& on_line(Line line) {
    line_ = std::move(line);
    return *this;
  }

  // Blocks until it is over: by itself, through a limit, or because a line said so, as `ended_by` tells. Throws Error when the
  // call is over, and when there was no process.
  Result run() {
    std::vector<crank_str> arguments;
    for (const std::string& argument : arguments_) arguments.push_back(detail::str(argument));
    spec_.program = detail::str(program_);
    spec_.arguments = arguments.data();
    spec_.argument_count = static_cast<std::uint32_t>(arguments.size());
    spec_.descriptors = descriptors_.data();
    spec_.descriptor_count = static_cast<std::uint32_t>(descriptors_.size());
    spec_.line = line_ ? &Process::take : nullptr;
    spec_.user = this;
    crank_process_result raw = {};
    raw.size = sizeof(raw);
    const crank_status status = processes_->run(call_, &spec_, &raw);
    if (thrown_) std::rethrow_exception(std::exchange(thrown_, nullptr));
    if (status != CRANK_OK && status != CRANK_EXHAUSTED) throw Error(status, program_ + " could not be run");
    return {raw.exit_code,          raw.signal, raw.ended_by, raw.peak_memory_bytes, raw.cpu_ms, raw.wall_ms,
            std::string(detail::view(raw.errors))};
  }

private:
  friend class Host;
  Process(const crank_processes* processes, crank_call* call, std::string program)
      : processes_(processes), call_(call), program_(std::move(program)) {
    spec_.size = sizeof(spec_);
  }
  static std::int32_t take(void* user, crank_str line) noexcept {
    Process& self = *static_cast<Process*>(user);
    try {
      return self.line_(detail::view(line)) ? 0 : 1;
    } catch (...) {
      self.thrown_ = std::current_exception();
      return 1;
    }
  }

  const crank_processes* processes_;
  crank_call* call_;
  std::string program_;
  std::vector<std::string> arguments_;
  std::vector<crank_process_descriptor> descriptors_;
  crank_process_spec spec_ = {};
  Line line_;
  std::exception_ptr thrown_;
};

inline Process Host::process(const Response& call, std::string program) const {
  if (!processes_) throw Error(CRANK_UNSUPPORTED, "this host offers no " CRANK_EXT_PROCESS);
  return Process(processes_, call.c(), std::move(program));
}

// One part of a form: a view that lives as long as the call. What the sender says of a file, its name and media type, is
// not to be trusted. [call-thread; deferred: one thread at a time]
class FormPart {
public:
  std::string_view name() const noexcept { return detail::view(raw_.name); }
  bool is_file() const noexcept { return raw_.kind == CRANK_FORM_FILE; }
  std::string_view file_name() const noexcept { return detail::view(raw_.filename); }
  std::string_view media_type() const noexcept { return detail::view(raw_.media_type); }
  std::string_view charset() const noexcept { return detail::view(raw_.charset); }
  std::string_view text() const noexcept { return detail::view(raw_.data); } // empty for a file
  std::uint64_t size() const noexcept { return raw_.bytes; }

  // Bytes from `offset`: how many, 0 at the end. Throws Error.
  std::size_t read(std::uint64_t offset, void* buffer, std::size_t capacity) const {
    const std::int64_t count = form_->read(call_, index_, offset, buffer, capacity);
    if (count < 0) throw Error(static_cast<crank_status>(count), "the host does not give " + std::string(name()));
    return static_cast<std::size_t>(count);
  }
  // All of it, in memory: for files that the manifest keeps small by "max_bytes". Throws Error.
  std::string bytes() const {
    std::string all(static_cast<std::size_t>(size()), '\0');
    std::size_t done = 0;
    while (done < all.size()) {
      const std::size_t count = read(done, &all[done], all.size() - done);
      if (count == 0) throw Error(CRANK_INTERNAL, std::string(name()) + " ended early");
      done += count;
    }
    return all;
  }
  // A file that is this part alone, open for reading; the host's, until the call ends. Throws Error.
  int descriptor() const {
    std::int32_t descriptor = -1;
    const crank_status status = form_->descriptor(call_, index_, &descriptor);
    if (status != CRANK_OK) throw Error(status, "the host gives no file of " + std::string(name()));
    return descriptor;
  }

private:
  friend class Form;
  FormPart(const crank_form* form, crank_call* call, std::uint64_t index) : form_(form), call_(call), index_(index) {
    raw_.size = sizeof(raw_);
    const crank_status status = form_->part(call_, index_, &raw_);
    if (status != CRANK_OK) throw Error(status, "the host does not give a part of the form");
  }
  const crank_form* form_;
  crank_call* call_;
  std::uint64_t index_;
  crank_form_part raw_{};
};

// The form of one call; see ext/form.h. What is required is there, and of its kind: the host has seen to it.
// [call-thread; deferred: one thread at a time]
class Form {
public:
  // Of all fields. Throws Error.
  std::size_t size() const {
    std::uint64_t count = 0;
    const crank_status status = form_->count(call_, &count);
    if (status != CRANK_OK) throw Error(status, "the host gives no form of the call");
    return static_cast<std::size_t>(count);
  }
  FormPart operator[](std::size_t index) const { return FormPart(form_, call_, index); }

  // The first part of that field, or nullopt. Throws Error when nobody listens any more.
  std::optional<FormPart> file(std::string_view name) const {
    const auto index = find(name, 0);
    return index ? std::optional<FormPart>(FormPart(form_, call_, *index)) : std::nullopt;
  }
  std::optional<std::string_view> text(std::string_view name) const {
    const auto part = file(name);
    return part ? std::optional<std::string_view>(part->text()) : std::nullopt;
  }
  // All parts of that field.
  std::vector<FormPart> all(std::string_view name) const {
    std::vector<FormPart> parts;
    for (auto index = find(name, 0); index; index = find(name, *index + 1))
      parts.push_back(FormPart(form_, call_, *index));
    return parts;
  }

private:
  friend class Host;
  Form(const crank_form* form, crank_call* call) noexcept : form_(form), call_(call) {}
  std::optional<std::uint64_t> find(std::string_view name, std::uint64_t from) const {
    std::uint64_t index = 0;
    const crank_status status = form_->find(call_, detail::str(name), from, &index);
    if (status == CRANK_NOT_FOUND) return std::nullopt;
    if (status != CRANK_OK) throw Error(status, "the host gives no form of the call");
    return index;
  }
  const crank_form* form_;
  crank_call* call_;
};

inline Form Host::form(const Response& call) const {
  if (!form_) throw Error(CRANK_UNSUPPORTED, "this host offers no " CRANK_EXT_FORM);
  const Form form(form_, call.c());
  static_cast<void>(form.size()); // whether there is one
  return form;
}

// A call that Plugin::call has returned from: finish it from any thread. Dropping it unfinished, as an exception would,
// fails it.
class Deferred : public Response {
public:
  Deferred(Deferred&& other) noexcept
      : Response(std::exchange(other.call_, nullptr), std::move(other.cancel_)), asked_(std::move(other.asked_)) {}
  Deferred& operator=(Deferred&&) = delete;
  ~Deferred() {
    if (!call_) return;
    finish(fail(CRANK_INTERNAL, "the plugin dropped the call"));
  }
  void finish(crank_status status) noexcept {
    crank_call* call = std::exchange(call_, nullptr);
    call->finish(call, status);
    asked_.clear(); // what it was to run may hold this
  }

private:
  friend class Call;
  friend class Host;
  Deferred(crank_call* call, std::shared_ptr<Cancel> cancel) noexcept : Response(call, std::move(cancel)) {}
  std::vector<std::shared_ptr<Asked>> asked_; // as for cancel_
};

inline Answers Host::ask_all(const Response& call, const std::vector<Question>& questions) const {
  struct Waiting {
    std::mutex mutex;
    std::condition_variable told;
    std::optional<Answers> answers;
  } waiting;
  const auto asked = std::make_shared<Response::Asked>([&waiting](Answers answers) {
    const std::lock_guard<std::mutex> lock(waiting.mutex);
    waiting.answers = std::move(answers);
    waiting.told.notify_one();
  });
  detail::ask(ask_, call.c(), questions, &Response::Asked::answered, asked.get());
  std::unique_lock<std::mutex> lock(waiting.mutex);
  waiting.told.wait(lock, [&] { return waiting.answers.has_value(); });
  for (const Answer& one : *waiting.answers) {
    if (one.status == CRANK_CANCELLED || one.status == CRANK_DEADLINE) throw Error(one.status, one.text);
  }
  return *std::move(waiting.answers);
}

inline Answer Host::ask(const Response& call, Question question) const {
  return std::move(ask_all(call, {std::move(question)}).front());
}

inline void Host::ask_all(Deferred& call, const std::vector<Question>& questions,
                          std::function<void(Answers)> answered) const {
  const auto asked = std::make_shared<Response::Asked>(std::move(answered));
  call.asked_.push_back(asked); // first: it may run, and end the call, before ask() is back
  detail::ask(ask_, call.c(), questions, &Response::Asked::answered, asked.get());
}

// One request. Lives on the stack of the call; views it gives live as long as the call. [call-thread]
class Call : public Response {
public:
  explicit Call(crank_call* call) noexcept : Response(call) {}
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call() {
    if (cancel_) call_->on_cancel(call_, nullptr, nullptr); // a deferred one has taken it along
  }

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

  // What is known about the request and its caller; keys as in crank_call.get.
  std::optional<std::string_view> get(std::string_view key) const noexcept { return detail::get(call_, key); }
  // All that begins with `prefix`: visit(key, value), until it says false. As crank_call.each; throws what `visit`
  // does.
  template <class Visit>
  void each(std::string_view prefix, Visit&& visit) const {
    detail::each(call_, prefix, visit);
  }

  // Keeps the call open after Plugin::call has returned, whose result is ignored from here on:
  // `threads.run([later = call.defer()]() mutable { later.write("..."); later.finish(CRANK_OK); });`
  // The call may be finished, and gone, as soon as the Deferred is out of hand: copy what you need of it first.
  [[nodiscard]] Deferred defer() noexcept {
    deferred_ = true;
    return Deferred(call_, std::move(cancel_));
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
  std::optional<std::string_view> get(std::string_view key) const noexcept { return detail::get(session_, key); }
  template <class Visit>
  void each(std::string_view prefix, Visit&& visit) const {
    detail::each(session_, prefix, visit);
  }
  // Inside open() and opened() only, about the answer that accepts it; keys as in crank_session.set. Throws Error.
  void set(std::string_view key, std::string_view value) const {
    const crank_status status = session_->set(session_, detail::str(key), detail::str(value));
    if (status != CRANK_OK) throw Error(CRANK_INTERNAL, "the host does not take the session's " + std::string(key));
  }

  // CRANK_BUSY: nothing was queued, writable() will follow. CRANK_CANCELLED: closed. CRANK_EXHAUSTED: larger than the
  // queue. [any-thread]
  [[nodiscard]] crank_status send(const Message& message) const noexcept {
    const crank_message raw = detail::raw(message);
    return session_->send(session_, &raw);
  }
  crank_status join(std::string_view topic) const noexcept { return session_->join(session_, detail::str(topic)); }
  crank_status leave(std::string_view topic) const noexcept { return session_->leave(session_, detail::str(topic)); }
  crank_status wake_after(std::uint64_t delay_ms) const noexcept { return session_->wake_after(session_, delay_ms); }
  void close(std::int32_t code = CRANK_CLOSE_NORMAL, std::string_view reason = {}) const noexcept {
    session_->close(session_, code, detail::str(reason));
  }
  void log(std::int32_t level, std::string_view text) const noexcept {
    session_->log(session_, level, detail::str(text));
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
  virtual void closed(Session, std::int32_t /*code*/, std::string_view /*reason*/) {}
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
  virtual crank_status call(Call& call) { return call.fail(CRANK_NOT_FOUND, "no such operation"); }
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
          [](void* target, const crank_problem& problem) noexcept {
            auto* to = static_cast<Call*>(target);
            return to->deferred() ? problem.status : to->c()->fail(to->c(), &problem);
          }};
}

inline void log_to_session(void* target, std::string_view text) noexcept {
  Session(static_cast<crank_session*>(target)).log(CRANK_LOG_ERROR, text);
}

// Before the session is accepted: an HTTP error.
inline Report report_refusal(crank_session* session) noexcept {
  return {session, &log_to_session, [](void* target, const crank_problem& problem) noexcept {
            auto* to = static_cast<crank_session*>(target);
            return to->fail(to, &problem);
          }};
}

// After it: a log line and the end of the session.
inline Report report_close(crank_session* session) noexcept {
  return {session, &log_to_session, [](void* target, const crank_problem& problem) noexcept {
            log_to_session(target, view(problem.text));
            Session(static_cast<crank_session*>(target)).close(CRANK_CLOSE_INTERNAL);
            return problem.status;
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

  static crank_status start(crank_plugin* plugin, crank_str config_json) noexcept {
    return guarded(report_to(self(plugin)->host_), [&] {
      self(plugin)->plugin_.start(view(config_json));
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

  static const void* extension(crank_plugin*, [[maybe_unused]] crank_str id) noexcept {
    if constexpr (has_sessions) {
      if (view(id) == CRANK_EXT_SESSION) return &sessions;
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
  static void closed(crank_plugin*, crank_session* session, int32_t code, crank_str reason) noexcept {
    guarded(report_close(session), [&] {
      const std::unique_ptr<SessionHandler> last(&handler(session));
      last->closed(Session(session), code, view(reason));
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
// (plugin_api/MANIFEST.md). Use it once, outside any namespace. Nothing younger than minor 2 is used here.
#define CRANK_PLUGIN(Class, manifest)                                                                                  \
  const crank_entry crank_entry_v0 = {CRANK_MAGIC,                                                                     \
                                      CRANK_ABI_MAJOR,                                                                 \
                                      CRANK_ABI_MINOR,                                                                 \
                                      CRANK_NEEDS_MINOR,                                                               \
                                      sizeof(crank_entry),                                                             \
                                      {manifest, sizeof(manifest) - 1},                                                \
                                      &::crank::detail::Adapter<Class>::create};

#endif
