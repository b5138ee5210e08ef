// Everything is prepared before the fork. What is left to do between it and the exec is safe in a copy of a process
// whose other threads are gone and whose locks they may hold: system calls, and no memory.
#include "os/start_child.hpp"

#include "os/early_exit.hpp"
#include "os/pipe.hpp"
#include "os/platform.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>
#include <sys/resource.h>
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

bool begin(const ChildSetup& setup, const Gifts& gifts) {
  if (setup.group == ChildSetup::Group::own) ::setpgid(0, 0);
  if (setup.group == ChildSetup::Group::session) ::setsid();
  const rlimit no_core{0, 0};
  if (!setup.core_dumps) ::setrlimit(RLIMIT_CORE, &no_core);
  reset_signals();
  return gifts.place();
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

// The errno of a failed exec, from a child that ends by itself then; 0 once it runs the program.
int wait_for_exec(int complaint) {
  int error = 0;
  ssize_t count = 0;
  do count = ::read(complaint, &error, sizeof error);
  while (count < 0 && errno == EINTR);
  return count == sizeof error ? error : 0;
}

} // namespace

Result<pid_t, Failure> start_child(const Program& program, const ChildSetup& setup, const std::string& instead) {
  const auto gifts = Gifts::prepare(setup.descriptors);
  if (!gifts) return gifts.error();
  Pipe complaint = Pipe::make();
  Descriptor complaining = complaint ? gifts->out_of_the_way(complaint.writing.get()) : Descriptor();
  if (!complaining) return failure("cannot make a pipe");
  complaint.writing.reset();
  std::vector<std::string> arguments = program.arguments;
  arguments.insert(arguments.begin(), program.path);
  std::vector<std::string> variables = environment_with(program.variables);
  const auto argument_pointers = pointers(arguments), variable_pointers = pointers(variables);

  const auto child = fork_without_signals();
  if (!child) return child;
  if (*child == 0) {
    if (!setup.keep_open) close_others_on_exec();
    if (begin(setup, *gifts)) {
      ::execve(program.path.c_str(), argument_pointers.data(), variable_pointers.data());
      if (errno == ENOENT && !instead.empty())
        ::execve(instead.c_str(), argument_pointers.data(), variable_pointers.data());
    }
    const int error = errno;
    const ssize_t written = ::write(complaining.get(), &error, sizeof error);
    static_cast<void>(written);
    leave_process(127);
  }
  complaining.reset();
  const int error = wait_for_exec(complaint.reading.get());
  if (error == 0) return child;
  while (::waitpid(*child, nullptr, 0) < 0 && errno == EINTR) {
  }
  return Failure{"cannot run " + program.path + ": " + std::strerror(error)};
}

Result<pid_t, Failure> fork_child(const ChildSetup& setup) {
  const auto gifts = Gifts::prepare(setup.descriptors);
  if (!gifts) return gifts.error();
  const auto child = fork_without_signals();
  if (child && *child == 0 && !begin(setup, *gifts)) leave_process(127);
  return child;
}

} // namespace crank
