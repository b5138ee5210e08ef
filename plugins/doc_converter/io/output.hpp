// The file that a document is written to: buffered, bounded, and no error of the disk is lost. Owns its descriptor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace doc {

class Output {
public:
  // Takes over `descriptor`, a file open for reading and writing, empty.
  Output(int descriptor, std::uint64_t most_bytes);
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  // Appends. Throws CONVERSION_FAILED (a full disk), LIMIT_EXCEEDED.
  void write(std::string_view bytes);
  // Everything is with the system when it returns.
  void flush();
  std::uint64_t size() const { return written_ + buffer_.size(); }

  // For writers that go back to fill in what they know later, such as those of archives. Flushes first.
  void write_at(std::uint64_t offset, std::string_view bytes);
  std::size_t read_at(std::uint64_t offset, void* buffer, std::size_t length);

private:
  void put(std::uint64_t offset, std::string_view bytes);

  int descriptor_;
  std::uint64_t most_bytes_;
  std::uint64_t written_ = 0;
  std::string buffer_;
};

} // namespace doc
