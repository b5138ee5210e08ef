#include "table_reader.hpp"

#include "../../model/error.hpp"
#include "story_reader.hpp"

#include <cstdlib>
#include <iterator>
#include <string>
#include <string_view>

namespace doc::docx {
namespace {

constexpr long most_span = 1000;

bool is_on(pugi::xml_node node) {
  const std::string_view value = xml::value_of(node, "w:val");
  return node && (value.empty() || value == "1" || value == "true" || value == "on");
}

std::optional<std::uint32_t> fill_of(pugi::xml_node shading) {
  const std::string fill(xml::value_of(shading, "w:fill"));
  char* end = nullptr;
  const unsigned long color = std::strtoul(fill.c_str(), &end, 16);
  if (fill.size() != 6 || *end != '\0' || color == 0xffffff) return std::nullopt;
  return static_cast<std::uint32_t>(color);
}

} // namespace

Table TableReader::read(pugi::xml_node node) {
  for (const pugi::xml_node column : node.child("w:tblGrid").children("w:gridCol")) {
    if (table_.widths.size() == most_span) break;
    table_.widths.push_back(static_cast<double>(xml::number_of(column, "w:w", 0, 0, 100'000)));
  }
  rows(node);
  bool in_header = true; // which is only at the beginning
  for (Row& row : table_.rows) row.header = in_header = in_header && row.header;
  return std::move(table_);
}

void TableReader::rows(pugi::xml_node node) {
  for (const pugi::xml_node child : node.children()) {
    const std::string_view name = xml::name_of(child);
    if (name == "w:tr")
      row(child);
    else if (name == "w:sdt")
      rows(child.child("w:sdtContent"));
    else if (name == "w:customXml" || name == "w:ins" || name == "w:moveTo")
      rows(child);
  }
}

void TableReader::row(pugi::xml_node node) {
  const pugi::xml_node properties = node.child("w:trPr");
  if (properties.child("w:del")) return;
  Row row;
  row.header = is_on(properties.child("w:tblHeader"));
  std::uint32_t column = 0;
  skip_columns(properties.child("w:gridBefore"), row, column);
  cells(node, row, column);
  for (std::size_t rest = column; rest < open_.size(); ++rest) open_[rest].is_open = false;
  table_.rows.push_back(std::move(row));
}

void TableReader::cells(pugi::xml_node node, Row& row, std::uint32_t& column) {
  for (const pugi::xml_node child : node.children()) {
    const std::string_view name = xml::name_of(child);
    if (name == "w:tc")
      cell(child, row, column);
    else if (name == "w:sdt")
      cells(child.child("w:sdtContent"), row, column);
    else if (name == "w:customXml" || name == "w:ins" || name == "w:moveTo")
      cells(child, row, column);
  }
}

TableReader::Open& TableReader::open_at(std::uint32_t column) {
  if (open_.size() <= column) open_.resize(column + 1);
  return open_[column];
}

// Columns that a row leaves out before its first cell.
void TableReader::skip_columns(pugi::xml_node count, Row& row, std::uint32_t& column) {
  const long columns = xml::number_of(count, "w:val", 0, 0, most_span);
  if (columns == 0) return;
  Cell blank;
  blank.columns = static_cast<std::uint32_t>(columns);
  open_at(column).is_open = false;
  row.cells.push_back(std::move(blank));
  column += static_cast<std::uint32_t>(columns);
}

void TableReader::cell(pugi::xml_node node, Row& row, std::uint32_t& column) {
  const pugi::xml_node properties = node.child("w:tcPr");
  const pugi::xml_node merge = properties.child("w:vMerge");
  const auto columns =
      static_cast<std::uint32_t>(xml::number_of(properties.child("w:gridSpan"), "w:val", 1, 1, most_span));
  cells_ += columns;
  if (cells_ > story_.context.limits().table_cells)
    throw ConversionError(ErrorCode::limit_exceeded,
                          "a table has more than " + std::to_string(story_.context.limits().table_cells) + " cells");
  const bool goes_on_across = xml::value_of(properties.child("w:hMerge"), "w:val") != "restart" &&
                              properties.child("w:hMerge") && !row.cells.empty();
  Blocks blocks = StoryReader::blocks_of(story_, numbering_, depth_, node);
  if (goes_on_across) {
    Cell& before = row.cells.back();
    before.columns += columns;
    before.blocks.insert(before.blocks.end(), std::make_move_iterator(blocks.begin()),
                         std::make_move_iterator(blocks.end()));
    column += columns;
    return;
  }
  const bool goes_on = merge && xml::value_of(merge, "w:val") != "restart";
  Open& open = open_at(column);
  if (goes_on && open.is_open) { // a covered cell is empty, or what it holds is not shown
    ++table_.rows[open.row].cells[open.cell].rows;
    column += columns;
    return;
  }
  Cell cell;
  cell.blocks = std::move(blocks);
  cell.columns = columns;
  cell.background = fill_of(properties.child("w:shd"));
  open = {table_.rows.size(), row.cells.size(), static_cast<bool>(merge)};
  for (std::uint32_t covered = column + 1; covered < column + columns; ++covered) open_at(covered).is_open = false;
  row.cells.push_back(std::move(cell));
  column += columns;
}

} // namespace doc::docx
