// A file that is being written: this user's alone, and gone with the object unless somebody keeps it.
// Knows nothing of what is in it. One thread at a time.
#pragma once

#include "base/problem.hpp"
#include "os/descriptor.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace crank {

class ScratchFile {
public:
  // Makes `path`, which is not there yet. 507 where there is no room or right for it, 503 without a descriptor.
  static Result<ScratchFile> make(const std::filesystem::path& path);
  // One without a name, in `directory`; empty: the system's temporary directory.
  static Result<ScratchFile> nameless(const std::filesystem::path& directory);
  ScratchFile(ScratchFile&& other) noexcept;
  ScratchFile& operator=(ScratchFile&& other) noexcept;
  ~ScratchFile() { drop(); }

  // Appends. 507
  std::optional<Problem> write(std::string_view data);
  // Bytes, also of what others wrote through the descriptor.
  Result<std::uint64_t> size() const;
  // From the beginning, in pieces. Negative: it cannot be read.
  std::int64_t read_at(std::uint64_t from, char* data, std::size_t size) const;
  // What the descriptor reads or writes next is the beginning.
  void rewind();
  // On the disk when it returns, its name too. 507
  std::optional<Problem> sync() const;

  int descriptor() const { return descriptor_.get(); }
  const std::filesystem::path& path() const { return path_; } // empty: nameless
  // It stays when the object goes.
  void keep() { path_.clear(); }

private:
  ScratchFile(Descriptor descriptor, std::filesystem::path path)
      : descriptor_(std::move(descriptor)), path_(std::move(path)) {}
  void drop();

  Descriptor descriptor_;
  std::filesystem::path path_;
};

} // namespace crank
