// Lists (OpenDocument 1.3 part 3, 5.3). Headings may stand in lists for their numbers, and whole lists for nothing but
// an indent: both come out of them.
#include "block_reader.hpp"

#include "../../text/utf8.hpp"

#include <algorithm>
#include <array>

namespace doc::odt {
namespace {

// Task lists have boxes as the first letter of their text.
std::optional<bool> take_box(Blocks& blocks) {
  static constexpr std::array<std::pair<std::string_view, bool>, 3> boxes = {{{"☐", false}, {"☑", true}, {"☒", true}}};
  auto* paragraph = blocks.empty() ? nullptr : std::get_if<Paragraph>(&blocks.front().content);
  auto* text = paragraph && !paragraph->inlines.empty() ? std::get_if<std::string>(&paragraph->inlines.front().content)
                                                        : nullptr;
  if (!text) return std::nullopt;
  for (const auto& box : boxes) {
    if (text->rfind(box.first, 0) != 0) continue;
    text->erase(0, box.first.size());
    text->erase(0, text->find_first_not_of(" \t"));
    if (text->empty()) paragraph->inlines.erase(paragraph->inlines.begin());
    return box.second;
  }
  return std::nullopt;
}

bool is_heading(const Block& block) { return std::holds_alternative<Heading>(block.content); }
bool is_list(const Block& block) { return std::holds_alternative<List>(block.content); }

} // namespace

struct BlockReader::OpenList {
  ListLevel form;
  List list;
  std::int32_t next = 1; // the number of the next item
};

// A list without a style has that of the list around it, or of its first paragraph.
std::string_view BlockReader::style_of_first_paragraph(pugi::xml_node list) const {
  for (pugi::xml_node node = list; node; node = node.first_child()) {
    while (node && node.type() != pugi::node_element) node = node.next_sibling();
    if (xml::is(node, "text:p") || xml::is(node, "text:h"))
      return source_.styles.find("paragraph", xml::value_of(node, "text:style-name")).list_style;
  }
  return {};
}

void BlockReader::list(pugi::xml_node node, Flow& flow) {
  const Deeper deeper(source_.context, depth_);
  flush_caption(flow);
  const std::optional<ListPlace> around = around_;
  std::string_view style = xml::value_of(node, "text:style-name");
  if (style.empty() && around) style = around->style;
  if (style.empty()) style = style_of_first_paragraph(node);
  const int level = around ? around->level + 1 : 1;
  around_ = ListPlace{style, level};

  OpenList open{source_.styles.list_level(style, std::min(level, 10)), {}, 1};
  open.next = open.form.start;
  const std::pair<std::string, int> key(style, level);
  const std::string_view continued = xml::value_of(node, "text:continue-list");
  const auto of_list = next_of_list_.find(std::string(continued));
  const auto of_style = next_numbers_.find(key);
  if (!continued.empty() && of_list != next_of_list_.end()) {
    open.next = of_list->second;
  } else if (xml::value_of(node, "text:continue-numbering") == "true" && of_style != next_numbers_.end()) {
    open.next = of_style->second;
  }
  for (const pugi::xml_node child : node.children()) {
    if (xml::is(child, "text:list-item") || xml::is(child, "text:list-header")) list_item(child, open, flow);
  }
  close_list(open, flow);
  next_numbers_[key] = open.next;
  if (const std::string_view id = xml::value_of(node, "xml:id"); !id.empty())
    next_of_list_[std::string(id)] = open.next;
  around_ = around;
}

void BlockReader::list_item(pugi::xml_node node, OpenList& open, Flow& flow) {
  const bool is_header = xml::is(node, "text:list-header");
  Blocks blocks;
  Flow inside([&blocks](Block block) { blocks.push_back(std::move(block)); });
  const std::optional<ListPlace> around = around_;
  read(node, inside);
  flush_caption(inside);
  inside.finish();
  around_ = around;

  const bool is_outside = !open.form.is_marked || std::all_of(blocks.begin(), blocks.end(), is_heading);
  const bool goes_on = is_header || (!blocks.empty() && std::all_of(blocks.begin(), blocks.end(), is_list));
  if (blocks.empty() && is_header) return;
  const bool begins_deeper = goes_on && !is_header && open.list.items.empty();
  if (!begins_deeper && ((is_outside && !blocks.empty()) || (goes_on && open.list.items.empty()))) {
    close_list(open, flow);
    for (Block& block : blocks) flow.add(std::move(block));
    if (is_outside && !goes_on) ++open.next;
    return;
  }
  if (begins_deeper) { // an item without a number, which the flow puts where it belongs
    open.list.numbering = open.form.numbering;
    open.list.start = open.next;
    open.list.items.push_back({std::move(blocks), {}});
    return;
  }
  if (goes_on) {
    Blocks& last = open.list.items.back().blocks;
    std::move(blocks.begin(), blocks.end(), std::back_inserter(last));
    return;
  }
  if (node.attribute("text:start-value")) {
    const auto number = static_cast<std::int32_t>(xml::number_of(node, "text:start-value", 1, 0, 1'000'000'000));
    if (number != open.next) close_list(open, flow);
    open.next = number;
  }
  if (open.list.items.empty()) {
    open.list.numbering = open.form.numbering;
    open.list.start = open.next;
  }
  ListItem item;
  item.checked = take_box(blocks);
  item.blocks = std::move(blocks);
  open.list.items.push_back(std::move(item));
  ++open.next;
}

void BlockReader::close_list(OpenList& open, Flow& flow) {
  if (open.list.items.empty()) return;
  if (around_ && around_->level > 1) {
    flow.add({std::move(open.list)});
  } else {
    flow.add_list(std::move(open.list));
  }
  open.list = {};
}

} // namespace doc::odt
