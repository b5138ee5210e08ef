#include "conformance/conformance.hpp"

#include "conformance/instance_life.hpp"
#include "conformance/process_traces.hpp"
#include "conformance/recording_call.hpp"
#include "conformance/recording_host.hpp"
#include "conformance/recording_session.hpp"
#include "schema/schema.hpp"
#include "json/json.hpp"

#include <boost/json.hpp>

#include <deque>
#include <memory>
#include <thread>

namespace crank {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;

constexpr milliseconds call_time{10'000};  // for an example, unless its own limit is shorter
constexpr milliseconds cancel_time{2'000}; // for a call that was cancelled before it began
constexpr milliseconds prompt_cancel{200}; // what a client should have to wait for

std::string in_quotes(std::string_view text) { return "\"" + std::string(text) + "\""; }

bool has_calls(const Manifest& manifest) {
  for (const RouteSpec& route : manifest.routes) {
    if (route.operation && route.operation->kind == OperationKind::call) return true;
  }
  return !manifest.capabilities.empty();
}

bool has_sessions(const Manifest& manifest) {
  for (const RouteSpec& route : manifest.routes) {
    if (route.operation && route.operation->kind != OperationKind::call) return true;
  }
  return false;
}

RecordingCall::Request request_for(const OperationSpec& operation, std::string body) {
  RecordingCall::Request request;
  request.operation = operation.name;
  request.body = std::move(body);
  request.path = "/v1/capabilities/" + operation.name;
  request.streamed = operation.body == BodyMode::stream;
  request.errors = operation.errors;
  if (!operation.content_types.empty()) request.content_type = operation.content_types.front();
  if (operation.form) { // `body` is in its fields; those that need not come do not where it is nothing
    SampleForm sample = sample_form(*operation.form, request.body, !request.body.empty());
    if (auto form = form_in(*operation.form, sample)) request.form = *std::move(form);
    request.body = std::move(sample.body);
    request.content_type = std::move(sample.content_type);
  }
  return request;
}

// Calls of one check; kept until the process ends, see RecordingCall::run.
class Calls {
public:
  Calls(CheckReport& report, const PluginLibrary& library) : report_(report), library_(library) {}
  RecordingCall& add(RecordingCall::Request request) {
    request.library = &library_;
    return calls_.emplace_back(report_, std::move(request));
  }

private:
  CheckReport& report_;
  const PluginLibrary& library_;
  std::deque<RecordingCall> calls_;
};

void check_document(const std::string& what, const std::string& text, const Schema& schema, CheckReport& report) {
  const auto value = parse_json(text);
  if (!value) return report.fail(what + " is " + value.error());
  const auto findings = schema.check(*value, 1);
  if (findings.empty()) return;
  report.fail(what + " does not pass the output_schema: " + findings.front().pointer + " " + findings.front().message);
}

void check_output(const std::string& what, const RecordingCall& call, const OperationSpec& operation,
                  CheckReport& report) {
  const auto schema = Schema::compile(operation.output_schema);
  const auto writes = call.writes();
  if (operation.streaming) {
    for (std::size_t i = 0; i < writes.size(); ++i)
      check_document(what + ", item " + std::to_string(i + 1), writes[i], *schema, report);
    return;
  }
  if (writes.empty() && call.artifacts() > 0) return; // they are the answer
  if (call.media_type().value_or(operation.response_type) != "application/json") return;
  std::string body;
  for (const std::string& written : writes) body += written;
  check_document(what + ", the response", body, *schema, report);
}

// --- the checks, in the order of the report ---

void check_create_and_destroy(const PluginLibrary& library, CheckReport& report) {
  InstanceLife life(library, report);
  if (!life.create()) return;
  life.destroy();
  report.pass_unless_failed(0, "create() and destroy() without start() between them");
}

void check_tables(const PluginLibrary& library, CheckReport& report) {
  InstanceLife life(library, report);
  if (!life.create()) return;
  const int before = report.failures();
  if (has_calls(library.manifest) && !CRANK_HAS(crank_plugin, life.plugin(), call)) {
    report.fail("crank_plugin.call is missing, though the manifest declares operations to call");
  }
  if (has_sessions(library.manifest)) {
    const crank_plugin_session* sessions = life.sessions();
    if (!sessions) {
      report.fail("the manifest declares sessions, but extension(\"" CRANK_EXT_SESSION "\") answers NULL");
    } else if (!CRANK_HAS(crank_plugin_session, sessions, opened) ||
               !CRANK_HAS(crank_plugin_session, sessions, closed)) {
      report.fail("crank_plugin_session lacks opened() or closed()");
    }
  }
  if (CRANK_HAS(crank_plugin, life.plugin(), extension)) {
    report.step("extension() with an unknown id");
    if (life.plugin()->extension(life.plugin(), CRANK_STR("crank.no-such-extension/1")))
      report.fail("extension() answers a table for an unknown id");
  }
  report.pass_unless_failed(before, "the tables hold every function that the manifest needs");
  life.destroy();
}

void check_two_lives(const PluginLibrary& library, CheckReport& report) {
  for (int turn = 1; turn <= 2; ++turn) {
    InstanceLife life(library, report);
    if (!life.create_and_start()) return;
    life.stop_and_destroy();
  }
  report.pass_unless_failed(0, "create(), start(), stop() and destroy(), twice in one process");
}

void check_bare_host(const PluginLibrary& library, CheckReport& report) {
  RecordingHost::Options options;
  options.extensions = false;
  auto host = std::make_unique<RecordingHost>(report, options);
  crank_plugin* plugin = nullptr;
  report.step("create() with a host that has no extensions");
  const crank_status status = library.entry->create(host->table(), &plugin);
  if (!is_known_status(status) || (status == CRANK_OK && !plugin))
    return report.fail("create() answered " + status_name(status));
  if (status != CRANK_OK) return report.pass("a host without extensions is refused with " + status_name(status));
  const auto config = default_config(library.manifest);
  report.step("start() with a host that has no extensions");
  if (config && plugin->start && plugin->stop && plugin->start(plugin, {config->data(), config->size()}) == CRANK_OK)
    plugin->stop(plugin);
  if (plugin->destroy) plugin->destroy(plugin);
  static_cast<void>(host.release()); // outlives the plugin, whatever that still does
  report.pass_unless_failed(0, "a host without extensions is taken");
}

void check_table_sizes(const PluginLibrary& library, CheckReport& report) {
  // A later host has longer tables. One that claims less than minor 1 breaks the contract, but must not bring the
  // plugin down.
  for (const std::size_t size : {sizeof(crank_host) + 64, offsetof(crank_host, log), std::size_t(8)}) {
    RecordingHost::Options options;
    options.size = size;
    auto host = std::make_unique<RecordingHost>(report, options);
    crank_plugin* plugin = nullptr;
    report.step("create() with a host table of " + std::to_string(size) + " bytes");
    const crank_status status = library.entry->create(host->table(), &plugin);
    if (status == CRANK_OK && plugin && plugin->destroy) plugin->destroy(plugin);
    if (size > sizeof(crank_host) && status != CRANK_OK)
      report.fail("create() refuses a host table that is longer than it knows");
    static_cast<void>(host.release());
  }
  report.pass_unless_failed(0, "host tables of other sizes are survived");
}

void check_examples(const PluginLibrary& library, CheckReport& report) {
  InstanceLife life(library, report);
  if (!life.create_and_start()) return;
  auto calls = std::make_unique<Calls>(report, library);
  for (const CapabilitySpec& capability : library.manifest.capabilities) {
    const OperationSpec& operation = capability.operation;
    if (capability.examples.empty()) report.info(operation.name + " has no examples, so no call of it was tried");
    for (std::size_t i = 0; i < capability.examples.size(); ++i) {
      const std::string what = operation.name + ", example " + std::to_string(i + 1);
      const int before = report.failures();
      report.step(what);
      RecordingCall& call = calls->add(request_for(operation, json_text(capability.examples[i])));
      const auto limit = std::min(call_time, milliseconds(operation.limits.timeout_ms));
      const auto outcome = call.run(life.plugin(), limit);
      if (!outcome.ended) {
        report.fail(what + ": answered PENDING and did not finish within " + std::to_string(limit.count()) + " ms");
      } else if (outcome.status != CRANK_OK) {
        report.fail(what + ": answered " + status_name(outcome.status) + " (" + call.failure_text() + ")");
      } else {
        check_output(what, call, operation, report);
      }
      report.pass_unless_failed(before, what + ": OK after " + std::to_string(outcome.took.count()) + " ms");
    }
  }
  life.stop_and_destroy();
  static_cast<void>(calls.release());
}

void check_parallel_calls(const PluginLibrary& library, CheckReport& report) {
  InstanceLife life(library, report);
  if (!life.create_and_start()) return;
  constexpr unsigned calls_per_thread = 20;
  auto calls = std::make_unique<std::deque<Calls>>();
  for (const CapabilitySpec& capability : library.manifest.capabilities) {
    const unsigned width = std::min(4u, capability.operation.limits.max_concurrency);
    if (capability.examples.empty() || width < 2) continue;
    const int before = report.failures();
    report.step(capability.operation.name + ", called by " + std::to_string(width) + " threads at once");
    const std::string body = json_text(capability.examples.front());
    const auto enough = std::chrono::steady_clock::now() + std::chrono::seconds(2);
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < width; ++i) {
      threads.emplace_back([&, mine = &calls->emplace_back(report, library)] {
        for (unsigned n = 0; n < calls_per_thread && std::chrono::steady_clock::now() < enough; ++n) {
          const auto outcome = mine->add(request_for(capability.operation, body)).run(life.plugin(), call_time);
          if (!outcome.ended || outcome.status != CRANK_OK) {
            report.fail(capability.operation.name + ": answered " + status_name(outcome.status) +
                        " when called by several threads at once");
          }
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    report.pass_unless_failed(before,
                              capability.operation.name + ": calls by " + std::to_string(width) + " threads at once");
  }
  life.stop_and_destroy();
  static_cast<void>(calls.release());
}

void check_unknown_operation(const PluginLibrary& library, CheckReport& report) {
  InstanceLife life(library, report);
  if (!life.create_and_start()) return;
  auto calls = std::make_unique<Calls>(report, library);
  if (CRANK_HAS(crank_plugin, life.plugin(), call)) {
    for (const char* name : {"no.such.operation", ""}) {
      report.step("call of the unknown operation " + in_quotes(name));
      RecordingCall::Request request;
      request.operation = name;
      request.body = "{}";
      const auto outcome = calls->add(std::move(request)).run(life.plugin(), call_time);
      if (outcome.status >= 0)
        report.fail("the unknown operation " + in_quotes(name) + " was answered with " + status_name(outcome.status));
    }
  }
  life.stop_and_destroy();
  report.pass_unless_failed(0, "unknown operations are refused");
  static_cast<void>(calls.release());
}

// The host checks inputs first; a plugin must still not depend on it for its life.
void check_malformed_input(const PluginLibrary& library, CheckReport& report) {
  InstanceLife life(library, report);
  if (!life.create_and_start()) return;
  std::string deep;
  for (int i = 0; i < 20'000; ++i) deep += "[";
  const std::string inputs[] = {"",
                                "{",
                                "null",
                                "[]",
                                "\"\"",
                                "{}",
                                std::string("\0\xff\xfe{", 4),
                                "{\"a\":" + std::string(300, '9') + "}",
                                deep,
                                "{\"message\":\"" + std::string(200'000, 'x') + "\"}"};
  auto calls = std::make_unique<Calls>(report, library);
  std::vector<const OperationSpec*> operations;
  for (const CapabilitySpec& capability : library.manifest.capabilities) operations.push_back(&capability.operation);
  for (const RouteSpec& route : library.manifest.routes) {
    if (route.operation && route.operation->kind == OperationKind::call) operations.push_back(&*route.operation);
  }
  const auto enough = std::chrono::steady_clock::now() + std::chrono::seconds(15);
  for (const OperationSpec* operation : operations) {
    const int before = report.failures();
    std::size_t tried = 0;
    for (const std::string& input : inputs) {
      if (std::chrono::steady_clock::now() > enough) break;
      report.step(operation->name + " with the malformed input " + in_quotes(input.substr(0, 20)) + " (" +
                  std::to_string(input.size()) + " bytes)");
      calls->add(request_for(*operation, input)).run(life.plugin(), call_time);
      ++tried;
    }
    if (tried == 0) {
      report.info(operation->name + ": no malformed input was tried for lack of time");
    } else {
      report.pass_unless_failed(before, operation->name + ": survives " + std::to_string(tried) + " malformed inputs");
    }
  }
  life.stop_and_destroy();
  static_cast<void>(calls.release());
}

void check_cancelled_calls(const PluginLibrary& library, CheckReport& report) {
  InstanceLife life(library, report);
  if (!life.create_and_start()) return;
  auto calls = std::make_unique<Calls>(report, library);
  for (const CapabilitySpec& capability : library.manifest.capabilities) {
    if (capability.examples.empty()) continue;
    const int before = report.failures();
    const std::string& name = capability.operation.name;
    report.step(name + ", whose client has gone");
    auto request = request_for(capability.operation, json_text(capability.examples.front()));
    request.cancelled = true;
    const auto outcome = calls->add(std::move(request)).run(life.plugin(), cancel_time);
    if (!outcome.ended || outcome.took > cancel_time) {
      report.fail(name + ": a cancelled call went on for more than " + std::to_string(cancel_time.count()) + " ms");
    } else if (outcome.took > prompt_cancel) {
      report.info(name + ": a cancelled call ended after " + std::to_string(outcome.took.count()) + " ms; less than " +
                  std::to_string(prompt_cancel.count()) + " is wanted");
    }
    report.pass_unless_failed(before, name + ": a cancelled call ends (" + status_name(outcome.status) + " after " +
                                          std::to_string(outcome.took.count()) + " ms)");
  }
  life.stop_and_destroy();
  static_cast<void>(calls.release());
}

// One session through all callbacks; returns what opened() answered.
void converse(InstanceLife& life, RecordingSession& session, bool websocket, CheckReport& report) {
  crank_plugin* plugin = life.plugin();
  const std::string what = session.operation();
  life.host().add(session);
  report.step(what + ": opened()");
  const crank_status status = session.open(plugin);
  if (status != CRANK_OK) {
    report.info(what + ": refused the session with " + status_name(status) + " (" + session.failure_text() + ")");
    return life.host().remove(session);
  }
  if (websocket) {
    const std::string large(100'000, 'x');
    for (const std::string_view text :
         {std::string_view("hello"), std::string_view(), std::string_view("{\"type\":"), std::string_view(large)}) {
      report.step(what + ": message() with " + std::to_string(text.size()) + " bytes of text");
      session.message(plugin, CRANK_TEXT, text);
    }
    report.step(what + ": message() with binary data");
    session.message(plugin, CRANK_BINARY, std::string_view("\0\1\xff", 3));
  }
  report.step(what + ": writable()");
  session.writable(plugin);
  for (int i = 0; i < 3; ++i) {
    report.step(what + ": wake()");
    if (!session.wake_if_asked(plugin)) break;
  }
  report.step(what + ": a firing timer");
  life.host().fire_timers();
  report.step(what + ": closed()");
  session.close(plugin, CRANK_CLOSE_ABNORMAL);
  life.host().remove(session);
  report.step(what + ": a firing timer after closed()");
  life.host().fire_timers();
}

void check_sessions(const PluginLibrary& library, CheckReport& report) {
  if (!has_sessions(library.manifest)) return report.info("the manifest declares none");
  InstanceLife life(library, report);
  if (!life.create_and_start()) return;
  const crank_plugin_session* callbacks = life.sessions();
  if (!callbacks || !CRANK_HAS(crank_plugin_session, callbacks, opened) ||
      !CRANK_HAS(crank_plugin_session, callbacks, closed)) {
    return life.stop_and_destroy(); // check_tables says so
  }
  auto sessions = std::make_unique<std::deque<RecordingSession>>();
  for (const RouteSpec& route : library.manifest.routes) {
    if (!route.operation || route.operation->kind == OperationKind::call) continue;
    const int before = report.failures();
    const bool websocket = route.operation->kind == OperationKind::websocket;
    RecordingSession& session =
        sessions->emplace_back(report, *callbacks, route.operation->name, !websocket, route.operation->errors);
    converse(life, session, websocket, report);
    report.pass_unless_failed(before, route.operation->name + " at " + route.path + ": a session, " +
                                          std::to_string(session.sent()) + " messages");
  }
  report.step("a session of an unknown operation");
  RecordingSession& unknown =
      sessions->emplace_back(report, *callbacks, "no.such.operation", false, std::vector<DeclaredError>());
  if (unknown.open(life.plugin()) == CRANK_OK) {
    report.info("opened() accepts a session of an unknown operation");
    unknown.close(life.plugin(), CRANK_CLOSE_ABNORMAL);
  }
  life.stop_and_destroy();
  for (const RecordingSession& session : *sessions) {
    if (session.retained() > 0)
      report.fail(session.operation() + ": retain() without release() by the end of destroy()");
  }
  static_cast<void>(sessions.release());
}

void check_traces(const PluginLibrary& library, CheckReport& report) {
  const ProcessTraces before = ProcessTraces::taken();
  std::thread([] {}).join(); // ThreadSanitizer starts one of its own with the first
  const unsigned threads_before = ProcessTraces::threads();
  InstanceLife life(library, report);
  if (!life.create_and_start()) return;
  auto calls = std::make_unique<Calls>(report, library);
  for (const CapabilitySpec& capability : library.manifest.capabilities) {
    if (capability.examples.empty()) continue;
    report.step(capability.operation.name);
    calls->add(request_for(capability.operation, json_text(capability.examples.front()))).run(life.plugin(), call_time);
  }
  life.stop_and_destroy();
  for (const std::string& change : ProcessTraces::taken().changes_since(before)) report.fail(change);
  // A thread that has been joined may be listed a moment longer.
  unsigned now = ProcessTraces::threads();
  for (int i = 0; i < 100 && now > threads_before; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    now = ProcessTraces::threads();
  }
  if (now > threads_before) {
    report.fail("stop() and destroy() left " + std::to_string(now - threads_before) + " threads running");
  }
  report.pass_unless_failed(
      0, "signals, standard descriptors, working directory, locale, environment and threads are as before start()");
  static_cast<void>(calls.release());
}

using Needs = ConformanceCheck::Needs;
using Shows = ConformanceCheck::Shows;

constexpr ConformanceCheck checks[] = {
    {"create and destroy", check_create_and_destroy, milliseconds(20'000), Needs::nothing, Shows::instance},
    {"tables", check_tables, milliseconds(20'000), Needs::instance, Shows::nothing},
    {"two lives", check_two_lives, milliseconds(60'000), Needs::instance, Shows::start},
    {"host without extensions", check_bare_host, milliseconds(60'000), Needs::instance, Shows::nothing},
    {"host tables of other sizes", check_table_sizes, milliseconds(20'000), Needs::instance, Shows::nothing},
    {"examples", check_examples, milliseconds(120'000), Needs::start, Shows::nothing},
    {"calls at once", check_parallel_calls, milliseconds(60'000), Needs::start, Shows::nothing},
    {"unknown operation", check_unknown_operation, milliseconds(15'000), Needs::start, Shows::nothing},
    {"malformed input", check_malformed_input, milliseconds(30'000), Needs::start, Shows::nothing},
    {"cancelled call", check_cancelled_calls, milliseconds(30'000), Needs::start, Shows::nothing},
    {"sessions", check_sessions, milliseconds(30'000), Needs::start, Shows::nothing},
    {"traces in the process", check_traces, milliseconds(60'000), Needs::start, Shows::nothing},
};

} // namespace

std::span<const ConformanceCheck> conformance_checks() { return checks; }

} // namespace crank
