#include "commands/event_reader.hpp"

#include <utility>

namespace crank {

void EventReader::add(std::string_view piece) {
  rest_ += piece;
  std::size_t begin = 0;
  for (std::size_t end; (end = rest_.find('\n', begin)) != std::string::npos; begin = end + 1) {
    std::string_view text = std::string_view(rest_).substr(begin, end - begin);
    if (text.ends_with('\r')) text.remove_suffix(1);
    line(text);
  }
  rest_.erase(0, begin);
}

void EventReader::reset() {
  rest_.clear();
  event_ = {};
  has_data_ = false;
}

void EventReader::line(std::string_view text) {
  if (text.empty()) {
    if (event_.event.empty()) event_.event = "message";
    if (std::exchange(has_data_, false)) take_(event_);
    event_.event.clear();
    event_.data.clear();
    return;
  }
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (name == "event") event_.event = value;
  if (name == "id") event_.id = value;
  if (name != "data") return;
  if (std::exchange(has_data_, true)) event_.data += '\n';
  event_.data += value;
}

} // namespace crank
