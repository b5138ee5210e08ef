// The document that is read: a file, mapped or read piece by piece. Owns its descriptor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace doc {

class Input {
public:
  // Takes over `descriptor`, a regular file open for reading. `name` is what its owner calls it, for its extension
  // alone; nothing is opened by it. Throws CONVERSION_FAILED.
  explicit Input(int descriptor, std::string name = {});
  // A document that is held in memory. It has no descriptor.
  explicit Input(std::string bytes, std::string name);
  ~Input();
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  int descriptor() const { return descriptor_; } // -1: none
  std::uint64_t size() const { return size_; }
  const std::string& name() const { return name_; }

  // The whole file, mapped at the first call; valid as long as this. What is touched of it is resident memory.
  std::string_view view() const;
  // The first bytes, at most `most`.
  std::string head(std::size_t most) const;
  // Reads at `offset` without touching the file's position: the count, less than asked only at the end.
  std::size_t read_at(std::uint64_t offset, void* buffer, std::size_t length) const;

private:
  int descriptor_;
  std::string name_;
  std::string bytes_; // where there is no descriptor
  std::uint64_t size_ = 0;
  mutable void* mapping_ = nullptr;
};

} // namespace doc
