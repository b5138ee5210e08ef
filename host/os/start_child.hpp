// The one way to make a child process: what it has of its parent, and what it has not. Knows processes; knows nothing
// of what they are for, or how they end.
#pragma once

#include "base/problem.hpp"
#include "os/child_limits.hpp"
#include "os/descriptor.hpp"

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace crank {

class Confinement;

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

  // For start_child(), of a program that is not the host's own.
  struct Foreign {
    ChildLimits limits;
    const Confinement* confinement = nullptr; // borrowed; nullptr: none
    // With all that it starts, which needs a process beside it; else itself alone, where the system can do that.
    bool ends_with_group = false;
  };
  // It begins in "/", makes files that are its user's alone, is the first to go when memory runs out, and is killed
  // when the thread that starts it is gone: that one has to wait for it.
  std::optional<Foreign> foreign;
};

struct Program {
  std::string path;
  std::vector<std::string> arguments; // without the program's name
  std::vector<std::string> variables; // "NAME=value": the parent's environment has these added or replaced
  bool only_these = false;            // and nothing of the parent's
};

// A child that runs, and what has to be kept for as long as it does.
struct Child {
  pid_t process = -1;
  Descriptor life; // where its group ends with us: once this is closed, by whatever end, it is killed
};

// Runs `program` in a child, or `instead` if there is no file at its path. Standard input, output and error are the
// parent's unless others are given. The failure says in a sentence why there is no child: "cannot run /opt/x:
// Permission denied". [any thread]
[[nodiscard]] Result<pid_t, Failure> start_child(const Program& program, const ChildSetup& setup,
                                                 const std::string& instead = {});

// The same for a foreign one.
[[nodiscard]] Result<Child, Failure> start_foreign(const Program& program, const ChildSetup& setup);

// A child that goes on from here with a copy of everything: 0 in it. It has all descriptors, besides those that are
// given. Call while there are no other threads: what they had locked would stay locked in the child.
[[nodiscard]] Result<pid_t, Failure> fork_child(const ChildSetup& setup);

} // namespace crank
