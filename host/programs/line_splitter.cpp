#include "programs/line_splitter.hpp"

#include <algorithm>
#include <utility>

namespace crank {

LineSplitter::State LineSplitter::add(std::string_view piece) {
  while (!piece.empty()) {
    const std::size_t line_end = piece.find('\n');
    const std::string_view part = piece.substr(0, std::min(line_end, longest_ + 1));
    const std::size_t room = longest_ - begun_.size();
    if (part.size() > room) {
      if (overlong_ == Overlong::refuse) return State::too_long;
      begun_.append(part.substr(0, room));
      piece.remove_prefix(room);
      if (const State state = end(); state != State::fine) return state;
      continue;
    }
    begun_.append(part);
    piece.remove_prefix(part.size());
    if (line_end != part.size()) continue; // it has not come yet
    piece.remove_prefix(1);
    const std::string line = std::exchange(begun_, {});
    if (const State state = give(line); state != State::fine) return state;
  }
  return State::fine;
}

LineSplitter::State LineSplitter::end() {
  if (begun_.empty()) return State::fine;
  const std::string line = std::exchange(begun_, {});
  return give(line);
}

} // namespace crank
