// One crank_call: the ABI's view of an invocation.
// Lives from the plugin's call() until it returned or, for PENDING, until finish().
#pragma once

#include "engine/engine.hpp"

#include <crank/crank.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace crank {

class CallAsks;
class CallFiles;
class CallProcess;
class PluginPrograms;
class CallForm;

class PluginCall {
public:
  // `programs` outlives it.
  PluginCall(std::shared_ptr<Invocation> invocation, Engine& engine, const PluginPrograms& programs);
  ~PluginCall();

  crank_call* table() { return &table_; }
  // The plugin's call() returned. True when it is over and the caller may destroy this object; false when the plugin,
  // or the place where finished calls wait for a mistaken second finish(), owns it now.
  [[nodiscard]] bool returned(crank_status status);
  // It threw: over.
  void threw(std::string_view what);

  // For crank.files/1, on the call's thread. nullptr: nobody listens any more.
  static CallFiles* files_of(crank_call* call);
  // For crank.form/1, on the call's thread. nullptr, and why: there is no form, or nobody listens any more.
  static CallForm* form_of(crank_call* call, crank_status& status);
  static bool has_form(const crank_call* call) { return of(call).is_form_; }
  // For crank.ask/1, on any thread. nullptr: as above.
  static std::shared_ptr<Invocation> asking(crank_call* call);
  static std::shared_ptr<CallAsks> asks_of(crank_call* call);
  static bool has_written(const crank_call* call) { return of(call).wrote_; }
  static bool has_read(const crank_call* call) { return of(call).read_; }
  // For crank.process/1, as above, also when nobody listens; nullptr: it is over.
  static CallProcess* process_of(crank_call* call);
  // As of write(): a call that ends well all the same fails.
  static void note_write_failure(crank_call* call, crank_status status);

private:
  enum class State { running, pending, finished_early, finished };

  static PluginCall& of(crank_call* call) { return *static_cast<PluginCall*>(call->host_data); }
  static const PluginCall& of(const crank_call* call) { return *static_cast<const PluginCall*>(call->host_data); }

  static std::int64_t read(crank_call* call, void* buffer, std::size_t capacity) noexcept;
  static crank_status get(const crank_call* call, crank_str key, crank_str* out) noexcept;
  static crank_status each(const crank_call* call, crank_str prefix, crank_visit visit, void* user) noexcept;
  static crank_status set(crank_call* call, crank_str key, crank_str value) noexcept;
  static crank_status write(crank_call* call, const void* data, std::size_t len) noexcept;
  static void progress(crank_call* call, double fraction, crank_str note) noexcept;
  static std::int32_t cancelled(const crank_call* call) noexcept;
  static crank_status on_cancel(crank_call* call, void (*fired)(void*, std::int32_t) noexcept, void* user) noexcept;
  static void log_line(crank_call* call, std::int32_t level, crank_str text) noexcept;
  static crank_status fail(crank_call* call, const crank_problem* problem) noexcept;
  static void finish(crank_call* call, crank_status status) noexcept;

  void fired_cancel(void (*fired)(void*, std::int32_t), void* user, CancelReason reason) const;
  crank_status append(std::string_view data);
  ReplyHead take_head();
  crank_status stream_out();
  void complete(crank_status status);
  void end_asking();
  Problem failure(crank_status status) const;
  bool may_defer() const;
  crank_status blame_write();

  crank_call table_{};
  std::shared_ptr<Invocation> invocation_; // dropped with the answer
  const PluginInstance& plugin_;
  Engine& engine_;
  std::atomic<State> state_{State::running};
  ReplyHead head_;
  std::string output_;
  bool streaming_out_ = false; // the response no longer waits in output_
  bool wrote_ = false;
  bool read_ = false;
  const bool is_form_;               // the body: its parts are to be asked for
  std::unique_ptr<CallFiles> files_; // once it is asked for
  const PluginPrograms& programs_;
  std::unique_ptr<CallProcess> process_; // once it is asked for
  std::unique_ptr<CallForm> form_;       // as the files
  std::mutex asks_mutex_;                // guards what follows
  std::shared_ptr<CallAsks> asks_;       // once something is asked
  std::optional<Problem> failure_;
  crank_status write_failure_ = CRANK_OK; // the first that was not
  crank_status early_status_ = CRANK_OK;  // of a finish() that came before call() returned
};

} // namespace crank
