#include "reader_structure_tree.hpp"

#include "../../text/utf8.hpp"

#include <Catalog.h>
#include <Dict.h>
#include <Object.h>
#include <PDFDoc.h>
#include <UTF.h>
#include <XRef.h>
#include <goo/gmem.h>

#include <algorithm>
#include <unordered_set>

namespace doc::pdf {
namespace {

constexpr int most_pages = 5'000; // of larger ones the tree would not fit beside poppler's own notes
constexpr std::size_t most_elements = 1'000'000;
constexpr std::size_t most_leaves = 2'000'000;
constexpr std::size_t most_alt_bytes = 8u << 20;
constexpr std::size_t most_depth = 200;
constexpr int most_span = 1'000;

// poppler's own tree calls itself for each level and keeps every attribute; this one goes down by a stack of its own.
class TreeReader {
public:
  TreeReader(PDFDoc& document, int pages) : xref_(*document.getXRef()), catalog_(*document.getCatalog()) {
    for (int number = 1; number <= pages; ++number) {
      if (const Ref* ref = catalog_.getPageRef(number)) pages_.emplace(ref->num, number);
    }
  }

  Structure read(const Object& root);

private:
  // An element whose children are looked at.
  struct Level {
    Object kids; // an array, or the only one
    int next = 0;
    std::uint32_t element = 0;
    int page = 0; // that its content is on, unless it says otherwise; 0: unknown
  };

  void open(const Object& dict, std::uint32_t parent, int page);
  void child(const Object& unresolved, std::uint32_t parent, int page);
  void marked(const Object& dict, std::uint32_t element, int page);
  void attributes(const Object& dict, Element& element);
  void spans(const Object& owner, Element& element) const;
  Role role(const Object& dict, std::uint8_t& level) const;
  std::uint32_t text(const Object& string);
  int page_of(const Object& dict, int inherited) const;

