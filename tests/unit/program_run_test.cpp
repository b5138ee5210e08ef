// Programs in processes of their own, without a plugin around them.
#include "catch.hpp"

#include "programs/confinement_rules.hpp"
#include "programs/line_splitter.hpp"
#include "programs/program_files.hpp"
#include "programs/program_run.hpp"

#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace crank;

namespace {

using By = ProgramEnd::By;

class Kept : public ProgramListener {
public:
  bool line(std::string_view line) override {
    lines.emplace_back(line);
    if (line == throw_at) throw std::runtime_error("thrown");
    return line != stop_at;
  }
  void error_line(std::string_view line) override { error_lines.emplace_back(line); }
  bool cancelled() override { return cancel; }

  std::vector<std::string> lines, error_lines;
  std::string stop_at, throw_at;
  bool cancel = false;
};

ProgramOrder shell(const std::string& script) {
  ProgramOrder order;
  order.path = "/bin/sh";
  order.arguments = {"-c", script};
  return order;
}

ProgramEnd end_of(const ProgramOrder& order, Kept& kept) {
  const auto end = run_program(order, kept);
  REQUIRE(end);
  return *end;
}

bool has_children() {
  int status = 0;
  return ::waitpid(-1, &status, WNOHANG) >= 0 || errno != ECHILD;
}

std::vector<std::string> split(LineSplitter::Overlong overlong, const std::vector<std::string>& pieces,
                               LineSplitter::State& state) {
  std::vector<std::string> lines;
  LineSplitter splitter(4, overlong, [&](std::string_view line) {
    lines.emplace_back(line);
    return line != "stop";
  });
  for (const std::string& piece : pieces) {
    state = splitter.add(piece);
    if (state != LineSplitter::State::fine) return lines;
  }
  state = splitter.end();
  return lines;
}

} // namespace

TEST_CASE("lines come whole, however their bytes come") {
  using State = LineSplitter::State;
  using Lines = std::vector<std::string>;
  State state{};
  CHECK(split(LineSplitter::Overlong::refuse, {"a\nb", "c", "\n\n", "last"}, state) == Lines{"a", "bc", "", "last"});
  CHECK(state == State::fine);
  CHECK(split(LineSplitter::Overlong::refuse, {"1234\n", "12", "34\n"}, state) == Lines{"1234", "1234"});
  CHECK(split(LineSplitter::Overlong::refuse, {"a\n12345\n"}, state) == Lines{"a"});
  CHECK(state == State::too_long);
  CHECK(split(LineSplitter::Overlong::refuse, {"1234", "5"}, state).empty());
  CHECK(state == State::too_long);
  CHECK(split(LineSplitter::Overlong::split, {"123", "456789\na"}, state) == Lines{"1234", "5678", "9", "a"});
  CHECK(split(LineSplitter::Overlong::refuse, {"a\nstop\nb\n"}, state) == Lines{"a", "stop"});
  CHECK(state == State::stopped);
}

TEST_CASE("a program's lines, errors and exit code") {
  Kept kept;
  const ProgramEnd end = end_of(shell("echo one; echo two >&2; printf three; exit 4"), kept);
  CHECK(kept.lines == std::vector<std::string>{"one", "three"});
  CHECK(kept.error_lines == std::vector<std::string>{"two"});
  CHECK(end.errors == "two\n");
  CHECK(end.exit_code == 4);
  CHECK(end.by == By::itself);
  CHECK_FALSE(has_children());
}

TEST_CASE("all that a program has printed comes, though it has ended") {
  Kept kept;
  std::string script = "i=0; while [ $i -lt 2000 ]; do echo 0123456789012345678901234567890123456789; i=$((i+1)); done";
  CHECK(end_of(shell(script), kept).exit_code == 0);
  CHECK(kept.lines.size() == 2000);
}

TEST_CASE("a program is killed by its listener, and by what that throws") {
  Kept kept;
  kept.stop_at = "stop";
  CHECK(end_of(shell("echo stop; while :; do :; done"), kept).by == By::line);
  kept.throw_at = "throw";
  CHECK_THROWS_AS(run_program(shell("echo throw; while :; do :; done"), kept), std::runtime_error);
  kept.cancel = true;
  CHECK(end_of(shell("while :; do :; done"), kept).by == By::cancelled);
  CHECK_FALSE(has_children());
}

TEST_CASE("a program that is not there is told in a sentence") {
  Kept kept;
  ProgramOrder order;
  order.path = "/usr/no/such/program";
  const auto end = run_program(order, kept);
  REQUIRE_FALSE(end);
  CHECK(end.error().message == "cannot run /usr/no/such/program: No such file or directory");
  CHECK_FALSE(has_children());
}

#if defined(__linux__)
TEST_CASE("a program that may have no children has none, and one that may has") {
  Kept kept;
  CHECK(end_of(shell("(echo child)"), kept).exit_code != 0);
  CHECK(kept.lines.empty());
  ProgramOrder order = shell("(echo child); /usr/bin/env true && echo other");
  order.children = true;
  CHECK(end_of(order, kept).exit_code == 0);
  CHECK(kept.lines == std::vector<std::string>{"child", "other"});
}

TEST_CASE("the loader of a program is found in its file") {
  CHECK(program_loader("/bin/sh").substr(0, 4) == "/lib");
  CHECK(program_loader("/etc/passwd").empty());
  CHECK(program_loader("/nonexistent").empty());
}
#endif

TEST_CASE("the programs of a plugin are in a folder of its name") {
  Manifest manifest;
  manifest.id = "p";
  manifest.programs = {{"convert", "", false}};
  CHECK(program_folder("/nonexistent/libp.so", manifest) == "/nonexistent/p");
  const auto missing = missing_program("/nonexistent/libp.so", manifest);
  REQUIRE(missing);
  CHECK(missing->exit_code == 3);
  CHECK(missing->message ==
        "plugin p: its program /nonexistent/p/convert is missing: install it together with the plugin");
  manifest.programs = {{"sh", "", false}};
  manifest.id = "bin";
  CHECK_FALSE(missing_program("/libbin.so", manifest));
}
