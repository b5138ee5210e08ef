#include "programs/program_run.hpp"

#include "os/confinement.hpp"
#include "os/pipe.hpp"
#include "os/platform.hpp"
#include "os/sanitizers.hpp"
#include "programs/confinement_rules.hpp"
#include "programs/line_splitter.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>

namespace crank {
namespace {

using Clock = std::chrono::steady_clock;
using By = ProgramEnd::By;

constexpr int look_every_ms = 10;
constexpr std::size_t longest_error_line = 1000;

std::uint64_t milliseconds_of(const timeval& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1000 + static_cast<std::uint64_t>(time.tv_usec) / 1000;
}

std::vector<std::string> clean_environment() {
  std::vector<std::string> variables = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "HOME=/nonexistent"};
  if (const char* zone = std::getenv("TZ")) variables.push_back(std::string("TZ=") + zone);
  // It looks for leaks with a process that looks into this one, which is not allowed here.
  if (built_with_sanitizer) variables.emplace_back("ASAN_OPTIONS=detect_leaks=0");
  return variables;
}

ChildLimits kernel_limits(const ProgramLimits& limits) {
  ChildLimits kernel;
  // Beyond what is watched: who is quicker than the watch is stopped here.
  if (limits.memory_bytes > 0) kernel.data_bytes = limits.memory_bytes + limits.memory_bytes / 4 + (64u << 20);
  if (limits.cpu_ms > 0) kernel.cpu_seconds = (limits.cpu_ms + 999) / 1000 + 1;
  kernel.file_bytes = limits.file_bytes;
  kernel.descriptors = limits.descriptors;
  return kernel;
}

// A process with its pipes, from its start to its end.
class Run {
public:
  Run(const ProgramOrder& order, ProgramListener& listener) : order_(order), listener_(listener) {}
  ~Run() {
    if (child_.process > 0) end();
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  std::optional<Failure> start();
  ProgramEnd watch();

private:
  bool has_ended();
  void wait_for_news();
  void look();
  void judge(By by, bool reached) {
    if (reached && by_ == By::itself) by_ = by;
  }
  // These two take one piece: who writes without end does not keep us from looking. False: there was none.
  bool take_output();
  bool take_errors();
  void end();
  ProgramEnd verdict() const;

  const ProgramOrder& order_;
  ProgramListener& listener_;
  Child child_;
  Descriptor output_, errors_, end_; // output and errors: once they are over, empty
  Clock::time_point started_;
  By by_ = By::itself;
  std::uint64_t printed_ = 0, peak_ = 0, before_ = 0;
  std::string kept_;
  LineSplitter lines_{longest_program_line, LineSplitter::Overlong::refuse,
                      [this](std::string_view line) { return listener_.line(line); }};
  LineSplitter error_lines_{longest_error_line, LineSplitter::Overlong::split, [this](std::string_view line) {
                              listener_.error_line(line);
                              return true;
                            }};
  int status_ = 0;
  bool taken_by_others_ = false; // then its number may be somebody else's
  rusage usage_{};
};

std::optional<Failure> Run::start() {
  const auto confinement = Confinement::make(confinement_rules(order_.path, order_.readable, order_.children));
  if (!confinement) return Failure{std::string("cannot prepare a confinement: ") + std::strerror(errno)};
  Pipe output = order_.listens ? Pipe::make() : Pipe(), errors = Pipe::make();
  const Descriptor nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if ((order_.listens && !output) || !errors || !nothing)
    return Failure{"no descriptor is left for a program's output"};
  ChildSetup setup;
  setup.group = ChildSetup::Group::session;
  setup.descriptors = {{nothing.get(), STDIN_FILENO},
                       {order_.listens ? output.writing.get() : nothing.get(), STDOUT_FILENO},
                       {errors.writing.get(), STDERR_FILENO}};
  setup.descriptors.insert(setup.descriptors.end(), order_.descriptors.begin(), order_.descriptors.end());
  setup.foreign = ChildSetup::Foreign{kernel_limits(order_.limits), confinement.get(), order_.children};
  before_ = resident_bytes(::getpid()).value_or(UINT64_MAX);
  started_ = Clock::now();
  auto child = start_foreign({order_.path, order_.arguments, clean_environment(), true}, setup);
  if (!child) return std::move(child).error();
  child_ = *std::move(child);
  output_ = std::move(output.reading);
  errors_ = std::move(errors.reading);
  for (const Descriptor* one : {&output_, &errors_}) {
    if (*one) ::fcntl(one->get(), F_SETFL, O_NONBLOCK);
  }
  end_ = Descriptor(end_descriptor(child_.process));
  return std::nullopt;
}

ProgramEnd Run::watch() {
  while (by_ == By::itself && !has_ended()) {
    wait_for_news();
    take_output();
    take_errors();
    look();
  }
  end();
  while (take_errors()) {
  }
  error_lines_.end();
  const ProgramEnd ended = verdict();
  if (by_ != By::itself) return ended;
  while (by_ == By::itself && take_output()) { // what it said last
  }
  if (by_ == By::itself) lines_.end();
  return ended;
}

// It stays a zombie, and its number and that of its group stay its own, until end().
bool Run::has_ended() {
  siginfo_t info{};
  int result = 0;
  do result = ::waitid(P_PID, static_cast<id_t>(child_.process), &info, WEXITED | WNOHANG | WNOWAIT);
  while (result < 0 && errno == EINTR);
  taken_by_others_ = result < 0; // who waits for all children of a process, in a plugin
  return taken_by_others_ || info.si_pid == child_.process;
}

void Run::wait_for_news() {
  std::array<pollfd, 3> news = {pollfd{output_ ? output_.get() : -1, POLLIN, 0},
                                {errors_ ? errors_.get() : -1, POLLIN, 0},
                                {end_ ? end_.get() : -1, POLLIN, 0}};
  ::poll(news.data(), news.size(), look_every_ms);
}

void Run::look() {
  const ProgramLimits& limits = order_.limits;
  if (const auto memory = own_memory_bytes(child_.process)) {
    peak_ = std::max(peak_, *memory);
    judge(By::memory, limits.memory_bytes > 0 && *memory > limits.memory_bytes);
  }
  if (limits.cpu_ms > 0) judge(By::cpu, cpu_time_ms(child_.process).value_or(0) > limits.cpu_ms);
  judge(By::wall, limits.wall_ms > 0 && Clock::now() - started_ > std::chrono::milliseconds(limits.wall_ms));
  judge(By::cancelled, listener_.cancelled());
}

bool Run::take_output() {
  std::array<char, 65536> piece;
  while (output_) {
    const ssize_t count = ::read(output_.get(), piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return false;
    if (count <= 0) break;
    printed_ += static_cast<std::uint64_t>(count);
    const auto state = lines_.add({piece.data(), static_cast<std::size_t>(count)});
    judge(By::line, state == LineSplitter::State::stopped);
    judge(By::output, state == LineSplitter::State::too_long || printed_ > most_program_output);
    return true;
  }
  output_.reset();
  return false;
}

bool Run::take_errors() {
  std::array<char, 16384> piece;
  while (errors_) {
    const ssize_t count = ::read(errors_.get(), piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return false;
    if (count <= 0) break;
    const std::string_view text(piece.data(), static_cast<std::size_t>(count));
    kept_.append(text);
    if (kept_.size() > kept_of_errors) kept_.erase(0, kept_.size() - kept_of_errors);
    error_lines_.add(text);
    return true;
  }
  errors_.reset();
  return false;
}

// The group first, while its number cannot be anybody else's.
void Run::end() {
  const pid_t process = std::exchange(child_.process, -1);
  child_.life.reset();
  if (taken_by_others_) {
    status_ = 255 << 8; // nobody knows
    return;
  }
  ::kill(-process, SIGKILL);
  ::kill(process, SIGKILL);
  while (::wait4(process, &status_, 0, &usage_) < 0 && errno == EINTR) {
  }
}

ProgramEnd Run::verdict() const {
  ProgramEnd end;
  end.by = by_;
  if (WIFSIGNALED(status_))
    end.signal = WTERMSIG(status_);
  else
    end.exit_code = WEXITSTATUS(status_);
  const auto most_resident = static_cast<std::uint64_t>(usage_.ru_maxrss) * 1024; // also as a copy of this process
  const bool failed = by_ == By::itself && (end.signal != 0 || end.exit_code != 0);
  const ProgramLimits& limits = order_.limits;
  if (failed && end.signal == SIGXFSZ && limits.file_bytes > 0) end.by = By::file;
  if (failed && end.signal == SIGXCPU && limits.cpu_ms > 0) end.by = By::cpu;
  // Quicker than the watch, into the kernel's limit.
  if (failed && limits.memory_bytes > 0 && most_resident > std::max(limits.memory_bytes, before_)) end.by = By::memory;
  end.peak_memory_bytes = peak_;
  end.cpu_ms = milliseconds_of(usage_.ru_utime) + milliseconds_of(usage_.ru_stime);
  end.wall_ms = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - started_).count());
  end.errors = kept_;
  return end;
}

} // namespace

Result<ProgramEnd, Failure> run_program(const ProgramOrder& order, ProgramListener& listener) {
  Run run(order, listener);
  if (auto failure = run.start()) return *std::move(failure);
  return run.watch();
}

} // namespace crank
