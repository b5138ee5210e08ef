// Whether an audit log is what was written: nothing changed, removed, reordered or cut off. Needs the directory and the
// public key, and nobody's cooperation: a host may be writing meanwhile.
#pragma once

#include "audit/chain.hpp"
#include "audit/log_directory.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace crank {

struct AuditFault {
  std::string what;       // changed, removed, reordered, truncated, signature
  std::string file;       // its name
  std::uint64_t line = 0; // in it, from 1; 0: it is about the file
  std::string detail;     // one sentence fragment
};
// "audit-000000000001.jsonl:17: changed: ..."
[[nodiscard]] std::string fault_text(const AuditFault& fault);

struct AuditReport {
  std::optional<AuditFault> fault; // the first
  std::uint64_t files = 0, lines = 0;
  ChainPoint last, signed_to; // signed_to: by the last checkpoint
  std::vector<std::string> notes;
};

// `public_key`: empty for the one in the directory, which proves nothing against who can write there. `at_least`: a
// head that was kept elsewhere. The failure (exit code 2) says why it could not be looked at.
[[nodiscard]] Result<AuditReport, Failure> verify_audit_log(const std::filesystem::path& directory,
                                                            const std::filesystem::path& public_key,
                                                            const std::optional<ChainPoint>& at_least);

} // namespace crank
