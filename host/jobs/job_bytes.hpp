// What a job brings and leaves: bytes in memory while they are few, in a file when they are many.
#pragma once

#include "base/digest.hpp"
#include "base/problem.hpp"
#include "os/descriptor.hpp"
#include "os/scratch_file.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace crank {

// To be given to a store. Copies share the file.
struct JobBytes {
  JobBytes() = default;
  JobBytes(const char* bytes) : JobBytes(std::string(bytes)) {}
  JobBytes(std::string bytes) : text(std::move(bytes)), size(text.size()) {}

  std::string text;                  // all of it, where there is no file
  std::shared_ptr<ScratchFile> file; // of the store's make_file(); the store keeps it, or it goes
  std::uint64_t size = 0;
  std::string sha256; // of the file, hexadecimal; empty without one
};

// As a store gives them.
struct StoredBytes {
  std::string text; // all of it, where there is no file
  Descriptor file;  // for reading
  std::uint64_t size = 0;
  std::optional<Problem> lost; // 410: there was a file, and it is gone or was changed
};

// Takes bytes in, up to `in_memory` of them before it asks for a file. One thread at a time.
class JobBytesWriter {
public:
  static constexpr std::size_t in_memory = 1024 * 1024;
  using MakeFile = std::function<Result<ScratchFile>()>;

  explicit JobBytesWriter(MakeFile make_file) : make_file_(std::move(make_file)) {}

  // 507, 503: nothing that comes later is taken either.
  std::optional<Problem> append(std::string_view data);
  std::uint64_t size() const { return size_; }
  // All of it, on the disk where it is a file.
  Result<JobBytes> finish();

private:
  MakeFile make_file_;
  std::string text_;
  std::optional<ScratchFile> file_;
  std::optional<Sha256> digest_; // of the file
  std::uint64_t size_ = 0;
  std::optional<Problem> failed_;
};

} // namespace crank
