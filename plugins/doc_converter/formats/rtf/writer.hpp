// Writes blocks as RTF. The body goes to the output as it comes; the header, which names the colours and lists that the
// body turned out to have, is put before it at the end.
#pragma once

#include "../../io/output.hpp"
#include "../../model/context.hpp"
#include "../../model/document.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace doc::rtf {

struct Slot;
struct Column;

class Writer : public BlockSink {
public:
  // Both outlive it.
  Writer(Output& output, Context& context) : output_(output), context_(context) {}

  void begin(const Metadata& metadata) override { metadata_ = metadata; }
  void block(Block block) override { write(block); }
  void end() override;

private:
  // Where blocks stand.
  struct Place {
    std::int32_t indent = 0;   // twips
    std::uint32_t tables = 0;  // around
    std::int32_t width = 9360; // twips between the margins
    bool in_quote = false;
    int list_level = 0;              // of the next list
    bool has_open_paragraph = false; // its end is not written yet
  };

  void write(const Block& block);
  void write(const Paragraph& paragraph);
  void write(const Heading& heading);
  void write(const List& list);
  void write(const Table& table);
  void write(const CodeBlock& code);
  void write(const Quote& quote);
  void write(const Rule&);
  void write(const PageBreak&);

  // Begins a paragraph with what `properties` say besides its place.
  void begin_paragraph(std::string_view properties, Alignment alignment);
  void end_open_paragraph();
  void item(const ListItem& item, std::int32_t list, Numbering numbering, std::int32_t number);
  void row_definition(const Row& row, const std::vector<std::int32_t>& edges, std::vector<Slot>& slots);
  void row(const Row& row, const std::vector<std::int32_t>& edges, std::vector<Column>& columns);

  // writer_inlines.cpp
  void inlines(const Inlines& inlines);
  void run(const Inline& run);
  void begin_link(const std::string& link);
  void image(const Image& image);
  std::optional<Image> as_png(const Image& image) const;
  void picture(const Image& image);
  void note(const Note& note);
  void anchor(const std::string& name);

  // writer_header.cpp
  std::string header() const;
  std::string list_table() const;
  std::size_t color(std::uint32_t value); // its place in the colour table
  std::int32_t new_list(Numbering numbering, std::int32_t start, int level);
  void put_header_first();

  struct MadeList {
    Numbering numbering;
    std::int32_t start;
    int level;
  };

  Output& output_;
  Context& context_;
  Metadata metadata_;
  Place place_;
  std::uint32_t depth_ = 0;
  std::map<std::uint32_t, std::size_t> colors_;
  std::vector<MadeList> lists_;
  std::vector<std::int32_t> bullet_lists_; // by level
  std::uint32_t pictures_ = 0;
};

// The text as RTF has it, in ASCII.
std::string escaped(std::string_view text);
// "1.", "b.", "iv."
std::string number_text(Numbering numbering, std::int32_t number);

} // namespace doc::rtf
