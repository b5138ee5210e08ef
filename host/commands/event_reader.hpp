// Reads server-sent events (WHATWG HTML, "Interpreting an event stream"), as far as our own streams use them. Knows
// nothing of what they say.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace crank {

struct ReadEvent {
  std::string event; // "message" where it is not named
  std::string data;
  std::string id; // the last one that came
};

class EventReader {
public:
  explicit EventReader(std::function<void(const ReadEvent&)> take) : take_(std::move(take)) {}

  // Pieces as they come. An event that is not ended by an empty line never is one.
  void add(std::string_view piece);
  // What comes now is another stream: the event that was not ended is none.
  void reset();

private:
  void line(std::string_view text);

  const std::function<void(const ReadEvent&)> take_;
  std::string rest_; // of a line
  ReadEvent event_;
  bool has_data_ = false;
};

} // namespace crank
