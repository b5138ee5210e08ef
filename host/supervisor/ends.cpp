// How generations end, and what is said of it.
#include "supervisor/supervisor.hpp"

#include "log/log.hpp"
#include "os/signal_name.hpp"

#include <cerrno>
#include <csignal>
#include <sys/wait.h>
#include <utility>

namespace crank {
namespace {

std::string end_text(std::optional<int> status) {
  if (!status) return "has ended, and somebody else was told how";
  if (WIFSIGNALED(*status)) return "was ended by " + signal_name(WTERMSIG(*status));
  return "ended with code " + std::to_string(WEXITSTATUS(*status));
}

} // namespace

// Every child, also those that are ours only because we are process 1, and those whose end somebody else was told.
void Supervisor::reap() {
  for (;;) {
    siginfo_t info{};
    const int result = ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT);
    if (result != 0 && errno == EINTR) continue;
    if (result != 0 || info.si_pid == 0) break;
    reap(info.si_pid);
  }
  std::vector<pid_t> lost;
  for (const auto& [number, generation] : processes_) {
    if (generation->is_gone()) lost.push_back(generation->process);
  }
  for (const pid_t process : lost) reap(process);
}

// One that has ended. While nobody has waited for it, its number is its own, and so is its group's.
void Supervisor::reap(pid_t process) {
  const auto found = std::find_if(processes_.begin(), processes_.end(),
                                  [process](const auto& entry) { return entry.second->process == process; });
  siginfo_t info{};
  const bool ours = ::waitid(P_PID, static_cast<id_t>(process), &info, WEXITED | WNOHANG | WNOWAIT) == 0;
  if (ours && found != processes_.end()) ::kill(-process, SIGKILL); // what its plugins started
  int status = 0;
  pid_t waited = 0;
  do waited = ::waitpid(process, &status, WNOHANG);
  while (waited < 0 && errno == EINTR);
  if (found == processes_.end()) return;
  auto generation = std::move(found->second);
  processes_.erase(found);
  gone(std::move(generation), waited == process ? std::optional(status) : std::nullopt);
}

// Of what it said at last, only its reason counts. What its plugins started may hold the channel still, and talk
// without end.
void Supervisor::gone(std::unique_ptr<GenerationProcess> generation, std::optional<int> status) {
  Packet packet;
  for (int left = reports_at_once; left > 0; --left) {
    Report report;
    if (generation->channel.receive(packet, false) != Channel::Received::packet || decode_report(packet.text, report))
      break;
    if (auto* failed = std::get_if<FailedReport>(&report)) generation->failed = std::move(*failed);
  }
  log_end(*generation, status);
  record_lost_calls(*generation);
  record_generation(generation->number, !status || WIFSIGNALED(*status) ? "crashed" : "ended", end_text(status));
  Lifecycle::End end{why_it_failed(*generation, status)};
  end.crashed = !status || WIFSIGNALED(*status);
  end.exit_code = end.crashed ? 0 : WEXITSTATUS(*status);
  perform(lifecycle_.ended(generation->number, end, now()));
}

void Supervisor::log_end(const GenerationProcess& generation, std::optional<int> status) {
  const Lifecycle::Generation* const known = lifecycle_.find(generation.number);
  if (!known) return;
  const bool expected = known->state == GenerationState::retiring || known->state == GenerationState::stopping;
  if (status && WIFEXITED(*status) && expected) {
    if (WEXITSTATUS(*status) == 0) return log(LogLevel::info, generation.name() + " has ended");
    return log(LogLevel::warn, generation.name() + " has ended with code " + std::to_string(WEXITSTATUS(*status)));
  }
  if (status && WIFEXITED(*status) && known->state == GenerationState::loading) return; // its failure is told elsewhere
  std::string line = generation.name() + " " + end_text(status);
  if (known->condemned) line += " because " + known->condemned_for;
  const auto crash = generation.scoreboard.crash();
  LogContext context;
  if (crash) {
    line = generation.name() + " crashed: " + signal_name(crash->signal);
    char address[32];
    std::snprintf(address, sizeof address, " at 0x%llx", static_cast<unsigned long long>(crash->address));
    line += address;
    if (!crash->operation.empty()) line += " in plugin " + crash->plugin + ", operation " + crash->operation;
    context = {crash->plugin, crash->request_id, {}};
  }
  std::string others;
  std::size_t lost = 0;
  for (const RecordedCall& call : generation.scoreboard.calls()) {
    if (call.state >= CallState::late) continue;
    ++lost;
    if (crash && call.request_id == crash->request_id) continue;
    if (others.size() < 2000) others += (others.empty() ? "" : ", ") + call.request_id + " (" + call.operation + ")";
  }
  if (lost > 0) line += "; " + std::to_string(lost) + " request(s) were in flight";
  if (!others.empty()) line += ", besides it: " + others;
  log(LogLevel::error, context, line);
  if (!crash) return;
  for (std::size_t i = 0; i < crash->frames.size(); ++i)
    log(LogLevel::error, context, "  #" + std::to_string(i) + " " + crash->frames[i]);
}

// Why a generation that never served ended.
Failure Supervisor::why_it_failed(const GenerationProcess& generation, std::optional<int> status) const {
  if (generation.failed) return {generation.failed->message, static_cast<int>(generation.failed->exit_code)};
  const std::string last_words = generation.scoreboard.page().last_words.get();
  const int code = status && WIFEXITED(*status) ? WEXITSTATUS(*status) : 3;
  if (!last_words.empty()) return {last_words, code};
  const Lifecycle::Generation* const known = lifecycle_.find(generation.number);
  if (known && known->condemned) return {generation.name() + ": " + known->condemned_for, 3};
  if (!status) return {"the worker ended before it served, and somebody else was told how", 3};
  if (WIFSIGNALED(*status))
    return {"a plugin crashed the worker while it started (" + signal_name(WTERMSIG(*status)) +
                "); the log above says where",
            3};
  return {"the worker ended with code " + std::to_string(code) + " before it served", code == 0 ? 1 : code};
}

} // namespace crank
