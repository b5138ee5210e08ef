// Runs doc-convert for one request, and turns what it says into what the caller gets.
#pragma once

#include "request.hpp"

#include <crank/crank.hpp>

#include <cstdint>

namespace doc_converter {

// What one conversion may use.
struct ConversionLimits {
  std::uint64_t memory_bytes = 1ull << 30;
  std::uint64_t cpu_ms = 300'000;
};

struct Converted {
  doc::Format from = doc::Format::text; // what the document was read as
  std::uint64_t bytes = 0;              // of the result
  std::uint64_t wall_ms = 0;
  std::uint64_t cpu_ms = 0;
  std::uint64_t peak_memory_bytes = 0;
};

// Writes the result to `output`, which is open for reading and writing and empty. Tells the call of the progress.
// Throws crank::Error: a refusal with its code, or that the call is over.
Converted run_conversion(const crank::Host& host, crank::Call& call, const Request& request, int output,
                         const ConversionLimits& limits);

} // namespace doc_converter
