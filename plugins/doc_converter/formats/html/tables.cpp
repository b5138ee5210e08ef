// Tables.
#include "walker.hpp"

#include "../../model/error.hpp"
#include "../../model/walk.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace doc::html {
namespace {

// As browsers bound them (html.spec.whatwg.org, "forming a table").
constexpr std::int32_t most_columns = 1000;
constexpr std::int32_t most_rows = 65534;

const GumboNode* child_at(const GumboVector* all, unsigned i) { return static_cast<const GumboNode*>(all->data[i]); }

bool is_section(const GumboNode* node) {
  return is_html(node, GUMBO_TAG_THEAD) || is_html(node, GUMBO_TAG_TBODY) || is_html(node, GUMBO_TAG_TFOOT);
}

bool is_gone(const GumboNode* node, const StyleSheet& sheet) { return !is_element(node) || is_hidden(node, sheet); }

struct RowElement {
  const GumboNode* element;
  bool in_head;
};

void add_rows(const GumboNode* section, const StyleSheet& sheet, std::vector<RowElement>& rows) {
  const GumboVector* all = children_of(section);
  for (unsigned i = 0; i < all->length; ++i) {
    if (is_html(child_at(all, i), GUMBO_TAG_TR) && !is_gone(child_at(all, i), sheet))
      rows.push_back({child_at(all, i), is_html(section, GUMBO_TAG_THEAD)});
  }
}

// As they are shown: the foot is last, wherever it stands.
std::vector<RowElement> rows_of(const GumboNode* table, const StyleSheet& sheet) {
  std::vector<RowElement> rows;
  const GumboVector* all = children_of(table);
  for (const bool foot : {false, true}) {
    for (unsigned i = 0; i < all->length; ++i) {
      const GumboNode* child = child_at(all, i);
      if (is_section(child) && !is_gone(child, sheet) && is_html(child, GUMBO_TAG_TFOOT) == foot)
        add_rows(child, sheet, rows);
      if (!foot && is_html(child, GUMBO_TAG_TR) && !is_gone(child, sheet)) rows.push_back({child, false});
    }
  }
  return rows;
}

bool is_for_layout(const GumboNode* element, const Table& table) {
  const char* role = attribute(element, "role");
  const bool is_presentation = role && (std::strcmp(role, "presentation") == 0 || std::strcmp(role, "none") == 0);
  if (table.rows.size() != 1 || table.rows[0].cells.size() != 1) return false;
  const Blocks& blocks = table.rows[0].cells[0].blocks;
  return is_presentation || std::any_of(blocks.begin(), blocks.end(), [](const Block& block) {
           return std::holds_alternative<Table>(block.content) || std::holds_alternative<Heading>(block.content) ||
                  std::holds_alternative<List>(block.content);
         });
}

// The columns' widths, where all of them are given in one unit.
std::vector<double> widths_of(const GumboNode* table) {
  std::vector<double> widths;
  bool is_relative = false, is_absolute = false;
  for (const GumboNode* node = table; node; node = next_in(table, node, !is_html(node, GUMBO_TAG_TR))) {
    if (!is_html(node, GUMBO_TAG_COL)) continue;
    const char* style = attribute(node, "style");
    const char* given = attribute(node, "width");
    std::string width = style ? Declarations{style}.value("width") : std::string();
    if (width.empty() && given) width = given;
    const bool is_percent = !width.empty() && (width.back() == '%' || width.back() == '*');
    const double value = is_percent ? std::atof(width.c_str()) : parse_length(width);
    (is_percent ? is_relative : is_absolute) = true;
    if (!(value > 0) || value > 1e6) return {};
    const std::int32_t span = whole_number(attribute(node, "span"), 1, 1, most_columns);
    if (widths.size() + static_cast<std::size_t>(span) > most_columns) return {};
    widths.insert(widths.end(), static_cast<std::size_t>(span), value);
  }
  return is_relative && is_absolute ? std::vector<double>() : widths;
}

} // namespace

