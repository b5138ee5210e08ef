// What the fuzzers of office documents' readers share.
#pragma once

#include "io/input.hpp"
#include "model/context.hpp"
#include "model/document.hpp"
#include "model/error.hpp"
#include "office_kit.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace doc::test {

struct Nowhere : BlockSink {
  void begin(const Metadata&) override {}
  void block(Block) override {}
  void end() override {}
};

// Refusals are answers; anything else that is thrown is a finding. Limits are those of a small document.
inline void read_quietly(void (*read)(const Input&, BlockSink&, Context&), const std::string& bytes) {
  char path[] = "/tmp/doc-converter-fuzz-XXXXXX";
  const int descriptor = mkstemp(path);
  if (descriptor < 0) throw std::runtime_error("cannot make a temporary file");
  unlink(path);
  if (::write(descriptor, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    throw std::runtime_error("cannot write a temporary file");
  const Input input(descriptor);
  Limits limits;
  limits.unpacked_bytes = limits.xml_bytes = limits.image_bytes = 16 << 20;
  limits.inlines = 1'000'000;
  limits.table_cells = 10'000;
  Context context(limits);
  Nowhere sink;
  try {
    read(input, sink, context);
  } catch (const ConversionError&) {
  }
}

// The pieces between zero bytes, exactly `count`.
inline std::vector<std::string> split(const std::string& bytes, std::size_t count) {
  std::vector<std::string> pieces;
  std::size_t from = 0;
  while (pieces.size() + 1 < count && from <= bytes.size()) {
    const std::size_t end = std::min(bytes.find('\0', from), bytes.size());
    pieces.push_back(bytes.substr(from, end - from));
    from = end + 1;
  }
  pieces.push_back(from <= bytes.size() ? bytes.substr(from) : std::string());
  pieces.resize(count);
  return pieces;
}

} // namespace doc::test
