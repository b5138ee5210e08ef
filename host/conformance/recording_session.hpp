// A session as a plugin sees it, for conformance checks. Implements crank_session over the C ABI directly.
#pragma once

#include "conformance/check_report.hpp"
#include "engine/reply_head.hpp"
#include "manifest/manifest.hpp"

#include <crank/ext/session.h>

#include <mutex>
#include <optional>
#include <set>
#include <string>

namespace crank {

class RecordingSession {
public:
  // `events`: a stream of server-sent events, which takes text only.
  RecordingSession(CheckReport& report, const crank_plugin_session& callbacks, std::string operation, bool events,
                   std::vector<DeclaredError> errors);
  RecordingSession(const RecordingSession&) = delete;
  RecordingSession& operator=(const RecordingSession&) = delete;

  // Each calls the plugin's function of that name where there is one.
  crank_status open(crank_plugin* plugin);
  void message(crank_plugin* plugin, std::int32_t kind, std::string_view data);
  void writable(crank_plugin* plugin);
  bool wake_if_asked(crank_plugin* plugin); // false when no wake_after() is due
  void close(crank_plugin* plugin, std::int32_t code);

  // From a publish(): as if sent by the plugin.
  bool joined(std::string_view topic) const;
  crank_status send(const crank_message* message, const char* function);

  const std::string& operation() const { return operation_; }
  bool open() const;
  std::size_t sent() const;
  int retained() const;
  std::string failure_text() const;

private:
  static RecordingSession& of(const crank_session* session) {
    return *static_cast<RecordingSession*>(session->host_data);
  }
  void fill_table();
  crank_status set(crank_str key, crank_str value);
  crank_status fail(const crank_problem* problem);
  crank_status topic(crank_str name, bool join);

  struct {
    crank_session table;
    void* later_members[4];
  } storage_{};
  CheckReport& report_;
  const crank_plugin_session& callbacks_;
  const std::string operation_;
  const bool events_;
  const std::vector<DeclaredError> errors_;

  mutable std::mutex mutex_;
  enum class State { fresh, opening, open, ended } state_ = State::fresh;
  std::set<std::string, std::less<>> topics_;
  std::size_t sent_ = 0;
  int retained_ = 0;
  bool wake_asked_ = false;
  bool close_asked_ = false;
  std::string failure_text_;
  ReplyHead head_;
};

} // namespace crank
