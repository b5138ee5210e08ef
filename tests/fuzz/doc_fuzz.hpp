// What the targets of doc_converter share: bytes as a document, and sinks for what is read. Deeper, larger and more is
// refused early, so that a fuzzer does not spend its time there.
#pragma once

#include "io/input.hpp"
#include "io/output.hpp"
#include "model/context.hpp"
#include "model/document.hpp"
#include "model/error.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace doc::fuzz {

inline int memory_file(const void* bytes, std::size_t size) {
  const int descriptor = memfd_create("fuzz", MFD_CLOEXEC);
  if (descriptor < 0 || write(descriptor, bytes, size) != static_cast<ssize_t>(size)) std::abort();
  return descriptor;
}

inline Limits small_limits() {
  Limits limits;
  limits.unpacked_bytes = 16u << 20;
  limits.image_pixels = 1u << 20;
  limits.output_bytes = 64u << 20;
  limits.inlines = 1u << 20;
  limits.table_cells = 1u << 16;
  return limits;
}

// Keeps the blocks, and looks at what an Inline must be: text without control characters, never empty.
struct Checked : BlockSink {
  void begin(const Metadata&) override {}
  void block(Block one) override {
    check(one);
    blocks.push_back(std::move(one));
  }
  void end() override {}

  static void check(const Inlines& inlines) {
    for (const Inline& run : inlines) {
      if (const auto* text = std::get_if<std::string>(&run.content)) {
        if (text->empty()) std::abort();
        for (const char c : *text) {
          if (static_cast<unsigned char>(c) < 0x20 && c != '\t') std::abort();
        }
      } else if (const auto* note = std::get_if<Note>(&run.content)) {
        for (const Block& block : *note->blocks) check(block);
      } else if (const auto* image = std::get_if<std::shared_ptr<const Image>>(&run.content)) {
        if (!(*image)->bytes) std::abort();
      }
    }
  }
  static void check(const Block& block) {
    if (const auto* paragraph = std::get_if<Paragraph>(&block.content)) check(paragraph->inlines);
    if (const auto* heading = std::get_if<Heading>(&block.content)) check(heading->inlines);
    if (const auto* quote = std::get_if<Quote>(&block.content)) check_all(quote->blocks);
    if (const auto* list = std::get_if<List>(&block.content)) {
      for (const ListItem& item : list->items) check_all(item.blocks);
    }
    if (const auto* table = std::get_if<Table>(&block.content)) {
      for (const Row& row : table->rows) {
        for (const Cell& cell : row.cells) check_all(cell.blocks);
      }
    }
  }
  static void check_all(const Blocks& all) {
    for (const Block& block : all) check(block);
  }

  Blocks blocks;
};

using Read = void (*)(const Input&, BlockSink&, Context&);

inline void read(Read reader, const std::uint8_t* data, std::size_t size) {
  const Input input(memory_file(data, size));
  Context context(small_limits());
  Checked sink;
  try {
    reader(input, sink, context);
  } catch (const ConversionError&) {
  }
}

} // namespace doc::fuzz