Cell Walker::cell_of(const GumboNode* element, const Look& look) {
  Look inner = look_of(element, look, sheet_);
  Cell cell;
  cell.alignment = inner.alignment;
  cell.columns = static_cast<std::uint32_t>(whole_number(attribute(element, "colspan"), 1, 1, most_columns));
  cell.rows = static_cast<std::uint32_t>(whole_number(attribute(element, "rowspan"), 1, 0, most_rows));
  if (cell.rows == 0) cell.rows = most_rows; // to the end of the section, and fitted to the table's
  if (const char* color = attribute(element, "bgcolor")) cell.background = parse_color(color);
  if (const char* style = attribute(element, "style")) {
    for (const char* property : {"background", "background-color"}) {
      if (const auto color = parse_color(Declarations{style}.value(property))) cell.background = color;
    }
  }
  if (std::string name = index_.anchor_of(element); !name.empty()) shared_.anchors.push_back(std::move(name));
  cell.blocks = blocks_of(element, inner);
  return cell;
}

Row Walker::row_of(const GumboNode* element, bool in_head, const Look& look) {
  Row row;
  bool has_data = false;
  const Look inner = look_of(element, look, sheet_);
  if (std::string name = index_.anchor_of(element); !name.empty()) shared_.anchors.push_back(std::move(name));
  const GumboVector* all = children_of(element);
  for (unsigned i = 0; i < all->length; ++i) {
    const GumboNode* child = child_at(all, i);
    const bool is_data = is_html(child, GUMBO_TAG_TD);
    if ((!is_data && !is_html(child, GUMBO_TAG_TH)) || is_gone(child, sheet_)) continue;
    has_data = has_data || is_data;
    row.cells.push_back(cell_of(child, inner));
  }
  row.header = in_head || (!has_data && !row.cells.empty());
  return row;
}

Table Walker::table_of(const GumboNode* element, const Look& look) {
  Table table;
  Look inner = look;
  inner.alignment = Alignment::natural; // a table inherits none
  const GumboVector* all = children_of(element);
  for (unsigned i = 0; i < all->length; ++i) {
    if (!is_html(child_at(all, i), GUMBO_TAG_CAPTION) || is_gone(child_at(all, i), sheet_)) continue;
    Flow caption(shared_, [](Block) {});
    caption.only_inlines();
    children(child_at(all, i), caption, inner);
    table.caption = caption.take_inlines();
  }
  const std::vector<RowElement> rows = rows_of(element, sheet_);
  bool at_head = true;
  for (const RowElement& one : rows) {
    Row row = row_of(one.element, one.in_head, inner);
    // A row of header cells alone is a header where others follow.
    at_head = at_head && row.header && (one.in_head || rows.size() > 1);
    row.header = at_head;
    if (!row.cells.empty()) table.rows.push_back(std::move(row));
  }
  table.widths = widths_of(element);
  fit_spans(table, shared_.context.limits());
  return table;
}

void Walker::table(const GumboNode* element, Flow& flow, const Look& look) {
  Table table = table_of(element, look);
  if (is_for_layout(element, table)) {
    if (!is_blank(table.caption)) flow.block({Paragraph{std::move(table.caption)}});
    for (Block& block : table.rows[0].cells[0].blocks) flow.block(std::move(block));
  } else if (!table.rows.empty()) {
    flow.block({std::move(table)});
  } else if (!is_blank(table.caption)) {
    flow.block({Paragraph{std::move(table.caption)}});
  }
}

void fit_spans(Table& table, const Limits& limits) {
  std::vector<std::uint32_t> covered; // for each column, how many rows from here on a cell above covers
  std::uint64_t spent = 0;
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    std::size_t column = 0;
    for (Cell& cell : table.rows[r].cells) {
      while (column < covered.size() && covered[column] > 0) ++column;
      std::uint32_t free = 0;
      while (free < cell.columns && (column + free >= covered.size() || covered[column + free] == 0)) ++free;
      cell.columns = std::max(free, 1u);
      cell.rows = std::min(cell.rows, static_cast<std::uint32_t>(table.rows.size() - r));
      if (covered.size() < column + cell.columns) covered.resize(column + cell.columns, 0);
      std::fill_n(covered.begin() + static_cast<std::ptrdiff_t>(column), cell.columns, cell.rows);
      column += cell.columns;
    }
    spent += covered.size();
    if (spent > limits.table_cells) {
      throw ConversionError(ErrorCode::limit_exceeded,
                            "a table has more than " + std::to_string(limits.table_cells) + " cells");
    }
    for (std::uint32_t& rows : covered) rows -= rows > 0 ? 1 : 0;
  }
  if (table.widths.size() != covered.size()) table.widths.clear();
}

} // namespace doc::html
