// By which name this program can be run again.
#pragma once

#include <string>

namespace crank {

// The absolute path by which this program was started, links in it as they are: what lies there later is what an
// operator put in its place. `name` is what main() got as the first argument. Where that leads to another file (a shell
// may say anything), it is the path of the program's file. Empty when the system does not tell. Call before the working
// directory or PATH change.
[[nodiscard]] std::string program_path(const char* name);

} // namespace crank
