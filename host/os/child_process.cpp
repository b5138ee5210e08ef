#include "os/child_process.hpp"

#include "os/early_exit.hpp"
#include "os/pipe.hpp"
#include "os/signal_name.hpp"
#include "os/start_child.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <poll.h>
#include <sys/wait.h>

namespace crank {
namespace {

constexpr std::size_t most_captured = 64 * 1024;
constexpr std::size_t most_reported = 16 * 1024 * 1024;

struct Pipes {
  Pipe report = Pipe::make(), output = Pipe::make(), errors = Pipe::make();
};

[[noreturn]] void run_child(const std::function<int(int)>& body, Pipes& pipes) {
  for (Pipe* pipe : {&pipes.report, &pipes.output, &pipes.errors}) pipe->reading.reset();
  pipes.output.writing.reset();
  pipes.errors.writing.reset();
  std::set_terminate([] { std::abort(); }); // libstdc++'s own writes a line, and the parent has its own words
  const int status = body(pipes.report.writing.get());
  std::fflush(nullptr);
  leave_process(status);
}

// Takes what is there; false at the end of the stream.
bool take(const Pipe& pipe, std::string& to, std::size_t most) {
  char buffer[16 * 1024];
  for (;;) {
    const ssize_t count = ::read(pipe.reading.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno == EAGAIN;
    if (count == 0) return false;
    const std::size_t room = most - std::min(most, to.size());
    to.append(buffer, std::min(static_cast<std::size_t>(count), room));
  }
}

// Reads until the child has ended. A grandchild may keep the pipes open for ever, so their end is not waited for.
void watch(pid_t child, Pipes& pipes, std::chrono::steady_clock::time_point deadline, ChildOutcome& outcome) {
  struct Stream {
    Pipe& pipe;
    std::string& to;
    std::size_t most;
    bool open = true;
  };
  std::array<Stream, 3> streams = {Stream{pipes.report, outcome.report, most_reported},
                                   Stream{pipes.output, outcome.output, most_captured},
                                   Stream{pipes.errors, outcome.errors, most_captured}};
  const auto take_all = [&streams] {
    for (Stream& stream : streams) stream.open = stream.open && take(stream.pipe, stream.to, stream.most);
  };
  int status = 0;
  bool ended = false;
  while (!ended && std::chrono::steady_clock::now() < deadline) {
    std::array<pollfd, 3> waiting{};
    for (std::size_t i = 0; i < streams.size(); ++i)
      waiting[i] = {streams[i].open ? streams[i].pipe.reading.get() : -1, POLLIN, 0};
    ::poll(waiting.data(), waiting.size(), 10);
    take_all();
    const pid_t found = ::waitpid(child, &status, WNOHANG);
    ended = found == child || (found < 0 && errno == ECHILD); // taken by somebody else: its report has to do
  }
  if (!ended) {
    outcome.end = ChildOutcome::End::timed_out;
    ::kill(-child, SIGKILL);
    ::kill(child, SIGKILL); // it may not have made its group yet
    ::waitpid(child, &status, 0);
  } else if (WIFSIGNALED(status)) {
    outcome.end = ChildOutcome::End::killed;
    outcome.code = WTERMSIG(status);
  } else {
    outcome.code = WEXITSTATUS(status);
  }
  ::kill(-child, SIGKILL); // whatever it left behind
  take_all();
}

} // namespace

Result<ChildOutcome, Failure> run_in_child(const std::function<int(int)>& body, std::chrono::milliseconds timeout) {
  Pipes pipes;
  if (!pipes.report || !pipes.output || !pipes.errors)
    return Failure{std::string("cannot make a pipe: ") + std::strerror(errno)};
  std::fflush(nullptr); // or the child would write the parent's buffers too
  ChildSetup setup;
  setup.descriptors = {{pipes.output.writing.get(), STDOUT_FILENO}, {pipes.errors.writing.get(), STDERR_FILENO}};
  // Without exec: the body is a piece of this program, with what it knows already.
  const auto child = fork_child(setup);
  if (!child) return child.error();
  if (*child == 0) run_child(body, pipes);
  for (Pipe* pipe : {&pipes.report, &pipes.output, &pipes.errors}) {
    pipe->writing.reset();
    ::fcntl(pipe->reading.get(), F_SETFL, O_NONBLOCK);
  }
  ChildOutcome outcome;
  watch(*child, pipes, std::chrono::steady_clock::now() + timeout, outcome);
  return outcome;
}

void write_report(int report, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(report, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::string end_of(const ChildOutcome& outcome, std::chrono::milliseconds timeout) {
  switch (outcome.end) {
  case ChildOutcome::End::killed: return "was killed by " + signal_name(outcome.code);
  case ChildOutcome::End::timed_out: return "did not end within " + std::to_string(timeout.count()) + " ms";
  case ChildOutcome::End::exited: break;
  }
  return "ended with status " + std::to_string(outcome.code);
}

} // namespace crank
