#include "supervisor/generation_process.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ; // POSIX: not declared by a header everywhere

namespace crank {
namespace {

constexpr int channel_descriptor = 3; // of the child

void begin_as_child(bool core_dumps) {
  ::setpgid(0, 0); // Ctrl-C is the supervisor's to interpret, and a crash takes the plugin's own children along
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGPIPE, SIGUSR2, SIGQUIT}) ::signal(signal, SIG_DFL);
  if (core_dumps) return;
  const rlimit no_core{0, 0}; // writing a big one stalls the machine for seconds
  ::setrlimit(RLIMIT_CORE, &no_core);
}

// Between fork and exec. The process has one thread, so more than the async-signal-safe would do, but why risk it.
[[noreturn]] void become(const char* path, bool or_this, char* const* arguments, char* const* variables, int channel,
                         bool core_dumps, int complaint) {
  begin_as_child(core_dumps);
  if (channel == channel_descriptor)
    ::fcntl(channel, F_SETFD, 0);
  else
    ::dup2(channel, channel_descriptor);
  ::execve(path, arguments, variables);
  const int error = errno;
  if (error == ENOENT && or_this) ::execve("/proc/self/exe", arguments, variables);
  const ssize_t written = ::write(complaint, &error, sizeof error);
  static_cast<void>(written);
  ::_exit(127);
}

std::unique_ptr<GenerationProcess> made_with(Channel channel, Scoreboard scoreboard, pid_t process,
                                             const StartOrder& order) {
  auto made = std::make_unique<GenerationProcess>(std::move(channel), std::move(scoreboard));
  made->number = order.number;
  made->process = process;
  made->scoreboard.page().generation = order.number;
  const int descriptors[] = {made->scoreboard.descriptor()};
  made->send(order, descriptors);
  return made;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

std::vector<std::string> environment_with(const std::vector<std::string>& additions) {
  std::vector<std::string> all;
  const auto is_replaced = [&](std::string_view variable) {
    const std::string_view name = variable.substr(0, variable.find('='));
    for (const std::string& addition : additions) {
      if (addition.size() > name.size() && addition.compare(0, name.size(), name) == 0 && addition[name.size()] == '=')
        return true;
    }
    return false;
  };
  for (char** variable = environ; variable && *variable; ++variable) {
    if (!is_replaced(*variable)) all.emplace_back(*variable);
  }
  all.insert(all.end(), additions.begin(), additions.end());
  return all;
}

// The errno of a failed exec in `child`, which ends by itself then; 0 once it runs the program.
int wait_for_exec(int complaint) {
  int error = 0;
  ssize_t count = 0;
  do count = ::read(complaint, &error, sizeof error);
  while (count < 0 && errno == EINTR);
  return count == sizeof error ? error : 0;
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
  const pid_t child = ::fork();
  if (child < 0) return Failure{std::string("cannot make a child process: ") + std::strerror(errno)};
  ForkedGeneration forked;
  if (child == 0) {
    begin_as_child(core_dumps);
    forked.channel.emplace(std::move(ends->second));
  } else {
    forked.process = made_with(Channel(std::move(ends->first)), *std::move(scoreboard), child, order);
  }
  return forked;
}

bool is_runnable(const std::string& path) { return ::access(path.c_str(), X_OK) == 0; }

Result<std::unique_ptr<GenerationProcess>, Failure> spawn_generation(const Program& program, const StartOrder& order,
                                                                     bool or_this) {
  auto ends = Channel::pair();
  if (!ends) return std::move(ends).error();
  auto scoreboard = Scoreboard::create();
  if (!scoreboard) return std::move(scoreboard).error();
  int complaint[2];
  if (::pipe(complaint) != 0) return Failure{std::string("cannot make a pipe: ") + std::strerror(errno)};
  const Descriptor complaint_reading(complaint[0]);
  ::fcntl(complaint[0], F_SETFD, FD_CLOEXEC);
  // Out of the way of the channel's number.
  Descriptor complaint_writing(::fcntl(complaint[1], F_DUPFD_CLOEXEC, channel_descriptor + 1));
  ::close(complaint[1]);

  std::vector<std::string> arguments = program.arguments;
  arguments.insert(arguments.begin(), program.path);
  std::vector<std::string> additions = program.variables;
  additions.push_back(std::string(generation_variable).append("=").append(std::to_string(channel_descriptor)));
  std::vector<std::string> variables = environment_with(additions);
  const auto argument_pointers = pointers(arguments), variable_pointers = pointers(variables);

  const pid_t child = ::fork();
  if (child < 0) return Failure{std::string("cannot make a child process: ") + std::strerror(errno)};
  if (child == 0)
    become(program.path.c_str(), or_this, argument_pointers.data(), variable_pointers.data(), ends->second.get(),
           program.core_dumps, complaint_writing.get());
  complaint_writing.reset();
  ends->second.reset();
  if (const int error = wait_for_exec(complaint_reading.get()); error != 0)
    return Failure{"cannot run " + program.path + ": " + std::strerror(error)};

  return made_with(Channel(std::move(ends->first)), *std::move(scoreboard), child, order);
}

} // namespace crank
