// The program of process_fixture: does what its arguments say, and prints what came of it, a line for each thing. What
// it tries that could do harm it tries so that it does none where it is allowed: with signal 0, and files of its own
// making.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>
#if defined(__linux__)
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#endif

extern char** environ;

namespace {

using Words = std::vector<std::string>;

// Without stdio: what is printed is there at once.
void say(std::string line) {
  line += '\n';
  const ssize_t written = ::write(STDOUT_FILENO, line.data(), line.size());
  static_cast<void>(written);
}

void say(const std::string& what, long result) { say(what + ": " + (result >= 0 ? "done" : std::strerror(errno))); }

long number(const Words& words, std::size_t place, long otherwise) {
  return words.size() > place ? std::atol(words[place].c_str()) : otherwise;
}

int echo(const Words& words) {
  for (const std::string& word : words) say(word);
  return 0;
}

int complain(const Words& words) {
  for (long i = 0; i < number(words, 0, 1); ++i) std::fprintf(stderr, "complaint %ld\n", i + 1);
  return static_cast<int>(number(words, 1, 0));
}

// What it has of its parent.
int look(const Words&) {
  for (char** variable = environ; *variable; ++variable) say(*variable);
  char directory[4096];
  say(std::string("cwd ") + (::getcwd(directory, sizeof directory) ? directory : "?"));
  const mode_t mask = ::umask(0);
  say("umask " + std::to_string(mask));
  std::string open;
  for (int descriptor = 0; descriptor < 1024; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) >= 0) open += " " + std::to_string(descriptor);
  }
  say("open" + open);
  sigset_t blocked;
  ::sigprocmask(SIG_SETMASK, nullptr, &blocked);
  bool clean = true;
  for (int signal = 1; signal < 32; ++signal) {
    struct sigaction action {};
    if (::sigaction(signal, nullptr, &action) == 0 && signal != SIGTSTP && signal != SIGTTIN && signal != SIGTTOU)
      clean = clean && action.sa_handler == SIG_DFL && !sigismember(&blocked, signal);
  }
  say(std::string("signals ") + (clean ? "as the system has them" : "changed"));
  say("leads its group " + std::to_string(::getpgrp() == ::getpid()) + ", session " +
      std::to_string(::getsid(0) == ::getpid()));
  rlimit files{}, size{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  ::getrlimit(RLIMIT_FSIZE, &size);
  say("limits " + std::to_string(files.rlim_max) + " " + std::to_string(size.rlim_max));
  return 0;
}

int hang(const Words&) {
  std::signal(SIGTERM, SIG_IGN);
  std::signal(SIGINT, SIG_IGN);
  say("hangs as " + std::to_string(::getpid()));
  for (;;) ::pause();
}

int hang_silently(const Words&) {
  ::close(STDOUT_FILENO);
  ::close(STDERR_FILENO);
  for (;;) ::pause();
}

// A MiB at a time, or all at once.
int eat(const Words& words) {
  const auto size = static_cast<std::size_t>(number(words, 0, 1)) << 20;
  const bool at_once = words.size() > 1 && words[1] == "at_once", shared = words.size() > 1 && words[1] == "shared";
  if (shared) {
    void* all = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED) return 3;
    std::memset(all, 1, size);
  } else if (at_once) {
    std::vector<char>(size, 'x').swap(*new std::vector<char>);
  } else {
    for (std::size_t done = 0; done < size; done += 1 << 20) (new std::vector<char>(1 << 20, 'x'))->front() = 'y';
  }
  say("ate");
  std::this_thread::sleep_for(std::chrono::milliseconds(number(words, 2, 200)));
  return 0;
}

int burn(const Words&) {
  for (volatile unsigned long turns = 0;;) turns = turns + 1;
}

int write_to(const Words& words) {
  const std::string piece(1 << 20, 'w');
  for (long i = 0; i < number(words, 1, 1); ++i) {
    if (::write(static_cast<int>(number(words, 0, 4)), piece.data(), piece.size()) !=
        static_cast<ssize_t>(piece.size())) {
      say("write", -1);
      return 2;
    }
  }
  return 0;
}

int copy(const Words& words) {
  std::string piece(65536, '\0');
  const int from = static_cast<int>(number(words, 0, 3)), to = static_cast<int>(number(words, 1, STDOUT_FILENO));
  for (ssize_t count = 0; (count = ::read(from, piece.data(), piece.size())) > 0;) {
    if (::write(to, piece.data(), static_cast<std::size_t>(count)) != count) return 2;
  }
  return 0;
}

int flood(const Words& words) {
  std::string piece(1 << 16, 'x');
  for (std::size_t end = 8191; !words.empty() && end < piece.size(); end += 8192) piece[end] = '\n';
  while (::write(STDOUT_FILENO, piece.data(), piece.size()) > 0) {
  }
  return 0;
}

