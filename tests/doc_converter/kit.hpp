// What the tests of formats share: documents in memory, and a document that has everything.
#pragma once

#include "io/input.hpp"
#include "io/output.hpp"
#include "model/context.hpp"
#include "model/document.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace doc::test {

// A document as a reader gives it.
struct Collected : BlockSink {
  void begin(const Metadata& given) override { metadata = given; }
  void block(Block one) override { blocks.push_back(std::move(one)); }
  void end() override { ended = true; }

  Metadata metadata;
  Blocks blocks;
  bool ended = false;
};

// The file's bytes as an input; `name` for its extension.
std::unique_ptr<Input> input_of(std::string_view bytes, std::string name = {});

using Read = void (*)(const Input&, BlockSink&, Context&);
using MakeWriter = std::unique_ptr<BlockSink> (*)(Output&, Context&);

// What `read` makes of the bytes.
Collected read_all(Read read, std::string_view bytes, std::string name = {});
// What the writer makes of the blocks.
std::string write_all(MakeWriter make_writer, const Metadata& metadata, Blocks blocks);

// The code that converting the bytes is refused with; none: it was converted.
std::string refusal_of(const std::function<void()>& action);

// A document with everything that the model can say: headings, emphasis of every kind, links out and inside, nested and
// numbered lists, tasks, tables with a header, spans and blocks in cells, pictures (PNG, with alternative text),
// footnotes, quotes, code, rules, page breaks, and text in Greek, Cyrillic, Chinese, Hebrew and Arabic.
Metadata sample_metadata();
Blocks sample_blocks();

// A PNG of 8 by 8 pixels.
std::string sample_png();

// What the document says, a line for each block, indented by depth: "h1 Title", "p Some *bold* text", "li 1.", "td",
// ... Two documents with one outline have the same structure and words.
std::string outline(const Blocks& blocks);

Inline text_run(std::string text, TextStyle style = {}, std::string link = {});
Block paragraph(std::string text);
Block heading(int level, std::string text);

} // namespace doc::test
