// A call as a plugin sees it, for conformance checks: keeps what the plugin does with it and reports what it must not
// do. Implements crank_call over the C ABI directly; knows nothing of the engine.
#pragma once

#include "conformance/check_report.hpp"
#include "conformance/recording_files.hpp"
#include "conformance/recording_form.hpp"
#include "engine/reply_head.hpp"
#include "manifest/manifest.hpp"
#include "plugin/library.hpp"

#include <crank/crank.h>
#include <crank/ext/process.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace crank {

// "OK", "INVALID", ...; "4242, which is no status" for what the ABI does not have.
[[nodiscard]] std::string status_name(crank_status status);
[[nodiscard]] bool is_known_status(crank_status status);

class RecordingCall {
public:
  struct Request {
    std::string operation;
    std::string body;
    std::string content_type = "application/json";
    std::string method = "POST";
    std::string path;
    std::map<std::string, std::string> path_parameters;
    bool streamed = false;      // the body comes through read() only
    bool cancelled = false;     // the client has gone already
    std::optional<Form> form{}; // that `body` is, where the operation declared one
    std::vector<DeclaredError> errors;
    const PluginLibrary* library = nullptr; // whose programs it may run; outlives the call
  };
  struct Outcome {
    bool ended = false; // else it was still pending at the end of the time
    crank_status status = CRANK_OK;
    std::chrono::milliseconds took{0};
  };

  RecordingCall(CheckReport& report, Request request);
  RecordingCall(const RecordingCall&) = delete;
  RecordingCall& operator=(const RecordingCall&) = delete;

  // Calls plugin->call and, if that answers PENDING, waits for finish(). The recording must outlive the plugin: a
  // faulty plugin may use it later, and that is to be seen.
  Outcome run(crank_plugin* plugin, std::chrono::milliseconds timeout);

  // What the plugin did; stable once the call has ended.
  std::vector<std::string> writes() const;
  std::optional<std::string> media_type() const;
  std::string failure_text() const; // "CODE: text", or empty
  std::size_t artifacts() const { return files_.finished(); }

  // For crank.files/1. nullptr, and a failure in the report where that is one: nobody takes anything of it any more.
  static RecordingFiles* files_of(crank_call* call, const char* function, bool& written);
  // For crank.form/1. nullptr, and why, and a failure in the report where that is one.
  static RecordingForm* form_of(crank_call* call, const char* function, crank_status& status);
  // For crank.ask/1: as above, but for the files.
  static bool takes(crank_call* call, const char* function);
  static void fault(crank_call* call, const std::string& what);
  // The body, which read() must not have been asked for, and is not from now on.
  static const std::string& body_of(crank_call* call);

  // For crank.process/1: as RecordingProcess.
  crank_status run_process(const crank_process_spec* spec, crank_process_result* out);
  static RecordingCall& of_table(const crank_call* call) { return of(call); }

  // What is wrong with a problem that a plugin gives, into the report; returns its failure text.
  static std::string check_problem(CheckReport& report, const std::string& operation,
                                   const std::vector<DeclaredError>& errors, const crank_problem* problem);

private:
  static RecordingCall& of(const crank_call* call) { return *static_cast<RecordingCall*>(call->host_data); }
  void fill_table();
  // False, and a failure in the report, when the call is over already.
  bool alive(const char* function);

  std::int64_t read(void* buffer, std::size_t capacity);
  crank_status get(std::string_view key, crank_str* out) const;
  crank_status each(std::string_view prefix, crank_visit visit, void* user) const;
  crank_status set(crank_str key, crank_str value);
  crank_status on_cancel(void (*fired)(void*, std::int32_t) noexcept, void* user);
  crank_status write(const void* data, std::size_t size);
  crank_status fail(const crank_problem* problem);
  void finish(crank_status status);

  // As a later host would have it: longer than the plugin knows.
  struct {
    crank_call table;
    void* later_members[4];
  } storage_{};
  CheckReport& report_;
  const Request request_;

  mutable std::mutex mutex_;
  std::condition_variable finished_;
  std::size_t read_offset_ = 0;
  std::vector<std::string> writes_;
  ReplyHead head_;
  RecordingFiles files_{report_, request_.operation};
  std::string process_errors_; // that the plugin may look at
  std::optional<RecordingForm> form_;
  bool body_given_ = false; // as a file
  bool listens_ = false;    // on_cancel() has something to call
  std::string failure_text_;
  std::optional<crank_status> finish_status_;
  bool over_ = false;
};

} // namespace crank
