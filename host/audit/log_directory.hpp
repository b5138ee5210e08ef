// What lies in the directory of an audit log: files of lines, each named after the number of its first; two signed
// notes, where the log ends and up to where old files were removed; the keys. Knows names and notes; knows nothing of
// who writes or verifies.
//
//   audit-000000000001.jsonl   audit-000000004711.jsonl ...   head.json   removed.json   key.pem   public.pem
#pragma once

#include "audit/chain.hpp"
#include "audit/signer.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace crank {

struct AuditFile {
  std::uint64_t first = 0; // the number of its first line
  std::filesystem::path path;
};
[[nodiscard]] std::filesystem::path audit_file_path(const std::filesystem::path& directory, std::uint64_t first);
// In the order of their lines.
[[nodiscard]] Result<std::vector<AuditFile>, Failure> list_audit_files(const std::filesystem::path& directory);

// A signed statement about one place in the chain.
struct AuditNote {
  ChainPoint point;
  std::string time, signature;
};
[[nodiscard]] std::filesystem::path audit_note_path(const std::filesystem::path& directory, SignedFor what);
// nullopt: there is none. The error says why there is one that cannot be used.
[[nodiscard]] Result<std::optional<AuditNote>, std::string> read_audit_note(const std::filesystem::path& path);
// Replaces it in one step.
[[nodiscard]] std::optional<Failure> write_audit_note(const std::filesystem::path& directory, SignedFor what,
                                                      const ChainPoint& point, const AuditKey& key);

[[nodiscard]] std::filesystem::path public_key_path(const std::filesystem::path& directory);

} // namespace crank
