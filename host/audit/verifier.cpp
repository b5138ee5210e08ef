#include "audit/verifier.hpp"

#include "audit/signer.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <string_view>
#include <utility>

namespace crank {
namespace {

// Empty where it cannot be read.
std::string content_of(const AuditFile& file) {
  std::ifstream in(file.path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string name_of(const AuditFile& file) { return file.path.filename().string(); }

class Verification {
public:
  Verification(const AuditKey& key, std::vector<AuditFile> files, const std::optional<ChainPoint>& at_least)
      : key_(key), files_(std::move(files)), at_least_(at_least) {}

  void look(const Result<std::optional<AuditNote>, std::string>& head,
            const Result<std::optional<AuditNote>, std::string>& removed) {
    if (take_notes(head, removed) || begin()) return;
    for (file_ = 0; file_ < files_.size(); ++file_) {
      if (look_at_file()) return;
    }
    look_at_end();
  }
  AuditReport take_report() { return std::move(report_); }

private:
  // Each of these is true when there is a fault: then nothing more is looked at.
  bool fault(std::string what, std::string detail, std::uint64_t line, std::string file = {}) {
    if (file.empty() && file_ < files_.size()) file = name_of(files_[file_]);
    report_.fault = {std::move(what), std::move(file), line, std::move(detail)};
    return true;
  }

  bool take_note(const Result<std::optional<AuditNote>, std::string>& read, SignedFor what, const char* name,
                 std::optional<ChainPoint>& point) {
    if (!read) return fault("changed", read.error(), 0, name);
    if (!*read) return false;
    const AuditNote& note = **read;
    if (!key_.verifies(what, note.point, note.time, note.signature))
      return fault("signature", "it is not signed with the key of this log", 0, name);
    point = note.point;
    return false;
  }

  bool take_notes(const Result<std::optional<AuditNote>, std::string>& head,
                  const Result<std::optional<AuditNote>, std::string>& removed) {
    return take_note(head, SignedFor::head, "head.json", head_) ||
           take_note(removed, SignedFor::removed, "removed.json", removed_);
  }

  // Where the chain begins: at its start, or behind what was removed in order.
  bool begin() {
    std::string first_line;
    if (!files_.empty()) {
      std::ifstream in(files_.front().path, std::ios::binary);
      std::getline(in, first_line);
    }
    const auto line = read_chain_line(first_line);
    if (!line) return false; // look_at_file() has the words for it
    const std::uint64_t before = line->point.sequence - 1;
    const std::uint64_t gone = removed_ ? removed_->sequence : 0;
    if (before > gone) {
      const std::uint64_t from = gone + 1;
      if (is_elsewhere(from)) return false;
      return fault("removed",
                   missing(from, before) + (removed_ ? "" : ", and nothing says that they were removed in order"), 1);
    }
    last_ = before == gone && removed_ ? *removed_ : ChainPoint{before, before == 0 ? last_.hash : line->previous};
    return false;
  }

  static std::string missing(std::uint64_t from, std::uint64_t to) {
    return from == to ? "line " + std::to_string(from) + " of the log is missing"
                      : "lines " + std::to_string(from) + " to " + std::to_string(to) + " of the log are missing";
  }

  std::array<std::pair<const std::optional<ChainPoint>*, const char*>, 3> known_points() const {
    return {{{&head_, "head.json"}, {&removed_, "removed.json"}, {&at_least_, "--at-least"}}};
  }

  bool is_elsewhere(std::uint64_t sequence) const {
    const std::string start = "{\"seq\":" + std::to_string(sequence) + ",";
    return std::any_of(files_.begin(), files_.end(), [&](const AuditFile& file) {
      const std::string text = content_of(file);
      return text.starts_with(start) || text.find("\n" + start) != std::string::npos;
    });
  }

  bool look_at_file() {
    const std::string text = content_of(files_[file_]); // one at a time: there may be many
    std::string_view rest = text;
    ++report_.files;
    for (line_ = 1; !rest.empty(); ++line_) {
      const std::size_t end = rest.find('\n');
      if (end == std::string_view::npos) return look_at_half_line(rest);
      if (look_at_line(rest.substr(0, end))) return true;
      rest.remove_prefix(end + 1);
    }
    return false;
  }

  bool look_at_half_line(std::string_view rest) {
    const std::string detail = "it ends within a line, after " + std::to_string(rest.size()) + " bytes of it";
    if (file_ + 1 < files_.size()) return fault("truncated", detail, line_);
    if (head_ && last_.sequence < head_->sequence)
      return fault("truncated", detail + "; line " + std::to_string(head_->sequence) + " of the log was signed", line_);
    report_.notes.push_back(name_of(files_[file_]) + ":" + std::to_string(line_) + ": " + detail +
                            ": a crash, or a line that is being written");
    return false;
  }

  bool look_at_line(std::string_view text) {
    const auto line = read_chain_line(text);
    if (!line) return fault("changed", line.error(), line_);
    const std::uint64_t number = line->point.sequence, expected = last_.sequence + 1;
    if (number != expected) {
      if (number > expected && !is_elsewhere(expected)) return fault("removed", missing(expected, number - 1), line_);
      return fault("reordered",
                   "line " + std::to_string(number) + " of the log stands where line " + std::to_string(expected) +
                       " belongs",
                   line_);
    }
    if (line->previous != last_.hash) {
      return fault("changed",
                   "line " + std::to_string(last_.sequence) + " of the log is not the one that this one follows",
                   line_);
    }
    if (line->kind == "checkpoint" && look_at_checkpoint(*line)) return true;
    last_ = line->point;
    ++report_.lines;
    for (const auto& [known, name] : known_points()) {
      if (*known && (*known)->sequence == number && **known != last_)
        return fault("changed", std::string("it is not the line that ") + name + " speaks of", line_);
    }
    return false;
  }

  bool look_at_checkpoint(const ChainLine& line) {
    if (!key_.verifies(SignedFor::checkpoint, {line.point.sequence, line.previous}, line.time, line.signature)) {
      return fault(
          "signature",
          "the signature of this checkpoint is wrong: a line before it was changed, or it was signed with another "
          "key",
          line_);
    }
    report_.signed_to = line.point;
    return false;
  }

  bool look_at_end() {
    report_.last = last_;
    const std::string file = files_.empty() ? "head.json" : name_of(files_.back());
    const std::string ends =
        last_.sequence == 0 ? "the log has no lines" : "the log ends with line " + std::to_string(last_.sequence);
    const std::uint64_t line = files_.empty() ? 0 : line_ - 1;
    if (report_.lines > 0 && !head_) {
      return fault("truncated", "it is missing although the log has lines: nothing shows whether their end was cut off",
                   0, "head.json");
    }
    for (const auto& [known, name] : known_points()) {
      if (*known && (*known)->sequence > last_.sequence) {
        return fault("truncated", ends + ", and " + name + " speaks of line " + std::to_string((*known)->sequence),
                     line, file);
      }
    }
    if (at_least_ && at_least_->sequence + report_.lines < last_.sequence)
      report_.notes.push_back("the line of --at-least was removed in order and cannot be looked at any more");
    if (report_.signed_to.sequence < last_.sequence) {
      report_.notes.push_back(
          std::to_string(last_.sequence - report_.signed_to.sequence) +
          " lines behind the last checkpoint are chained, but not signed: a crash, or the last second");
    } else if (head_ && head_->sequence < report_.signed_to.sequence) {
      report_.notes.push_back("head.json is older than the last checkpoint: a crash, or somebody put an old one there");
    }
    return false;
  }

  const AuditKey& key_;
  const std::vector<AuditFile> files_;
  const std::optional<ChainPoint> at_least_;
  std::optional<ChainPoint> head_, removed_;
  ChainPoint last_;
  std::size_t file_ = 0;
  std::uint64_t line_ = 0;
  AuditReport report_;
};

} // namespace

std::string fault_text(const AuditFault& fault) {
  return fault.file + (fault.line > 0 ? ":" + std::to_string(fault.line) : std::string()) + ": " + fault.what + ": " +
         fault.detail;
}

Result<AuditReport, Failure> verify_audit_log(const std::filesystem::path& directory,
                                              const std::filesystem::path& public_key,
                                              const std::optional<ChainPoint>& at_least) {
  const auto key = AuditKey::open_public(public_key.empty() ? public_key_path(directory) : public_key);
  if (!key) return key.error();
  constexpr int tries = 5; // while a host removes old files
  for (int left = tries; left > 0; --left) {
    const auto head = read_audit_note(audit_note_path(directory, SignedFor::head)); // first: lines only come behind it
    const auto files = list_audit_files(directory);
    if (!files) return files.error();
    const auto removed = read_audit_note(audit_note_path(directory, SignedFor::removed));
    Verification verification(*key, *files, at_least);
    verification.look(head, removed);
    AuditReport report = verification.take_report();
    if (!report.fault && report.lines == 0) return Failure{directory.string() + ": there is no audit log", 2};
    if (!report.fault) return report;
    const auto after = list_audit_files(directory);
    if (after && (after->empty() || after->front().first == files->front().first || left == 1)) return report;
  }
  return Failure{directory.string() + ": cannot be read: files are removed while they are looked at", 2};
}

} // namespace crank
