// Everything is prepared before the fork. What is left to do between it and the exec is safe in a copy of a process
// whose other threads are gone and whose locks they may hold: system calls, and no memory.
#include "os/start_child.hpp"

#include "os/confinement.hpp"
#include "os/early_exit.hpp"
#include "os/life_line.hpp"
#include "os/pipe.hpp"
#include "os/platform.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

extern char** environ; // POSIX: not declared by a header everywhere

namespace crank {
namespace {

constexpr int first_other = STDERR_FILENO + 1;

Failure failure(const char* what) { return {std::string(what) + ": " + std::strerror(errno)}; }

// The descriptors to give, none of them at a number that another is to have.
class Gifts {
public:
  static Result<Gifts, Failure> prepare(const std::vector<ChildSetup::Given>& wanted) {
    Gifts gifts;
    for (const auto& one : wanted) gifts.above_ = std::max(gifts.above_, one.as + 1);
    for (auto one : wanted) {
      if (one.descriptor < gifts.above_) {
        Descriptor copy = gifts.out_of_the_way(one.descriptor);
        if (!copy) return failure("cannot copy a descriptor for a child process");
        one.descriptor = copy.get();
        gifts.copies_.push_back(std::move(copy));
      }
      gifts.given_.push_back(one);
    }
    return gifts;
  }
  // Close-on-exec; empty with errno.
  Descriptor out_of_the_way(int descriptor) const { return Descriptor(::fcntl(descriptor, F_DUPFD_CLOEXEC, above_)); }
  // In the child. False with errno: a number is beyond its limit.
  bool place() const {
    return std::all_of(given_.begin(), given_.end(),
                       [](const auto& one) { return ::dup2(one.descriptor, one.as) >= 0; });
  }

private:
  std::vector<Descriptor> copies_;
  std::vector<ChildSetup::Given> given_;
  int above_ = first_other;
};

void close_others_on_exec() {
  if (close_on_exec_from(first_other)) return;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > 1'000'000) limit.rlim_cur = 1'000'000;
  for (int descriptor = first_other; descriptor < static_cast<int>(limit.rlim_cur); ++descriptor)
    ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
}

// What the parent handles, ignores or was made to ignore is not for the child, which shall die of what kills it.
void reset_signals() {
  struct sigaction by_default {};
  by_default.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) {
    // Who ignores these writes to a terminal from the background, or does not want to be stopped by one.
    if (signal != SIGTSTP && signal != SIGTTIN && signal != SIGTTOU) ::sigaction(signal, &by_default, nullptr);
  }
  sigset_t none;
  sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

// What a child did not manage, and errno: it says so to its parent, which has the same texts at the same places.
struct Complaint {
  const char* what;
  int error;
};

// nullptr, or what failed with errno.
const char* begin(const ChildSetup& setup, const Gifts& gifts) {
  if (setup.group == ChildSetup::Group::own) ::setpgid(0, 0);
  if (setup.group == ChildSetup::Group::session) ::setsid();
  const rlimit no_core{0, 0};
  if (!setup.core_dumps) ::setrlimit(RLIMIT_CORE, &no_core);
  reset_signals();
  return gifts.place() ? nullptr : "cannot pass on a descriptor";
}

[[noreturn]] void keep(int life) {
  ::dup2(life, STDIN_FILENO);
  close_from(STDIN_FILENO + 1);
  char byte = 0;
  while (::read(STDIN_FILENO, &byte, 1) != 0) {
  }
  ::kill(0, SIGKILL);
  leave_process(0);
}

// Makes a process that is in this one's group and nobody's child, so that a program that waits for its own never meets
// it. At the end of file of `life` it kills the group and itself. False with errno.
bool leave_keeper(int life) {
  const pid_t between = ::fork();
  if (between == 0) {
    const pid_t keeper = ::fork();
    if (keeper == 0) keep(life);
    leave_process(keeper > 0 ? 0 : errno);
  }
  if (between < 0) return false;
  int status = 0;
  while (::waitpid(between, &status, 0) < 0 && errno == EINTR) {
  }
  errno = WEXITSTATUS(status);
  return WIFEXITED(status) && errno == 0;
}

const char* become_foreign(const ChildSetup::Foreign& foreign, pid_t parent, int life) {
  go_first_without_memory();
  if (!end_with_parent(parent)) return "cannot tie it to its parent";
  if (life >= 0 && !leave_keeper(life)) return "cannot make a process beside it";
  ::umask(077);
  if (::chdir("/") != 0) return "cannot go to /";
  if (foreign.confinement && !foreign.confinement->enter()) return "cannot confine it";
  if (!apply(foreign.limits)) return "cannot limit it"; // last: it still has all that its parent has open
  return nullptr;
}

// No handler of the parent runs in the child: signals wait until they are handled by default there.
Result<pid_t, Failure> fork_without_signals() {
  sigset_t all, before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t child = ::fork();
  const int error = errno;
  if (child != 0) ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  if (child < 0) return failure("cannot make a child process");
  return child;
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
    return std::any_of(additions.begin(), additions.end(), [name](std::string_view addition) {
      return addition.size() > name.size() && addition.substr(0, name.size()) == name && addition[name.size()] == '=';
    });
  };
  for (char** variable = environ; variable && *variable; ++variable) {
    if (!is_replaced(*variable)) all.emplace_back(*variable);
  }
  all.insert(all.end(), additions.begin(), additions.end());
  return all;
}

