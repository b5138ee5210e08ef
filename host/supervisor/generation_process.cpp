#include "supervisor/generation_process.hpp"

#include "audit/writer.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <sys/wait.h>
#include <unistd.h>

namespace crank {
namespace {

// Both ends of what carries its records; none where there is no audit log.
using AuditEnds = std::pair<Descriptor, Descriptor>;
Result<AuditEnds, Failure> audit_ends(const StartOrder& order) {
  return order.audit.empty() ? AuditEnds() : AuditWriter::channel();
}

std::unique_ptr<GenerationProcess> made_with(Channel channel, Scoreboard scoreboard, AuditEnds audit, pid_t process,
                                             const StartOrder& order) {
  auto made = std::make_unique<GenerationProcess>(std::move(channel), std::move(scoreboard));
  made->number = order.number;
  made->process = process;
  made->scoreboard.page().generation = order.number;
  std::vector<int> descriptors{made->scoreboard.descriptor()};
  if (audit.second) descriptors.push_back(audit.second.get());
  made->send(order, descriptors);
  made->audit = std::move(audit.first);
  return made;
}

} // namespace

void GenerationProcess::kill() const {
  ::kill(-process, SIGKILL);
  ::kill(process, SIGKILL); // it may not have made its group yet
}

bool GenerationProcess::is_gone() const {
  siginfo_t info{};
  int result = 0;
  do result = ::waitid(P_PID, static_cast<id_t>(process), &info, WEXITED | WNOHANG | WNOWAIT);
  while (result != 0 && errno == EINTR);
  return result != 0 || info.si_pid == process; // no child of ours: somebody else has waited for it
}

std::string GenerationProcess::name() const {
  char text[64];
  std::snprintf(text, sizeof text, "generation %llu (pid %ld)", static_cast<unsigned long long>(number),
                static_cast<long>(process));
  return text;
}

Result<ForkedGeneration, Failure> fork_generation(const StartOrder& order, bool core_dumps) {
  auto ends = Channel::pair();
  if (!ends) return std::move(ends).error();
  auto scoreboard = Scoreboard::create();
  if (!scoreboard) return std::move(scoreboard).error();
  auto audit = audit_ends(order);
  if (!audit) return std::move(audit).error();
  ChildSetup setup;
  setup.core_dumps = core_dumps;
  const auto child = fork_child(setup);
  if (!child) return child.error();
  ForkedGeneration forked;
  if (*child == 0)
    forked.channel.emplace(std::move(ends->second));
  else
    forked.process =
        made_with(Channel(std::move(ends->first)), *std::move(scoreboard), *std::move(audit), *child, order);
  return forked;
}

bool is_runnable(const std::string& path) { return ::access(path.c_str(), X_OK) == 0; }

Result<std::unique_ptr<GenerationProcess>, Failure> spawn_generation(const Program& program, const StartOrder& order,
                                                                     bool or_this, bool core_dumps) {
  auto ends = Channel::pair();
  if (!ends) return std::move(ends).error();
  auto scoreboard = Scoreboard::create();
  if (!scoreboard) return std::move(scoreboard).error();
  auto audit = audit_ends(order);
  if (!audit) return std::move(audit).error();
  const int channel = ends->second.get();
  Program generation = program;
  generation.variables.push_back(std::string(generation_variable).append("=").append(std::to_string(channel)));
  ChildSetup setup;
  setup.core_dumps = core_dumps;
  setup.descriptors = {{channel, channel}};
  // What the operator has opened for the host (--config /dev/fd/5, say) is every generation's, as it is the first
  // one's.
  setup.keep_open = true;
  const auto child = start_child(generation, setup, or_this ? "/proc/self/exe" : "");
  if (!child) return child.error();
  return made_with(Channel(std::move(ends->first)), *std::move(scoreboard), *std::move(audit), *child, order);
}

} // namespace crank
