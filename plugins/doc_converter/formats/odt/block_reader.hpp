// The text of a document (OpenDocument 1.3 part 3, chapters 4, 5 and 9): its elements, in their order, become blocks.
#pragma once

#include "flow.hpp"
#include "text_reader.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace doc::odt {

class BlockReader {
public:
  // `source` outlives this.
  explicit BlockReader(Source& source) : source_(source) {}

  // The element's content into `flow`; read_one() takes one child of it.
  void read(pugi::xml_node node, Flow& flow);
  void read_one(pugi::xml_node node, Flow& flow);
  // What is left when nothing more comes.
  void finish(Flow& flow);
  Blocks blocks_of(pugi::xml_node node);

private:
  // The list that is read, and those around it.
  struct ListPlace {
    std::string_view style;
    int level;
  };
  struct OpenList;

  void paragraph(pugi::xml_node node, Flow& flow);
  void add_paragraph(pugi::xml_node node, const Style& style, int heading, TextContent content, Flow& flow);
  void add_boxes(const TextContent& content, Flow& flow);
  void frame(pugi::xml_node node, Flow& flow);
  void table(pugi::xml_node node, Flow& flow);
  void list(pugi::xml_node node, Flow& flow);
  void list_item(pugi::xml_node node, OpenList& open, Flow& flow);
  void close_list(OpenList& open, Flow& flow);
  std::string_view style_of_first_paragraph(pugi::xml_node list) const;
  void flush_caption(Flow& flow);

  friend class TableReader;

  Source& source_;
  std::uint32_t depth_ = 0;
  std::optional<ListPlace> around_;
  std::map<std::pair<std::string, int>, std::int32_t> next_numbers_; // by list style and level
  std::map<std::string, std::int32_t> next_of_list_;                 // by xml:id
  std::optional<Inlines> caption_;                                   // of the table that may follow
  Inlines carried_; // anchors of empty paragraphs, which name the place where the next one begins
};

} // namespace doc::odt
