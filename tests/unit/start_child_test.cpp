// How children begin: what they have of their parent, and what not.
#include "catch.hpp"

#include "os/early_exit.hpp"
#include "os/pipe.hpp"
#include "os/start_child.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>

using namespace crank;

namespace {

std::string read_all(int descriptor) {
  std::string text;
  char buffer[4096];
  for (ssize_t count = 0; (count = ::read(descriptor, buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(count));
  return text;
}

int end_of(pid_t child) {
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return status;
}

struct Outcome {
  std::string output;
  int status;
};

// What `script` prints, and how it ends.
Outcome run(const std::string& script, ChildSetup setup = {}, std::vector<std::string> variables = {}) {
  Pipe output = Pipe::make();
  REQUIRE(output);
  setup.descriptors.push_back({output.writing.get(), STDOUT_FILENO});
  const auto child = start_child({"/bin/sh", {"-c", script}, std::move(variables)}, setup);
  REQUIRE(child);
  output.writing.reset();
  Outcome outcome{read_all(output.reading.get()), 0};
  outcome.status = end_of(*child);
  return outcome;
}

bool has_children() {
  int status = 0;
  return ::waitpid(-1, &status, WNOHANG) >= 0 || errno != ECHILD;
}

std::string file_number(int number) { return "/dev/fd/" + std::to_string(number); }

// A signal's disposition while the object lives.
class Disposition {
public:
  Disposition(int signal, void (*handler)(int)) : signal_(signal), before_(std::signal(signal, handler)) {}
  ~Disposition() { std::signal(signal_, before_); }

private:
  const int signal_;
  void (*const before_)(int);
};

} // namespace

TEST_CASE("a child has its arguments and its environment") {
  ::setenv("CRANK_TEST_KEPT", "kept", 1);
  ::setenv("CRANK_TEST_REPLACED", "old", 1);
  const Outcome outcome =
      run("echo $CRANK_TEST_KEPT $CRANK_TEST_REPLACED $CRANK_TEST_ADDED; env | grep -c CRANK_TEST_REPLACED; exit 7", {},
          {"CRANK_TEST_REPLACED=new", "CRANK_TEST_ADDED=added"});
  CHECK(outcome.output == "kept new added\n1\n");
  CHECK(WEXITSTATUS(outcome.status) == 7);
  CHECK(std::string(std::getenv("CRANK_TEST_REPLACED")) == "old");
  ::unsetenv("CRANK_TEST_KEPT");
  ::unsetenv("CRANK_TEST_REPLACED");
}

TEST_CASE("what cannot be run is told in a sentence, and leaves no child behind") {
  const auto why = [](const std::string& path, ChildSetup setup = {}) {
    const auto child = start_child({path, {}, {}}, setup);
    REQUIRE_FALSE(child);
    return child.error().message;
  };
  CHECK(why("/nonexistent/program") == "cannot run /nonexistent/program: No such file or directory");
  CHECK(why("/") == "cannot run /: Permission denied");
  CHECK(why("") == "cannot run : No such file or directory");
  ChildSetup setup;
  setup.descriptors = {{-1, 5}};
  CHECK(why("/bin/sh", setup) == "cannot copy a descriptor for a child process: Bad file descriptor");
  CHECK_FALSE(has_children());
}

TEST_CASE("another program runs in the place of one that is gone, by the name of that") {
  Pipe output = Pipe::make();
  ChildSetup setup;
  setup.descriptors = {{output.writing.get(), STDOUT_FILENO}};
  const auto child = start_child({"/nonexistent/program", {"-c", "echo $0"}, {}}, setup, "/bin/sh");
  REQUIRE(child);
  output.writing.reset();
  CHECK(read_all(output.reading.get()) == "/nonexistent/program\n");
  CHECK(end_of(*child) == 0);
  CHECK_FALSE(start_child({"/", {}, {}}, {}, "/bin/sh")); // there is something, although it cannot be run
  CHECK_FALSE(start_child({"/nonexistent/program", {}, {}}, {}, "/nonexistent/other"));
  CHECK_FALSE(has_children());
}

TEST_CASE("a child has the descriptors that it is given, under their numbers, and no others") {
  Pipe one = Pipe::make(), other = Pipe::make(), open = Pipe::make();
  const int open_number = open.reading.get();
  ::fcntl(open_number, F_SETFD, 0); // somebody forgot it
  REQUIRE(::write(one.writing.get(), "one\n", 4) == 4);
  REQUIRE(::write(other.writing.get(), "other\n", 6) == 6);
  ChildSetup setup;
  SECTION("what is open and not given is closed, unless it is to be kept") {
    const std::string script = "test -e " + file_number(open_number) + " && echo open; test -e " +
                               file_number(one.reading.get()) + " && echo close-on-exec; true";
    CHECK(run(script).output.empty());
    setup.keep_open = true;
    CHECK(run(script, setup).output == "open\n");
  }
  SECTION("two that change places") {
    const int low = one.reading.get(), high = other.reading.get();
    setup.descriptors = {{low, high}, {high, low}};
    CHECK(run("head -n 1 " + file_number(low) + "; head -n 1 " + file_number(high), setup).output == "other\none\n");
  }
  SECTION("one under its own number, and under another") {
    const int number = one.writing.get();
    setup.descriptors = {{number, number}, {number, STDERR_FILENO}};
    CHECK(run("echo two >" + file_number(number) + "; echo three >&2", setup).status == 0);
    one.writing.reset();
    CHECK(read_all(one.reading.get()) == "one\ntwo\nthree\n");
  }
  CHECK((::fcntl(one.reading.get(), F_GETFD) & FD_CLOEXEC) != 0); // the parent's own are as they were
}

TEST_CASE("a number that the child may not have is told") {
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  if (before.rlim_cur > 1'000'000) return; // out of the way of that number there is no other
  ChildSetup setup;
  setup.descriptors = {{STDIN_FILENO, static_cast<int>(before.rlim_cur)}};
  CHECK_FALSE(start_child({"/bin/sh", {"-c", "true"}, {}}, setup));
  CHECK_FALSE(has_children());
}

TEST_CASE("a child handles signals as the system does, whatever its parent does") {
  const Disposition ignored(SIGUSR1, SIG_IGN), ignored_too(SIGPIPE, SIG_IGN), handled(SIGUSR2, [](int) {});
  sigset_t blocked, before;
  sigemptyset(&blocked);
  for (const int signal : {SIGUSR1, SIGTERM}) sigaddset(&blocked, signal);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  for (const int signal : {SIGUSR1, SIGUSR2, SIGPIPE, SIGTERM, SIGHUP, SIGQUIT}) {
    const Outcome outcome = run("kill -" + std::to_string(signal) + " $$");
    INFO("signal " << signal);
    CHECK(WIFSIGNALED(outcome.status));
    CHECK(WTERMSIG(outcome.status) == signal);
  }
  sigset_t now;
  ::pthread_sigmask(SIG_SETMASK, &before, &now);
  CHECK(sigismember(&now, SIGTERM) == 1); // the parent's mask is as it was
  CHECK(sigismember(&now, SIGINT) == 0);
}

TEST_CASE("a child that may write to a terminal from the background still may") {
  const std::string script = "kill -" + std::to_string(SIGTTOU) + " $$; echo on";
  const Disposition ignored(SIGTTOU, SIG_IGN);
  CHECK(run(script).output == "on\n");
}

TEST_CASE("a child's group and session") {
  const auto ids = [](ChildSetup::Group group) {
    Pipe input = Pipe::make();
    ChildSetup setup;
    setup.group = group;
    setup.descriptors = {{input.reading.get(), STDIN_FILENO}};
    const auto child = start_child({"/bin/sh", {"-c", "read line"}, {}}, setup);
    REQUIRE(child);
    const std::pair found(::getpgid(*child) - *child, ::getsid(*child) - *child);
    const bool ours = ::getpgid(*child) == ::getpgrp() && ::getsid(*child) == ::getsid(0);
    input.writing.reset();
    end_of(*child);
    return std::tuple(found.first == 0, found.second == 0, ours);
  };
  CHECK(ids(ChildSetup::Group::own) == std::tuple(true, false, false));
  CHECK(ids(ChildSetup::Group::session) == std::tuple(true, true, false));
  CHECK(ids(ChildSetup::Group::parents) == std::tuple(false, false, true));
}

TEST_CASE("a child leaves no core file unless it may") {
  CHECK(run("ulimit -c").output == "0\n");
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_CORE, &limit) == 0);
  ChildSetup setup;
  setup.core_dumps = true;
  const bool may = limit.rlim_cur > 0;
  CHECK((run("ulimit -c", setup).output != "0\n") == may);
}

