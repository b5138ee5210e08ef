// echo.hpp: what the parts of the echo plugin share. Echo answers with what it was given, through every function of the
// ABI, so that a test can see from outside what the host handed over. It uses crank.h alone, never crank.hpp.
#pragma once
#include <crank/crank.h>
#include <crank/ext/files.h>
#include <crank/ext/health.h>
#include <crank/ext/metrics.h>
#include <crank/ext/session.h>
#include <crank/ext/timer.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace echo {

class Worker;

/* The one instance; lives from create() to destroy(). */
struct Instance {
  crank_plugin table{};
  const crank_host *host = nullptr;
  const crank_sessions *sessions = nullptr; /* NULL where the host has no sessions */
  const crank_timers *timers = nullptr;     /* NULL where the host has no timers */
  const crank_health *health = nullptr;     /* NULL where the host takes no health */
  const crank_metrics *metrics = nullptr;   /* NULL where the host has no metrics */
  const crank_files *files = nullptr;       /* NULL where the host has no files */
  std::string config = "{}";
  std::unique_ptr<Worker> worker; /* from start() to stop() */
};

inline Instance &instance_of(crank_plugin *plugin) { return *static_cast<Instance *>(plugin->plugin_data); }

/* The entry's. [control] */
crank_status create(const crank_host *host, crank_plugin **out) noexcept;
extern const crank_plugin_session session_callbacks;

/* Serves the operation named by `call`. [call-thread] */
crank_status serve(Instance &instance, crank_call *call);

/* Operations that end on another thread than the one they began on. [call-thread] */
crank_status pending(Instance &instance, crank_call *call);
crank_status timer(Instance &instance, crank_call *call);
crank_status until_cancelled(Instance &instance, crank_call *call);

/* Operations with files. [call-thread] */
crank_status files(Instance &instance, crank_call *call);
crank_status defer(Instance &instance, crank_call *call);
crank_status kept(Instance &instance, crank_call *call);
crank_status body_file(Instance &instance, crank_call *call);

/* Ticks that are logged where this process leads, if the configuration asks for them. [control] */
void start_leading_ticks(Instance &instance);

/* What was read: how many bytes, their sum, and their hash. */
class Tally {
public:
  void add(const char *data, std::size_t size);
  /* `body_size`: what the host said of it, or null. */
  std::string json(const std::string &body_size) const;

private:
  std::uint64_t bytes_ = 0, sum_ = 0, hash_ = 0xcbf29ce484222325u; /* FNV-1a, 64 bits: draft-eastlake-fnv */
};

/* "null" where the host does not know. */
std::string count_or_null(std::uint64_t count);

// The optional functions of a call are read through CRANK_HAS: a host with a shorter table must be served too.
bool cancelled(const crank_call *call);
void progress(crank_call *call, double fraction, std::string_view note);
crank_status fail(crank_call *call, crank_status status, std::string_view text, std::string_view code = {});
void log(const Instance &instance, std::string_view text);
crank_status write(crank_call *call, std::string_view text);

/* The value of `key`, or false where the host has none. */
bool get(const crank_call *call, std::string_view key, std::string_view &out);

inline crank_str str(std::string_view text) { return {text.data(), text.size()}; }

} // namespace echo