int crash(const Words&) {
  say("about to");
  ::signal(SIGSEGV, SIG_DFL); // a sanitizer's handler would make it an exit code
  ::raise(SIGSEGV);
  return 0;
}

// A child that outlives it, if it may have one.
int leave(const Words&) {
  const pid_t child = ::fork();
  if (child == 0) {
    for (;;) ::pause();
  }
  say("fork", child);
  if (child > 0) say("left " + std::to_string(child));
  return child > 0 ? 0 : 1;
}

int leave_and_hang(const Words& words) {
  leave(words);
  return hang(words);
}

int open_file(const Words& words) {
  for (const std::string& path : words) {
    const int to_read = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    say("read " + path, to_read);
    say("write " + path, ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    say("remove " + path, ::unlink((path + ".none").c_str()));
    say("mode " + path, ::chmod(path.c_str(), 0644));
  }
  return 0;
}

int execute(const Words& words) {
  char* arguments[] = {const_cast<char*>(words[0].c_str()), const_cast<char*>("echo"), const_cast<char*>("executed"),
                       nullptr};
  ::execve(arguments[0], arguments, environ);
  say("execute", -1);
  return 0;
}

int try_everything(const Words&) {
  const pid_t parent = ::getppid();
  say("fork", [] {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    return child;
  }());
  say("setsid", ::setsid());
  say("setpgid", ::setpgid(0, 0));
  say("inet socket", ::socket(AF_INET, SOCK_STREAM, 0));
  say("udp socket", ::socket(AF_INET6, SOCK_DGRAM, 0));
  say("unix socket", ::socket(AF_UNIX, SOCK_STREAM, 0));
  int pair[2];
  say("socket pair", ::socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  say("kill all", ::kill(-1, 0));
  say("kill parent", ::kill(parent, 0));
  say("kill group", ::kill(0, 0));
  say("kill self", ::kill(::getpid(), 0));
#if defined(__linux__)
  say("netlink socket", ::socket(AF_NETLINK, SOCK_RAW, 0));
  rlimit found{};
  say("limits of parent", ::prlimit(parent, RLIMIT_NOFILE, nullptr, &found));
  say("own limits", ::prlimit(0, RLIMIT_NOFILE, nullptr, &found));
  say("ptrace", ::ptrace(PTRACE_SEIZE, parent, nullptr, nullptr));
  char byte = 0;
  iovec here{&byte, 1}, there{&byte, 1};
  say("process_vm_readv", ::process_vm_readv(parent, &here, 1, &there, 1, 0));
  say("tgkill", ::syscall(SYS_tgkill, parent, parent, 0));
  say("parent death signal", ::prctl(PR_SET_PDEATHSIG, 0));
  say("io_uring", ::syscall(425, 1, nullptr));
  say("bpf", ::syscall(SYS_bpf, 0, nullptr, 0));
  say("perf", ::syscall(SYS_perf_event_open, nullptr, 0, -1, -1, 0));
  say("userfaultfd", ::syscall(SYS_userfaultfd, 0));
  say("mount", ::syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, nullptr));
  say("unshare", ::syscall(SYS_unshare, 0));
  say("setns", ::syscall(SYS_setns, 0, 0));
  say("keyctl", ::syscall(SYS_keyctl, 0, 0, 0, 0, 0));
  say("pidfd", ::syscall(434, parent, 0));
  say("clone3", ::syscall(435, nullptr, 0));
  say("unknown", ::syscall(480));
  say("memfd", ::syscall(SYS_memfd_create, "x", 0));
  say("owner of a descriptor", ::fcntl(1, F_SETOWN, parent));
  say("no new privileges", ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : -1);
#endif
  bool ran = false;
  std::thread([&ran] { ran = true; }).join();
  say(std::string("thread: ") + (ran ? "done" : "failed"));
  return 0;
}

int show_file(const Words& words) {
  const int file = ::open(words[0].c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) say("read " + words[0], -1);
  return copy({std::to_string(file)});
}

} // namespace

int main(int count, char** arguments) {
  const std::map<std::string_view, std::function<int(const Words&)>> doings = {
      {"echo", echo},
      {"complain", complain},
      {"look", look},
      {"hang", hang},
      {"hang_silently", hang_silently},
      {"eat", eat},
      {"burn", burn},
      {"write", write_to},
      {"copy", copy},
      {"flood", flood},
      {"crash", crash},
      {"leave", leave},
      {"leave_and_hang", leave_and_hang},
      {"open", open_file},
      {"execute", execute},
      {"try", try_everything},
      {"show", show_file},
      {"abort",
       [](const Words&) {
         std::abort();
         return 0;
       }},
      {"exit", [](const Words& words) { return static_cast<int>(number(words, 0, 0)); }}};
  const Words words(arguments + std::min(count, 2), arguments + count);
  const auto found = doings.find(count > 1 ? arguments[1] : "");
  return found == doings.end() ? 64 : found->second(words);
}
