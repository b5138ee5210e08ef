#include "conformance/process_traces.hpp"

#include "os/signal_name.hpp"

#include <algorithm>
#include <clocale>
#include <cstring>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

extern char** environ; // POSIX: not declared by a header everywhere

namespace crank {
namespace {

constexpr int signals[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGILL,  SIGABRT, SIGFPE, SIGSEGV, SIGPIPE,
                           SIGALRM, SIGTERM, SIGUSR1, SIGUSR2, SIGCHLD, SIGBUS, SIGSYS,  SIGTRAP};

// Empty: closed.
std::string open_file(int descriptor) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return {};
  return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

std::string name_of(const std::string& variable) { return variable.substr(0, variable.find('=')); }

} // namespace

ProcessTraces ProcessTraces::taken() {
  ProcessTraces traces;
  for (const int signal : signals) ::sigaction(signal, nullptr, &traces.handlers_[signal]);
  ::pthread_sigmask(SIG_SETMASK, nullptr, &traces.blocked_);
  std::error_code ignored;
  traces.directory_ = std::filesystem::current_path(ignored).string();
  const char* locale = std::setlocale(LC_ALL, nullptr);
  traces.locale_ = locale ? locale : "";
  for (char** variable = environ; variable && *variable; ++variable) traces.environment_.emplace_back(*variable);
  std::sort(traces.environment_.begin(), traces.environment_.end());
  traces.file_mode_mask_ = ::umask(0); // there is no way to read it alone
  ::umask(static_cast<mode_t>(traces.file_mode_mask_));
  for (std::size_t i = 0; i < traces.standard_.size(); ++i) traces.standard_[i] = open_file(static_cast<int>(i));
  return traces;
}

std::vector<std::string> ProcessTraces::changes_since(const ProcessTraces& before) const {
  std::vector<std::string> changes;
  for (const auto& [signal, action] : handlers_) {
    if (action.sa_handler != before.handlers_.at(signal).sa_handler)
      changes.push_back("the handler of " + signal_name(signal) + " was changed");
  }
  for (const int signal : signals) {
    if (sigismember(&blocked_, signal) != sigismember(&before.blocked_, signal)) {
      changes.push_back(signal_name(signal) + " was blocked or unblocked on the control thread");
    }
  }
  if (directory_ != before.directory_) changes.push_back("the working directory was changed to " + directory_);
  if (locale_ != before.locale_) changes.push_back("the locale was changed to " + locale_);
  if (file_mode_mask_ != before.file_mode_mask_) changes.push_back("the file mode mask was changed");
  static constexpr const char* standard_names[] = {"input", "output", "error"};
  for (std::size_t i = 0; i < standard_.size(); ++i) {
    if (standard_[i] != before.standard_[i])
      changes.push_back(std::string("standard ") + standard_names[i] + " was " +
                        (standard_[i].empty() ? "closed" : "replaced"));
  }
  std::vector<std::string> different;
  std::set_symmetric_difference(environment_.begin(), environment_.end(), before.environment_.begin(),
                                before.environment_.end(), std::back_inserter(different));
  for (const std::string& variable : different) {
    const std::string change = "the environment variable " + name_of(variable) + " was changed";
    if (std::find(changes.begin(), changes.end(), change) == changes.end()) changes.push_back(change);
  }
  return changes;
}

unsigned ProcessTraces::threads() {
  std::error_code failed;
  unsigned count = 0;
  for (auto entry = std::filesystem::directory_iterator("/proc/self/task", failed);
       !failed && entry != std::filesystem::directory_iterator(); entry.increment(failed)) {
    ++count;
  }
  return count;
}

} // namespace crank
