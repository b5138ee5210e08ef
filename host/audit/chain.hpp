// How each line of the audit log holds on to the one before: a number from 1, the digest of the line before, and the
// line's own over everything else in it. Knows lines; knows nothing of files or keys.
#pragma once

#include "audit/record.hpp"
#include "base/problem.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace crank {

[[nodiscard]] std::string sha256_hex(std::string_view data);

// A place in the chain: the line with that number, by its digest. Number 0 is before the first line.
struct ChainPoint {
  std::uint64_t sequence = 0;
  std::string hash = std::string(64, '0'); // SHA-256, hexadecimal
  bool operator==(const ChainPoint&) const = default;
};
// "12:ab34...", as `audit verify --at-least` takes it.
[[nodiscard]] std::string point_text(const ChainPoint& point);
[[nodiscard]] std::optional<ChainPoint> parse_point(std::string_view text);

// The line of `record` behind `last`, with its line break; `last` is that line then. Its digest is over every byte of
// it before `,"hash":`.
[[nodiscard]] std::string chained_line(const AuditRecord& record, ChainPoint& last);

struct ChainLine {
  ChainPoint point;
  std::string previous; // the digest it holds on to
  std::string kind, time, signature;
};
// A line without its line break, whose digest is right. The error says what is wrong with it.
[[nodiscard]] Result<ChainLine, std::string> read_chain_line(std::string_view line);

} // namespace crank
