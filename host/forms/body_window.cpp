#include "forms/body_window.hpp"

#include <string.h> // memmem

#include <algorithm>

namespace crank {

std::string_view BodyWindow::at(std::uint64_t offset, std::size_t want) {
  if (offset >= size_ || failed_ != 0) return {};
  if (whole_) return whole_->substr(static_cast<std::size_t>(offset));
  const std::uint64_t end = std::min<std::uint64_t>(offset + want, size_);
  if (offset < begin_ || end > begin_ + held_) {
    if (!buffer_) buffer_ = std::make_unique<char[]>(capacity);
    const std::int64_t got = body_.read_at(offset, buffer_.get(), capacity);
    held_ = 0;
    if (got < 0 || offset + static_cast<std::uint64_t>(got) < end) {
      failed_ = got < 0 ? static_cast<std::int32_t>(got) : CRANK_INTERNAL; // shorter than it says
      return {};
    }
    begin_ = offset;
    held_ = static_cast<std::size_t>(got);
  }
  const auto skip = static_cast<std::size_t>(offset - begin_);
  return {buffer_.get() + skip, held_ - skip};
}

std::optional<std::uint64_t> BodyWindow::find(std::string_view needle, std::uint64_t from) {
  while (true) {
    const std::string_view view = at(from, needle.size());
    if (view.size() < needle.size()) return std::nullopt;
    if (const void* found = ::memmem(view.data(), view.size(), needle.data(), needle.size()))
      return from + static_cast<std::uint64_t>(static_cast<const char*>(found) - view.data());
    from += view.size() - (needle.size() - 1);
  }
}

} // namespace crank
