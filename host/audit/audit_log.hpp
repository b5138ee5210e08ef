// The files of an audit log, for the one who writes them: chains, signs, rotates, and goes on where the last one
// stopped. Knows the disk; knows nothing of threads, or of what to do when it is full. One thread at a time.
#pragma once

#include "audit/chain.hpp"
#include "audit/log_directory.hpp"
#include "audit/options.hpp"
#include "audit/signer.hpp"
#include "os/descriptor.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace crank {

class AuditLog {
public:
  // Takes the directory for this process alone, or goes on with the `lock` that one before it left. The directory is
  // made (0700) if it is missing, and so is the key of a log that has no lines. A log that ends before the place that
  // was signed for is not continued: the failure (exit code 2) is one line. Writes nothing to the log yet.
  static Result<std::unique_ptr<AuditLog>, Failure> open(const AuditOptions& options, Descriptor lock = {});

  // What is to be said of how the log ended before: to be the first record, where there is one.
  std::optional<AuditRecord> take_recovery() { return std::exchange(recovery_, std::nullopt); }

  // All of them, or none: false, and problem() says why. Not on the disk before checkpoint().
  bool append(std::span<const AuditRecord> records);
  // Signs what was appended, waits until it is on the disk, and replaces the head. Nothing where nothing was appended.
  bool checkpoint();
  const std::string& problem() const { return problem_; }

  std::uint64_t unsigned_lines() const { return unsigned_lines_; }
  bool signed_up_to_date() const { return unsigned_lines_ == 0 && head_ == last_; }
  const ChainPoint& last() const { return last_; }
  const ChainPoint& head() const { return head_; }
  int lock_descriptor() const { return lock_.get(); }
  const AuditOptions& options() const { return options_; }

private:
  AuditLog(AuditOptions options, Descriptor lock, AuditKey key)
      : options_(std::move(options)), lock_(std::move(lock)), key_(std::move(key)) {}

  std::optional<Failure> find_end();
  std::optional<Failure> find_end_of(const AuditFile& file, bool& has_lines);
  std::optional<Failure> check_head(const AuditFile& last_file);
  bool rotate();
  bool open_next();
  bool remove_old();
  bool write(const std::string& text);
  bool failed(std::string what);

  const AuditOptions options_;
  Descriptor lock_;
  AuditKey key_;
  Descriptor file_; // none: the next line begins one
  std::filesystem::path path_;
  std::uint64_t size_ = 0; // of the file, up to its last whole line
  bool torn_ = false;      // there is more in it
  ChainPoint last_, head_;
  std::uint64_t unsigned_lines_ = 0;
  std::optional<AuditRecord> recovery_;
  std::string problem_;
};

} // namespace crank
