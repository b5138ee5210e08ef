#include "audit/audit_log.hpp"

#include "log/log.hpp"
#include "tls/secure_files.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace crank {
namespace {

bool same_file(int one, const std::filesystem::path& other) {
  struct stat a {
  }, b{};
  return ::fstat(one, &a) == 0 && ::stat(other.c_str(), &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

Result<Descriptor, Failure> lock(const std::filesystem::path& directory) {
  Descriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened) return Failure{directory.string() + ": cannot be opened: " + std::strerror(errno), 2};
  int result = 0;
  do result = ::flock(opened.get(), LOCK_EX | LOCK_NB);
  while (result != 0 && errno == EINTR);
  if (result == 0) return opened;
  if (errno == EWOULDBLOCK) {
    return Failure{directory.string() + ": another crank-host writes its audit log there: give each an audit_dir of "
                                        "its own",
                   2};
  }
  log(LogLevel::warn, directory.string() + ": cannot be locked (" + std::strerror(errno) +
                          "): nothing keeps a second crank-host from writing there, too");
  return opened;
}

std::optional<Failure> publish_key(const std::filesystem::path& directory, const AuditKey& key) {
  const std::filesystem::path path = public_key_path(directory);
  std::ifstream in(path, std::ios::binary);
  const std::string present{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (present == key.public_pem()) return std::nullopt;
  if (!present.empty())
    return Failure{path.string() + ": is not the public key that belongs to the audit log's key", 2};
  auto failure = write_file_atomically(path, key.public_pem(), 0644);
  if (failure) failure->exit_code = 2;
  return failure;
}

std::string content_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

int sync_data(int descriptor) {
#if defined(__APPLE__)
  return ::fsync(descriptor);
#else
  return ::fdatasync(descriptor);
#endif
}

constexpr const char* advice = "; see `crank-host audit verify`, and move the log away to begin another";

} // namespace

Result<std::unique_ptr<AuditLog>, Failure> AuditLog::open(const AuditOptions& options, Descriptor given) {
  std::signal(SIGXFSZ, SIG_IGN); // a file size limit is a full disk, and no reason to end
  if (auto failure = create_private_directory(options.directory)) {
    failure->exit_code = 2;
    return std::move(*failure);
  }
  if (::access(options.directory.c_str(), W_OK | X_OK) != 0)
    return Failure{options.directory.string() + ": the audit log cannot be written there: " + std::strerror(errno), 2};
  if (!given || !same_file(given.get(), options.directory)) {
    given.reset();
    auto taken = lock(options.directory);
    if (!taken) return std::move(taken).error();
    given = *std::move(taken);
  }
  const auto files = list_audit_files(options.directory);
  if (!files) return files.error();
  const std::filesystem::path key_path = options.key.empty() ? options.directory / "key.pem" : options.key;
  auto key = AuditKey::open(key_path, files->empty());
  if (!key) return std::move(key).error();
  if (auto failure = publish_key(options.directory, *key)) return std::move(*failure);
  std::unique_ptr<AuditLog> log(new AuditLog(options, std::move(given), *std::move(key)));
  if (auto failure = log->find_end()) return std::move(*failure);
  return log;
}

// The last line, cutting off a half-written one, and whether the log was ended in order.
std::optional<Failure> AuditLog::find_end() {
  auto files = list_audit_files(options_.directory);
  if (!files) return std::move(files).error();
  bool has_lines = false;
  AuditFile last_file;
  while (!files->empty() && !has_lines) { // one that was begun and never got a line is begun again
    last_file = files->back();
    files->pop_back();
    if (auto failure = find_end_of(last_file, has_lines)) return failure;
    if (!has_lines && ::unlink(last_file.path.c_str()) != 0)
      return Failure{last_file.path.string() + ": is empty and cannot be removed: " + std::strerror(errno), 2};
  }
  if (!has_lines) last_file = {};
  if (auto failure = check_head(last_file)) return failure;
  if (!has_lines || (last_ == head_ && !recovery_)) return std::nullopt;
  if (!recovery_) recovery_.emplace();
  recovery_->kind = AuditKind::recovered;
  recovery_->time_us = audit_time_now();
  recovery_->reason = "the log was not ended in order";
  return std::nullopt;
}

std::optional<Failure> AuditLog::find_end_of(const AuditFile& file, bool& has_lines) {
  const std::string content = content_of(file.path);
  const std::size_t end = content.rfind('\n') == std::string::npos ? 0 : content.rfind('\n') + 1;
  if (end < content.size()) {
    if (!recovery_) recovery_.emplace();
    recovery_->count += content.size() - end;
    if (::truncate(file.path.c_str(), static_cast<off_t>(end)) != 0)
      return Failure{file.path.string() + ": ends within a line, which cannot be cut off: " + std::strerror(errno), 2};
  }
  if (end == 0) return std::nullopt;
  const std::size_t before = end >= 2 ? content.rfind('\n', end - 2) : std::string::npos;
  const std::size_t begin = before == std::string::npos ? 0 : before + 1;
  const auto line = read_chain_line(std::string_view(content).substr(begin, end - 1 - begin));
  if (!line) return Failure{file.path.string() + ": its last line was changed: " + line.error() + advice, 2};
  file_ = Descriptor(::open(file.path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  if (!file_) return Failure{file.path.string() + ": cannot be written: " + std::strerror(errno), 2};
  path_ = file.path;
  size_ = end;
  last_ = line->point;
  has_lines = true;
  return std::nullopt;
}

// Nothing may be appended to a log whose end was cut off: the next head would hide it.
std::optional<Failure> AuditLog::check_head(const AuditFile& last_file) {
  const auto head_path = audit_note_path(options_.directory, SignedFor::head);
  const auto head = read_audit_note(head_path);
  if (!head) return Failure{head_path.string() + ": cannot be used: " + head.error() + advice, 2};
  if (!*head) {
    // A first crash may come before the first head, not after any checkpoint.
    if (last_.sequence == 0) return std::nullopt;
    const std::string content = content_of(path_);
    if (last_file.first == 1 && content.find("\"kind\":\"checkpoint\"") == std::string::npos) return std::nullopt;
    return Failure{head_path.string() + ": is missing although the audit log has lines" + advice, 2};
  }
  const AuditNote& note = **head;
  if (!key_.verifies(SignedFor::head, note.point, note.time, note.signature))
    return Failure{head_path.string() + ": is not signed with the audit log's key" + advice, 2};
  head_ = note.point;
  if (note.point.sequence > last_.sequence) {
    return Failure{options_.directory.string() + ": the audit log was cut off: it ends with line " +
                       std::to_string(last_.sequence) + ", and line " + std::to_string(note.point.sequence) +
                       " was signed" + advice,
                   2};
  }
  if (note.point.sequence + 1 < last_file.first) return std::nullopt; // in a file before: that is the verifier's
  const std::string content = content_of(path_);
  const std::string digest =
      (note.point.sequence + 1 == last_file.first ? "\"prev\":\"" : "\"hash\":\"") + note.point.hash;
  if (content.find(digest) != std::string::npos) return std::nullopt;
  return Failure{options_.directory.string() + ": line " + std::to_string(note.point.sequence) +
                     " of the audit log is not the one that was signed" + advice,
                 2};
}

bool AuditLog::failed(std::string what) {
  const int reason = errno;
  problem_ = std::move(what) + ": " + std::strerror(reason);
  return false;
}

bool AuditLog::write(const std::string& text) {
  // The rest of a line that could not be written whole would make the next one unreadable.
  if (torn_ && ::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0) return failed(path_.string());
  torn_ = false;
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t count = ::write(file_.get(), rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      failed(path_.string());
      torn_ = rest.size() < text.size() && ::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0;
      return false;
    }
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  size_ += text.size();
  return true;
}

bool AuditLog::append(std::span<const AuditRecord> records) {
  if (records.empty()) return true;
  if (file_ && size_ >= options_.max_bytes && !rotate()) return false;
  if (!file_ && !open_next()) return false;
  ChainPoint point = last_;
  std::string text;
  for (const AuditRecord& record : records) text += chained_line(record, point);
  if (!write(text)) return false;
  last_ = std::move(point);
  unsigned_lines_ += records.size();
  return true;
}

bool AuditLog::checkpoint() {
  if (unsigned_lines_ > 0) {
    AuditRecord record;
    record.kind = AuditKind::checkpoint;
    record.time_us = audit_time_now();
    const ChainPoint before = last_;
    record.signature =
        key_.sign(SignedFor::checkpoint, {before.sequence + 1, before.hash}, audit_time_text(record.time_us));
    ChainPoint point = last_;
    if (!write(chained_line(record, point))) return false;
    last_ = std::move(point);
    unsigned_lines_ = 0;
  }
  if (head_ == last_ || last_.sequence == 0) return true;
  if (sync_data(file_.get()) != 0) return failed(path_.string());
  if (auto failure = write_audit_note(options_.directory, SignedFor::head, last_, key_)) {
    problem_ = std::move(failure->message);
    return false;
  }
  head_ = last_;
  return true;
}

bool AuditLog::rotate() {
  if (!checkpoint()) return false;
  log(LogLevel::info, "the audit log goes on in another file; its head is " + point_text(head_));
  file_.reset();
  return open_next() && remove_old();
}

bool AuditLog::open_next() {
  path_ = audit_file_path(options_.directory, last_.sequence + 1);
  file_ = Descriptor(::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640));
  if (!file_) return failed(path_.string());
  size_ = 0;
  if (const Descriptor directory(::open(options_.directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)); directory)
    ::fsync(directory.get()); // some file systems cannot
  return true;
}

// The note first: a file that is gone without it was not removed by us.
bool AuditLog::remove_old() {
  if (options_.keep == 0) return true;
  const auto files = list_audit_files(options_.directory);
  if (!files || files->size() <= options_.keep) return true;
  const std::size_t surplus = files->size() - options_.keep;
  const AuditFile& oldest_kept = (*files)[surplus];
  ChainPoint removed{oldest_kept.first - 1, last_.hash}; // nothing is in the newest yet
  if (oldest_kept.first != last_.sequence + 1) {
    std::ifstream in(oldest_kept.path, std::ios::binary);
    std::string first_line;
    std::getline(in, first_line);
    const auto line = read_chain_line(first_line);
    if (!line) { // the verifier's, and no reason to stop
      log(LogLevel::error, oldest_kept.path.string() + ": its first line was changed; no old audit log is removed");
      return true;
    }
    removed.hash = line->previous;
  }
  if (auto failure = write_audit_note(options_.directory, SignedFor::removed, removed, key_)) {
    log(LogLevel::error, "old audit logs are kept: " + failure->message);
    return true;
  }
  for (std::size_t i = 0; i < surplus; ++i) ::unlink((*files)[i].path.c_str());
  return true;
}

} // namespace crank
