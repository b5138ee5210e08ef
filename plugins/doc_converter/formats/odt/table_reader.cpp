#include "table_reader.hpp"

#include "../../model/error.hpp"

#include <string>
#include <string_view>

namespace doc::odt {
namespace {

constexpr long most_columns = 1000;
constexpr long most_rows_spanned = 100'000;
constexpr long most_copies = 64; // of a row or cell with something in it

bool is_empty(const Row& row) {
  for (const Cell& cell : row.cells) {
    if (!cell.blocks.empty()) return false;
  }
  return true;
}

} // namespace

Table TableReader::read(pugi::xml_node node) {
  children(node, false);
  bool in_header = true; // which is only at the beginning
  for (Row& row : table_.rows) row.header = in_header = in_header && row.header;
  for (const double width : table_.widths) {
    if (width > 0) continue;
    table_.widths.clear(); // one that is unknown makes the others worth nothing
    break;
  }
  return std::move(table_);
}

void TableReader::children(pugi::xml_node node, bool is_header) {
  for (const pugi::xml_node child : node.children()) {
    const std::string_view name = xml::name_of(child);
    if (name == "table:table-row")
      row(child, is_header);
    else if (name == "table:table-column")
      column(child);
    else if (name == "table:table-header-rows")
      children(child, true);
    else if (name == "table:table-rows" || name == "table:table-row-group" || name == "table:table-columns" ||
             name == "table:table-column-group" || name == "table:table-header-columns")
      children(child, is_header);
  }
}

void TableReader::spend(std::uint64_t cells) {
  cells_ += cells;
  const std::uint32_t most = source_.context.limits().table_cells;
  if (cells_ > most)
    throw ConversionError(ErrorCode::limit_exceeded, "a table has more than " + std::to_string(most) + " cells");
}

void TableReader::column(pugi::xml_node node) {
  const long count = xml::number_of(node, "table:number-columns-repeated", 1, 1, most_columns);
  const double width = source_.styles.find("table-column", xml::value_of(node, "table:style-name")).width;
  for (long i = 0; i < count && table_.widths.size() < static_cast<std::size_t>(most_columns); ++i)
    table_.widths.push_back(width);
}

void TableReader::row(pugi::xml_node node, bool is_header) {
  Row row;
  row.header = is_header;
  for (const pugi::xml_node child : node.children()) {
    if (xml::is(child, "table:table-cell")) cell(child, row);
  }
  long count = xml::number_of(node, "table:number-rows-repeated", 1, 1, 1'000'000);
  if (count > 1 && is_empty(row)) count = 1; // spreadsheets end with a million of those
  for (count = std::min(count, most_copies); count > 1; --count) {
    spend(row.cells.size());
    source_.context.spend_inlines(row.cells.size());
    table_.rows.push_back(row);
  }
  table_.rows.push_back(std::move(row));
}

void TableReader::cell(pugi::xml_node node, Row& row) {
  Cell cell;
  cell.blocks = blocks_.blocks_of(node);
  cell.columns = static_cast<std::uint32_t>(xml::number_of(node, "table:number-columns-spanned", 1, 1, most_columns));
  cell.rows = static_cast<std::uint32_t>(xml::number_of(node, "table:number-rows-spanned", 1, 1, most_rows_spanned));
  const auto& background = source_.styles.find("table-cell", xml::value_of(node, "table:style-name")).background;
  if (background && *background >= 0 && *background != 0xffffff)
    cell.background = static_cast<std::uint32_t>(*background);
  long count = xml::number_of(node, "table:number-columns-repeated", 1, 1, most_columns);
  if (!cell.blocks.empty()) count = std::min(count, most_copies);
  spend(static_cast<std::uint64_t>(count) * cell.columns);
  for (; count > 1; --count) row.cells.push_back(cell);
  row.cells.push_back(std::move(cell));
}

} // namespace doc::odt
