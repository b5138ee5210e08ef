// The document in the middle: what every reader makes and every writer takes. A document is a stream of blocks, so that
// one of 15,000 pages never has to be in memory as a whole; a block is a small tree that owns all it needs but its
// pictures' bytes, which are shared. Knows no format.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace doc {

struct Block;
using Blocks = std::vector<Block>;

// How characters look, apart from what the block around them says: a heading's text is not bold because headings are.
struct TextStyle {
  bool bold = false;
  bool italic = false;
  bool underline = false; // not for links, which are underlined by what they are
  bool strikethrough = false;
  bool code = false; // a fixed-width face
  bool superscript = false;
  bool subscript = false;
  std::optional<std::uint32_t> color = {}; // 0xRRGGBB; nothing: the reader's default. Black on its own is no colour.
  std::optional<std::uint32_t> background = {}; // 0xRRGGBB

  bool operator==(const TextStyle&) const = default;
};

// A picture. The bytes are a file of `media_type`, as it was in the source.
struct Image {
  std::string media_type; // "image/png", "image/jpeg", "image/gif", "image/svg+xml", ...: what the bytes are, not what
                          // was claimed
  std::shared_ptr<const std::string> bytes; // never null; empty where the source names a picture that it does not carry
  std::uint32_t width_px = 0;               // 0: unknown
  std::uint32_t height_px = 0;
  double width_pt = 0; // as shown; 0: unknown, then the pixels at 96 to the inch hold
  double height_pt = 0;
  std::string alt; // for who cannot see it
  std::string title;
};

// A foot- or endnote. Its mark is made by the writer.
struct Note {
  std::shared_ptr<const Blocks> blocks; // never null
  bool at_end = false;                  // an endnote
};

struct LineBreak {};

// A place that a link "#name" of the same document leads to.
struct Anchor {
  std::string name;
};

// One run of a paragraph.
struct Inline {
  // Text is UTF-8 without control characters other than '\t'; line ends are LineBreaks. Never an empty string.
  std::variant<std::string, LineBreak, std::shared_ptr<const Image>, Note, Anchor> content;
  TextStyle style = {};
  std::string link = {}; // where it leads: a URL, or "#name" inside the document; empty: nowhere
};
using Inlines = std::vector<Inline>;

enum class Alignment : std::uint8_t { natural, left, center, right, justify };

struct Paragraph {
  Inlines inlines;
  Alignment alignment = Alignment::natural;
};

struct Heading {
  int level = 1; // 1 to 6
  Inlines inlines;
  Alignment alignment = Alignment::natural;
};

enum class Numbering : std::uint8_t { bullet, decimal, lower_alpha, upper_alpha, lower_roman, upper_roman };

struct ListItem {
  Blocks blocks;                    // paragraphs, further lists, anything
  std::optional<bool> checked = {}; // of a task list
};

struct List {
  Numbering numbering = Numbering::bullet;
  std::int32_t start = 1; // the first item's number
  std::vector<ListItem> items;
};

struct Cell {
  Blocks blocks;
  std::uint32_t columns = 1; // that it spans, itself included
  std::uint32_t rows = 1;
  Alignment alignment = Alignment::natural;
  std::optional<std::uint32_t> background = {};
};

// What a cell of a row above covers has no Cell of its own.
struct Row {
  std::vector<Cell> cells;
  bool header = false; // only at the beginning of a table
};

struct Table {
  std::vector<Row> rows;
  std::vector<double> widths; // of the columns, in any unit, for their proportion; empty: unknown
  Inlines caption;
};

struct CodeBlock {
  std::string text; // lines end with '\n', the last one without
  std::string language;
};

struct Quote {
  Blocks blocks;
};

struct Rule {};      // a horizontal line
struct PageBreak {}; // that the author asked for, not where a page happened to be full

struct Block {
  std::variant<Paragraph, Heading, List, Table, CodeBlock, Quote, Rule, PageBreak> content;
};

struct Metadata {
  std::string title; // all may be empty
  std::string author;
  std::string subject;
  std::string keywords;
  std::string language; // BCP 47, "de-CH"
};

// Where the blocks of a document go: a writer, or what stands before one. Calls come in this order, from one thread:
// begin once, block as often as there are, end once. They throw ConversionError.
class BlockSink {
public:
  virtual ~BlockSink() = default;
  virtual void begin(const Metadata& metadata) = 0;
  virtual void block(Block block) = 0;
  virtual void end() = 0; // everything is written when it returns
};

} // namespace doc
