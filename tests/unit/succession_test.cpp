// Succession: what a supervisor leaves to the next, of any length, and what it undoes when there is no next.
#include "catch.hpp"

#include "supervisor/succession.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

using namespace crank;

namespace {

// Longer than a pipe holds.
Succession long_state() {
  Succession state;
  for (std::uint16_t port = 1; port < 3000; ++port) state.listeners.push_back({{"192.0.2.1", port}, -1});
  return state;
}

} // namespace

TEST_CASE("a state of any length is written down, and a binary that cannot be run changes nothing") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  for (const int end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
  Succession state = long_state();
  state.control = ends[0];
  state.client = ends[1];
  const std::string problem = state.hand_over_to("/nonexistent/crank-host", {});
  CHECK(problem == "cannot run /nonexistent/crank-host: No such file or directory");
  for (const int end : ends) {
    CHECK(::fcntl(end, F_GETFD) == FD_CLOEXEC);
    ::close(end);
  }
  const auto left = Succession::from_environment();
  REQUIRE(left);
  CHECK_FALSE(*left);
}
