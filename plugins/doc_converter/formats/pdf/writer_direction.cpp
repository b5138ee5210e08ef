#include "writer_direction.hpp"

#include "../../model/walk.hpp"
#include "../../text/direction.hpp"

#include <string>

namespace doc::pdf {
namespace {

constexpr std::size_t enough = 256; // bytes of text, and blocks that are looked at
constexpr int deepest = 16;

// What is said first, up to some length.
struct Beginning {
  std::string text;
  std::size_t blocks = 0;

  bool is_enough() const { return text.size() >= enough || blocks >= enough; }

  void add(const Blocks& some, int depth) {
    for (std::size_t i = 0; i < some.size() && !is_enough(); ++i) {
      ++blocks;
      add(some[i], depth);
    }
  }
  void add(const Block& block, int depth) {
    if (depth > deepest) return;
    if (const auto* paragraph = std::get_if<Paragraph>(&block.content)) text += plain_text(paragraph->inlines);
    if (const auto* heading = std::get_if<Heading>(&block.content)) text += plain_text(heading->inlines);
    if (const auto* quote = std::get_if<Quote>(&block.content)) add(quote->blocks, depth + 1);
    if (const auto* list = std::get_if<List>(&block.content)) add(*list, depth + 1);
    if (const auto* table = std::get_if<Table>(&block.content)) add(*table, depth + 1);
  }
  void add(const List& list, int depth) {
    for (std::size_t i = 0; i < list.items.size() && !is_enough(); ++i) add(list.items[i].blocks, depth);
  }
  void add(const Table& table, int depth) {
    for (const Row& row : table.rows) {
      for (std::size_t i = 0; i < row.cells.size() && !is_enough(); ++i) add(row.cells[i].blocks, depth);
      if (is_enough()) return;
    }
  }
};

template <typename Content>
bool is_mirrored(const Content& content) {
  Beginning beginning;
  beginning.add(content, 0);
  return is_right_to_left(beginning.text);
}

} // namespace

bool begins_on_the_right(const List& list) { return is_mirrored(list); }
bool begins_on_the_right(const Quote& quote) { return is_mirrored(quote.blocks); }
bool begins_on_the_right(const Table& table) { return is_mirrored(table); }

} // namespace doc::pdf