TEST_CASE("a fork without exec begins like any child, and has what it is given") {
  const Disposition handled(SIGUSR1, [](int) {});
  Pipe report = Pipe::make(), pipe = Pipe::make();
  ChildSetup setup;
  setup.descriptors = {{pipe.writing.get(), STDOUT_FILENO}};
  const auto child = fork_child(setup);
  REQUIRE(child);
  if (*child == 0) {
    struct sigaction action {};
    ::sigaction(SIGUSR1, nullptr, &action);
    const bool as_expected = ::getpgrp() == ::getpid() && action.sa_handler == SIG_DFL && ::write(1, "out", 3) == 3 &&
                             ::fcntl(pipe.writing.get(), F_GETFD) >= 0;
    leave_process(as_expected ? 3 : 4);
  }
  pipe.writing.reset();
  CHECK(read_all(pipe.reading.get()) == "out");
  CHECK(WEXITSTATUS(end_of(*child)) == 3);
}

TEST_CASE("many threads start children at once, and no child has another's descriptors") {
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&failures] {
      for (int j = 0; j < 25; ++j) {
        Pipe output = Pipe::make();
        ChildSetup setup;
        setup.descriptors = {{output.writing.get(), STDOUT_FILENO}};
        const auto child = start_child({"/bin/sh", {"-c", "echo here"}, {}}, setup);
        output.writing.reset();
        // The end of the stream comes although other children live: none of them holds it.
        int status = 0;
        if (!child || read_all(output.reading.get()) != "here\n" || ::waitpid(*child, &status, 0) != *child ||
            status != 0)
          ++failures;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(failures == 0);
}