// Of a child that ends by itself then; no error once it runs the program.
Complaint wait_for_exec(int from) {
  Complaint complaint{};
  ssize_t count = 0;
  do count = ::read(from, &complaint, sizeof complaint);
  while (count < 0 && errno == EINTR);
  return count == sizeof complaint ? complaint : Complaint{};
}

[[noreturn]] void complain_and_leave(int to, Complaint complaint) {
  const ssize_t written = ::write(to, &complaint, sizeof complaint);
  static_cast<void>(written);
  leave_process(127);
}

Result<pid_t, Failure> start(const Program& program, const ChildSetup& setup, const std::string& instead, int life) {
  const auto gifts = Gifts::prepare(setup.descriptors);
  if (!gifts) return gifts.error();
  Pipe complaint = Pipe::make();
  Descriptor complaining = complaint ? gifts->out_of_the_way(complaint.writing.get()) : Descriptor();
  Descriptor life_line = life >= 0 ? gifts->out_of_the_way(life) : Descriptor();
  if (!complaining || (life >= 0 && !life_line)) return failure("cannot make a pipe");
  complaint.writing.reset();
  std::vector<std::string> arguments = program.arguments;
  arguments.insert(arguments.begin(), program.path);
  std::vector<std::string> variables = program.only_these ? program.variables : environment_with(program.variables);
  const auto argument_pointers = pointers(arguments), variable_pointers = pointers(variables);
  const pid_t parent = ::getpid();

  const auto child = fork_without_signals();
  if (!child) return child;
  if (*child == 0) {
    if (!setup.keep_open) close_others_on_exec();
    const char* trouble = begin(setup, *gifts);
    if (!trouble && setup.foreign) trouble = become_foreign(*setup.foreign, parent, life_line.get());
    if (trouble) complain_and_leave(complaining.get(), {trouble, errno});
    ::execve(program.path.c_str(), argument_pointers.data(), variable_pointers.data());
    if (errno == ENOENT && !instead.empty())
      ::execve(instead.c_str(), argument_pointers.data(), variable_pointers.data());
    complain_and_leave(complaining.get(), {nullptr, errno});
  }
  complaining.reset();
  const Complaint said = wait_for_exec(complaint.reading.get());
  if (said.error == 0) return child;
  while (::waitpid(*child, nullptr, 0) < 0 && errno == EINTR) {
  }
  const std::string how = said.what ? std::string(said.what) + ": " : std::string();
  return Failure{"cannot run " + program.path + ": " + how + std::strerror(said.error)};
}

} // namespace

Result<Child, Failure> start_foreign(const Program& program, const ChildSetup& setup) {
  Pipe life;
  Child child;
  if (setup.foreign && ends_by_life_line(setup.foreign->ends_with_group)) {
    life = Pipe::make();
    if (!life) return failure("cannot make a pipe");
  }
  auto process = start(program, setup, {}, life.reading.get());
  if (!process) return process.error();
  child.process = *process;
  child.life = std::move(life.writing);
  return child;
}

Result<pid_t, Failure> start_child(const Program& program, const ChildSetup& setup, const std::string& instead) {
  return start(program, setup, instead, -1);
}

Result<pid_t, Failure> fork_child(const ChildSetup& setup) {
  const auto gifts = Gifts::prepare(setup.descriptors);
  if (!gifts) return gifts.error();
  const auto child = fork_without_signals();
  if (child && *child == 0 && begin(setup, *gifts)) leave_process(127);
  return child;
}

} // namespace crank
