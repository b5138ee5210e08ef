// A queue of bytes that stays in memory while it is small and goes on in a nameless file when it is not.
// Bodies of requests and responses wait in it. Knows nothing of either. Not thread-safe.
#pragma once

#include "os/descriptor.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace crank {

struct SpoolLimits {
  std::string directory;                   // empty: the system's temporary directory
  std::uint64_t threshold_bytes = 1 << 20; // kept in memory
  std::uint64_t limit_bytes = UINT64_MAX;  // unread bytes in memory and file together
};

// Why no file can be made in `directory` (empty: the system's temporary directory), for the log; empty if one can.
std::string why_no_spooling(const std::string& directory);

class Spool {
public:
  enum class Outcome { ok, over_limit, no_space, no_descriptor };

  explicit Spool(const SpoolLimits& limits) : limits_(&limits) {} // `limits` must outlive the spool
  Spool(Spool&& other) noexcept;
  Spool& operator=(Spool&&) = delete;
  ~Spool();

  Outcome append(std::string_view data);
  // Takes up to `size` bytes from the front; 0 when it is empty, negative when the file cannot be read.
  std::int64_t read(char* data, std::size_t size);

  // As read(), from `offset` behind the front, and takes nothing.
  std::int64_t peek(std::uint64_t offset, char* data, std::size_t size) const;
  // Where the byte at `offset` behind the front is in the file, with all that follow it; a negative descriptor where it
  // is not.
  int place_of(std::uint64_t& offset) const;

  std::uint64_t unread() const { return memory_.size() - memory_read_ + file_size_ - file_read_; }
  // The whole content, where nothing went to a file and nothing has been read.
  std::optional<std::string_view> in_memory() const;
  // From now on what it holds is `size` bytes of another's file, from `from`; nothing is appended, and the file stays
  // as it is. An empty spool becomes this.
  void lend(Descriptor file, std::uint64_t from, std::uint64_t size);
  void reserve(std::size_t bytes) { memory_.reserve(bytes); }

private:
  Outcome open_file();
  void reset_when_empty();

  const SpoolLimits* limits_;
  std::string memory_;
  std::size_t memory_read_ = 0;
  int file_ = -1;
  bool lent_ = false; // the file is not ours to write to
  std::uint64_t file_size_ = 0;
  std::uint64_t file_read_ = 0;
};

} // namespace crank
