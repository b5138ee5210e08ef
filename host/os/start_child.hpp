// The one way to make a child process: what it has of its parent, and what it has not. Knows processes; knows nothing
// of what they are for, or how they end.
#pragma once

#include "base/problem.hpp"

#include <string>
#include <vector>

#include <sys/types.h>

namespace crank {

// A child handles every signal as the system does, ignores none but those of terminals that its parent ignores, and
// blocks none.
struct ChildSetup {
  enum class Group {
    parents, // a terminal's Ctrl-C is for both
    own,     // it can be killed with all that it starts; to a terminal's Ctrl-C it is nobody
    session, // and it has no terminal
  };
  struct Given {
    int descriptor; // of the parent, whose it stays
    int as;         // the number that it has in the child, where it is not close-on-exec
  };

  Group group = Group::own;
  std::vector<Given> descriptors;
  bool keep_open = false;  // for start_child(): also whatever the parent has open and not close-on-exec; else closed
  bool core_dumps = false; // writing a big one stalls the machine for seconds
};

struct Program {
  std::string path;
  std::vector<std::string> arguments; // without the program's name
  std::vector<std::string> variables; // "NAME=value": the parent's environment has these added or replaced
};

// Runs `program` in a child, or `instead` if there is no file at its path. Standard input, output and error are the
// parent's unless others are given. The failure says in a sentence why there is no child: "cannot run /opt/x:
// Permission denied". [any thread]
[[nodiscard]] Result<pid_t, Failure> start_child(const Program& program, const ChildSetup& setup,
                                                 const std::string& instead = {});

// A child that goes on from here with a copy of everything: 0 in it. It has all descriptors, besides those that are
// given. Call while there are no other threads: what they had locked would stay locked in the child.
[[nodiscard]] Result<pid_t, Failure> fork_child(const ChildSetup& setup);

} // namespace crank
