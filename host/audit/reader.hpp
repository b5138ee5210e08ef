// Reads the lines of an audit log as they come, over its rotations. Knows files; does not verify.
#pragma once

#include "audit/log_directory.hpp"
#include "os/descriptor.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace crank {

class AuditReader {
public:
  // Begins with the last `lines` lines of the newest file.
  static Result<AuditReader, Failure> open(const std::filesystem::path& directory, std::size_t lines);
  // The next whole line without its line break; nullopt: there is none yet.
  std::optional<std::string> next();

private:
  explicit AuditReader(std::filesystem::path directory) : directory_(std::move(directory)) {}
  bool read_more();

  std::filesystem::path directory_;
  std::uint64_t first_ = 0; // of the file that is read; 0: none yet
  Descriptor file_;
  std::string text_; // read, from the next line on
};

} // namespace crank
