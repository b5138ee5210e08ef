// What the operator decides about the audit log.
#pragma once

#include <cstdint>
#include <filesystem>

namespace crank {

enum class AuditWhenFull {
  refuse, // new work, until lines can be written again
  count,  // what could not be recorded
};

struct AuditOptions {
  std::filesystem::path directory;               // empty: nothing is recorded
  std::filesystem::path key;                     // empty: key.pem in it
  std::uint64_t max_bytes = 64ull * 1024 * 1024; // of one file; then comes the next
  unsigned keep = 0;                             // files; 0: all
  AuditWhenFull when_full = AuditWhenFull::refuse;
};

} // namespace crank