  XRef& xref_;
  Catalog& catalog_;
  std::unordered_map<int, int> pages_; // by object number
  std::unordered_set<int> seen_;       // objects that were gone into
  std::vector<Level> levels_;
  Object roles_, classes_;
  std::size_t alt_bytes_ = 0;
  bool too_large_ = false;
  Structure structure_;
};

int TreeReader::page_of(const Object& dict, int inherited) const {
  const Object& page = dict.dictLookupNF("Pg");
  if (!page.isRef()) return inherited;
  const auto found = pages_.find(page.getRefNum());
  return found == pages_.end() ? 0 : found->second;
}

// Names of a program's own are mapped to those of the standard, maybe over others.
Role TreeReader::role(const Object& dict, std::uint8_t& level) const {
  const Object type = dict.dictLookup("S");
  if (!type.isName()) return Role::paragraph;
  std::string name = type.getName();
  bool known = false;
  for (int i = 0; i < 8; ++i) {
    const Role role = role_of(name, level, known);
    if (known) return role;
    if (!roles_.isDict()) break;
    const Object mapped = roles_.dictLookup(name.c_str());
    if (!mapped.isName()) break;
    name = mapped.getName();
  }
  return Role::paragraph;
}

std::uint32_t TreeReader::text(const Object& string) {
  if (!string.isString() || alt_bytes_ > most_alt_bytes) return 0;
  Unicode* unicode = nullptr;
  const int length = TextStringToUCS4(string.getString()->toStr(), &unicode);
  std::string result;
  for (int i = 0; i < length && i < 2'000; ++i) append_utf8(result, unicode[i]);
  if (length > 0) gfree(unicode);
  result = collapse_blanks(clean_text(result));
  if (result.empty()) return 0;
  alt_bytes_ += result.size();
  structure_.texts.push_back(std::move(result));
  return static_cast<std::uint32_t>(structure_.texts.size());
}

void TreeReader::spans(const Object& owner, Element& element) const {
  if (!owner.isDict()) return;
  const Object rows = owner.dictLookup("RowSpan"), columns = owner.dictLookup("ColSpan");
  if (rows.isInt()) element.rows = static_cast<std::uint16_t>(std::clamp(rows.getInt(), 1, most_span));
  if (columns.isInt()) element.columns = static_cast<std::uint16_t>(std::clamp(columns.getInt(), 1, most_span));
}

void TreeReader::attributes(const Object& dict, Element& element) {
  if (element.role == Role::figure) {
    element.alt = text(dict.dictLookup("Alt"));
    return;
  }
  if (element.role != Role::cell && element.role != Role::head_cell) return;
  const auto each = [&](const Object& one) {
    if (one.isArray()) {
      for (int i = 0; i < one.arrayGetLength() && i < 20; ++i) spans(one.arrayGet(i), element);
    } else {
      spans(one, element);
    }
  };
  const Object name = dict.dictLookup("C");
  if (name.isName() && classes_.isDict()) each(classes_.dictLookup(name.getName()));
  each(dict.dictLookup("A"));
}

void TreeReader::open(const Object& dict, std::uint32_t parent, int page) {
  if (structure_.elements.size() >= most_elements) {
    too_large_ = true;
    return;
  }
  Element element;
  element.parent = parent;
  element.role = role(dict, element.level);
  attributes(dict, element);
  Level level;
  level.kids = dict.dictLookupNF("K").copy();
  if (level.kids.isRef()) {
    // The only child, or an array of them that is an object of its own.
    Object there = level.kids.fetch(&xref_);
    if (there.isArray()) level.kids = std::move(there);
  }
  level.element = static_cast<std::uint32_t>(structure_.elements.size());
  level.page = page_of(dict, page);
  structure_.elements.push_back(element);
  levels_.push_back(std::move(level));
}

// A reference to marked content, with the page and the form that it is in.
void TreeReader::marked(const Object& dict, std::uint32_t element, int page) {
  const Object id = dict.dictLookup("MCID");
  if (!id.isInt() || id.getInt() < 0) return;
  const Object& form = dict.dictLookupNF("Stm");
  const int where = page_of(dict, page);
  if (where > 0) structure_.add_leaf(where, mark_number(form.isRef() ? form.getRefNum() : 0, id.getInt()), element);
}

void TreeReader::child(const Object& unresolved, std::uint32_t parent, int page) {
  if (unresolved.isInt()) {
    if (unresolved.getInt() >= 0 && page > 0) structure_.add_leaf(page, mark_number(0, unresolved.getInt()), parent);
    return;
  }
  if (unresolved.isRef() && !seen_.insert(unresolved.getRefNum()).second) return; // a circle, or shared
  const Object dict = unresolved.fetch(&xref_);
  if (!dict.isDict()) return;
  const Object type = dict.dictLookup("Type");
  if (type.isName("MCR"))
    marked(dict, parent, page);
  else if (!type.isName("OBJR") && levels_.size() < most_depth)
    open(dict, parent, page);
}

Structure TreeReader::read(const Object& root) {
  roles_ = root.dictLookup("RoleMap");
  classes_ = root.dictLookup("ClassMap");
  open(root, 0, 0);
  structure_.elements[0].role = Role::group;
  while (!levels_.empty() && !too_large_) {
    Level& top = levels_.back();
    const bool many = top.kids.isArray();
    if (top.next >= (many ? top.kids.arrayGetLength() : 1)) {
      structure_.elements[top.element].end = static_cast<std::uint32_t>(structure_.elements.size());
      levels_.pop_back();
      continue;
    }
    const Object one = many ? top.kids.arrayGetNF(top.next).copy() : top.kids.copy();
    ++top.next;
    child(one, top.element, top.page); // may move the levels
    too_large_ = too_large_ || structure_.leaves.size() > most_leaves;
  }
  if (too_large_) structure_.clear();
  structure_.finish();
  return std::move(structure_);
}

} // namespace

Structure read_structure(PDFDoc& document, int pages) {
  if (pages > most_pages) return {};
  const Object catalog = document.getXRef()->getCatalog();
  if (!catalog.isDict()) return {};
  const Object root = catalog.dictLookup("StructTreeRoot");
  if (!root.isDict()) return {};
  return TreeReader(document, pages).read(root);
}

} // namespace doc::pdf
