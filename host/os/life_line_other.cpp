#include "os/life_line.hpp"

namespace crank {

bool ends_by_life_line(bool) noexcept { return true; }
bool end_with_parent(pid_t) noexcept { return true; }
void go_first_without_memory() noexcept {}

} // namespace crank
