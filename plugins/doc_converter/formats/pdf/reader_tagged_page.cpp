#include "reader_tagged_page.hpp"

#include <algorithm>

namespace doc::pdf {
namespace {

constexpr float least_covered = 0.75f; // of a page's characters, for its structure to be believed

// A line, or the part of one that belongs to one block.
struct Unit {
  TaggedPart::Kind kind = TaggedPart::text;
  std::uint32_t sequence = 0; // the leaf that it begins with, or that it stands behind
  std::uint32_t first = 0;    // character that was drawn first; what is not tagged comes last
  std::uint32_t block = Structure::none;
  std::uint32_t index = 0;
  std::uint32_t begins = 0, ends = 0; // the elements of its first and last character
  Line line;
  const TablePiece* piece = nullptr;
};

void set_width(const Page& page, Line& line) {
  line.box.x0 = 1e6f;
  line.box.x1 = -1e6f;
  for (const std::uint32_t i : line.glyphs) {
    line.box.x0 = std::min(line.box.x0, page.glyphs[i].x0);
    line.box.x1 = std::max(line.box.x1, page.glyphs[i].x1);
  }
}

class Sorter {
public:
  Sorter(PageLayout& layout, const Structure& structure)
      : layout_(layout), page_(*layout.page), structure_(structure) {}

  bool is_plausible();
  std::vector<TaggedPart> parts();

private:
  std::uint32_t leaf_of(std::uint32_t element) {
    if (element == no_element) return Structure::none;
    if (element != asked_) { // neighbours have the same
      asked_ = element;
      answer_ = structure_.leaf_of(page_.number, element);
    }
    return answer_;
  }
  template <class Action>
  static void each_line(TablePiece& table, const Action& action) {
    for (TableCell& cell : table.cells) {
      for (Line& line : cell.lines) action(line);
      for (TablePiece& inner : cell.tables) each_line(inner, action);
    }
  }
  bool are_apart(std::uint32_t above, std::uint32_t below) const;
  bool in_table(std::uint32_t element) const;
  bool is_tagged(TablePiece& table);
  void count(const Line& line, bool table);
  void add_line(Line& line);
  void add_part(const Line& whole, std::size_t begin, std::size_t end, std::uint32_t block);
  void add_picture(std::uint32_t index);
  void add_table(TablePiece& table);

  PageLayout& layout_;
  const Page& page_;
  const Structure& structure_;
  std::uint32_t asked_ = no_element, answer_ = Structure::none;
  std::size_t known_ = 0, unknown_ = 0, tabular_ = 0, untabular_ = 0;
  std::vector<Unit> units_;
  std::vector<std::uint32_t> leaves_; // of the line that is looked at
  std::uint32_t last_ = 0;
};

bool Sorter::in_table(std::uint32_t element) const {
  while (element != 0) {
    const Role role = structure_.elements[element].role;
    if (role == Role::cell || role == Role::head_cell || role == Role::table) return true;
    element = structure_.elements[element].parent;
  }
  return false;
}

void Sorter::count(const Line& line, bool table) {
  for (const std::uint32_t i : line.glyphs) {
    const std::uint32_t leaf = leaf_of(page_.glyphs[i].element);
    ++(leaf == Structure::none ? unknown_ : known_);
    if (table && leaf != Structure::none) ++(in_table(structure_.leaves[leaf]) ? tabular_ : untabular_);
  }
}

bool Sorter::is_plausible() {
  for (Piece& piece : layout_.pieces) {
    if (auto* region = std::get_if<Region>(&piece)) {
      for (const Line& line : region->lines) count(line, false);
    } else if (auto* table = std::get_if<TablePiece>(&piece)) {
      const bool sure = table->ruled && table->rows > 1 && table->columns > 1;
      each_line(*table, [&](Line& line) { count(line, sure); });
    }
  }
  if (known_ == 0 || static_cast<float>(known_) < least_covered * static_cast<float>(known_ + unknown_)) return false;
  return untabular_ <= tabular_; // a table that is ruled and not tagged as one: the tags say less than the page
}

void Sorter::add_part(const Line& whole, std::size_t begin, std::size_t end, std::uint32_t block) {
  Unit unit;
  unit.block = block;
  unit.line.box = whole.box;
  unit.line.base = whole.base;
  unit.line.size = whole.size;
  unit.line.glyphs.assign(whole.glyphs.begin() + static_cast<std::ptrdiff_t>(begin),
                          whole.glyphs.begin() + static_cast<std::ptrdiff_t>(end));
  if (begin > 0 || end < whole.glyphs.size()) {
    set_width(page_, unit.line);
    float size = 0; // of its own characters: a number may stand small beside a large one
    for (const std::uint32_t i : unit.line.glyphs) size = std::max(size, page_.glyphs[i].size);
    unit.line.size = std::min(unit.line.size, size);
  }
  unit.sequence = *std::min_element(leaves_.begin() + static_cast<std::ptrdiff_t>(begin),
                                    leaves_.begin() + static_cast<std::ptrdiff_t>(end));
  unit.begins = structure_.leaves[leaves_[begin]];
  unit.ends = structure_.leaves[leaves_[end - 1]];
  unit.first = *std::min_element(unit.line.glyphs.begin(), unit.line.glyphs.end());
  last_ = *std::max_element(leaves_.begin() + static_cast<std::ptrdiff_t>(begin),
                            leaves_.begin() + static_cast<std::ptrdiff_t>(end));
  units_.push_back(std::move(unit));
}

void Sorter::add_line(Line& line) {
  if (line.glyphs.empty()) return;
  leaves_.clear();
  for (const std::uint32_t i : line.glyphs) leaves_.push_back(leaf_of(page_.glyphs[i].element));
  const auto tagged =
      std::find_if(leaves_.begin(), leaves_.end(), [](std::uint32_t leaf) { return leaf != Structure::none; });
  if (tagged == leaves_.end()) {
    Unit unit;
    unit.sequence = last_;
    unit.first = 0xffffffff;
    unit.line = std::move(line);
    units_.push_back(std::move(unit));
    return;
  }
  // What is not tagged belongs to what it stands behind, or before.
  std::uint32_t before = *tagged;
  for (std::uint32_t& leaf : leaves_) before = leaf = leaf == Structure::none ? before : leaf;
  std::size_t begin = 0;
  std::uint32_t block = block_of(structure_, structure_.leaves[leaves_[0]]);
  for (std::size_t i = 1; i < leaves_.size(); ++i) {
    if (leaves_[i] == leaves_[i - 1]) continue;
    const std::uint32_t next = block_of(structure_, structure_.leaves[leaves_[i]]);
    if (next == block) continue;
    add_part(line, begin, i, block);
    begin = i;
    block = next;
  }
  add_part(line, begin, leaves_.size(), block);
}

void Sorter::add_picture(std::uint32_t index) {
  const std::uint32_t leaf = leaf_of(page_.pictures[index].element);
  Unit unit;
  unit.kind = TaggedPart::picture;
  unit.index = index;
  unit.first = page_.pictures[index].place;
  if (leaf == Structure::none) {
    unit.sequence = last_;
    unit.first = 0xffffffff;
  } else {
    unit.sequence = last_ = leaf;
    unit.block = block_of(structure_, structure_.leaves[leaf]);
  }
  units_.push_back(std::move(unit));
}

bool Sorter::is_tagged(TablePiece& table) {
  bool any = false;
  each_line(table, [&](Line& line) {
    for (const std::uint32_t i : line.glyphs) any = any || leaf_of(page_.glyphs[i].element) != Structure::none;
  });
  return any;
}

void Sorter::add_table(TablePiece& table) {
  if (!is_tagged(table)) {
    Unit unit;
    unit.kind = TaggedPart::table;
    unit.sequence = last_;
    unit.first = 0xffffffff;
    unit.piece = &table;
    units_.push_back(std::move(unit));
    return;
  }
  for (TableCell& cell : table.cells) {
    for (Line& line : cell.lines) add_line(line);
    for (const std::uint32_t picture : cell.pictures) add_picture(picture);
    for (TablePiece& inner : cell.tables) add_table(inner);
  }
}

// Do two lines of one block stand in divisions of it? Browsers tag those as nothing in particular.
bool Sorter::are_apart(std::uint32_t above, std::uint32_t below) const {
  above = structure_.elements[above].parent;
  below = structure_.elements[below].parent;
  if (above == below) return false;
  const auto inside = [this](std::uint32_t inner, std::uint32_t outer) {
    return inner >= outer && inner < structure_.elements[outer].end;
  };
  return !inside(above, below) && !inside(below, above);
}

std::vector<TaggedPart> Sorter::parts() {
  for (Piece& piece : layout_.pieces) {
    if (auto* region = std::get_if<Region>(&piece)) {
      for (Line& line : region->lines) add_line(line);
    } else if (auto* table = std::get_if<TablePiece>(&piece)) {
      add_table(*table);
    } else {
      add_picture(std::get<PicturePiece>(piece).picture);
    }
  }
  std::stable_sort(units_.begin(), units_.end(), [](const Unit& a, const Unit& b) {
    return a.sequence != b.sequence ? a.sequence < b.sequence : a.first < b.first;
  });
  std::vector<TaggedPart> parts;
  std::uint32_t ends = 0;
  for (Unit& unit : units_) {
    const bool joins = unit.kind == TaggedPart::text && !parts.empty() && parts.back().kind == TaggedPart::text &&
                       parts.back().block == unit.block;
    const bool anew = joins && unit.block != Structure::none && are_apart(ends, unit.begins);
    if (!joins || anew) {
      TaggedPart part;
      part.anew = anew;
      part.kind = unit.kind;
      part.block = unit.block;
      part.index = unit.index;
      part.piece = unit.piece;
      if (unit.block != Structure::none) part.leaf = structure_.leaves[unit.sequence];
      parts.push_back(std::move(part));
    }
    ends = unit.ends;
    if (unit.kind == TaggedPart::text) parts.back().lines.push_back(std::move(unit.line));
  }
  return parts;
}

} // namespace

std::uint32_t block_of(const Structure& structure, std::uint32_t element) {
  std::uint32_t top = element, label = Structure::none;
  for (;;) {
    const Element& one = structure.elements[element];
    switch (one.role) {
    case Role::label: label = element; [[fallthrough]];
    case Role::text_run:
    case Role::figure: break;
    case Role::item: return label != Structure::none ? label : element;
    case Role::group:
    case Role::list:
    case Role::row:
    case Role::table:
    case Role::quote: return top; // they have no text of their own: what stands in them does
    default: return element;
    }
    top = element;
    if (element == 0) return top;
    element = one.parent;
  }
}

std::vector<TaggedPart> tagged_parts(PageLayout& layout, const Structure& structure) {
  if (!structure.knows(layout.page->number)) return {};
  Sorter sorter(layout, structure);
  if (!sorter.is_plausible()) return {};
  return sorter.parts();
}

} // namespace doc::pdf
