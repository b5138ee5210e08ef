#include "reader_layout.hpp"

#include "reader_columns.hpp"
#include "reader_tables.hpp"

#include <algorithm>
#include <array>

namespace doc::pdf {
namespace {

// Turns the page so that most of its text is upright; what is not on an axis is left alone.
void turn_upright(Page& page, int angle) {
  if (angle == 0 || angle % 90 != 0) return;
  const float c = angle == 180 ? -1.0f : 0.0f, s = angle == 90 ? 1.0f : angle == 270 ? -1.0f : 0.0f;
  const auto turn = [c, s](Box& box) {
    const float ax = box.x0 * c + box.y0 * s, ay = box.y0 * c - box.x0 * s;
    const float bx = box.x1 * c + box.y1 * s, by = box.y1 * c - box.x1 * s;
    box = {std::min(ax, bx), std::min(ay, by), std::max(ax, bx), std::max(ay, by)};
  };
  for (Picture& picture : page.pictures) turn(picture.box);
  for (RuleLine& rule : page.rules) turn(rule.box);
  for (Area& area : page.areas) turn(area.box);
}

int main_angle(const std::vector<Fragment>& fragments) {
  std::array<std::size_t, 4> counts{};
  for (const Fragment& fragment : fragments) {
    if (fragment.angle % 90 == 0) counts[static_cast<std::size_t>(fragment.angle / 90 % 4)] += fragment.count;
  }
  return static_cast<int>(std::max_element(counts.begin(), counts.end()) - counts.begin()) * 90;
}

// A picture behind the text of the whole page does not part it.
bool is_background(const Page& page, const Picture& picture, const std::vector<Fragment>& fragments) {
  if (picture.box.width() * picture.box.height() < 0.5f * page.width * page.height) return false;
  std::size_t inside = 0;
  for (const Fragment& fragment : fragments) inside += picture.box.contains(fragment.box.x0, fragment.base) ? 1u : 0u;
  return inside * 2 > fragments.size() && !fragments.empty();
}

std::uint32_t first_glyph_of(const TablePiece& table) {
  for (const TableCell& cell : table.cells) {
    if (!cell.lines.empty()) return cell.lines.front().glyphs.front();
  }
  return 0;
}

void lay_out_turned(const Page& page, std::vector<Fragment> turned, std::vector<Piece>& pieces) {
  std::stable_sort(turned.begin(), turned.end(),
                   [](const Fragment& a, const Fragment& b) { return a.angle < b.angle; });
  for (std::size_t i = 0; i < turned.size();) {
    std::size_t end = i;
    while (end < turned.size() && turned[end].angle == turned[i].angle) ++end;
    Region region;
    region.turned = true;
    region.lines = lines_of(
        page, {turned.begin() + static_cast<std::ptrdiff_t>(i), turned.begin() + static_cast<std::ptrdiff_t>(end)});
    pieces.emplace_back(std::move(region));
    i = end;
  }
}

} // namespace

PageLayout lay_out(std::unique_ptr<Page> given) {
  PageLayout layout;
  layout.page = std::move(given);
  Page& page = *layout.page;
  remove_hidden(page);
  std::vector<Fragment> fragments = fragments_of(page);
  const int angle = main_angle(fragments);
  turn_upright(page, angle);
  std::vector<Fragment> turned;
  const auto upright = std::stable_partition(fragments.begin(), fragments.end(),
                                             [angle](const Fragment& one) { return one.angle == angle; });
  turned.assign(upright, fragments.end());
  fragments.erase(upright, fragments.end());

  std::vector<bool> pictures_taken(page.pictures.size(), false);
  Atoms atoms;
  for (std::uint32_t i = 0; i < page.pictures.size(); ++i) {
    if (!is_background(page, page.pictures[i], fragments)) continue;
    layout.pieces.emplace_back(PicturePiece{i});
    pictures_taken[i] = true;
  }
  std::vector<TablePiece> tables = ruled_tables(page, fragments, pictures_taken);
  open_tables(page, fragments, pictures_taken, tables);
  for (std::uint32_t i = 0; i < tables.size(); ++i)
    atoms.push_back({tables[i].box, Atom::table, i, first_glyph_of(tables[i])});
  for (std::uint32_t i = 0; i < page.pictures.size(); ++i) {
    if (!pictures_taken[i]) atoms.push_back({page.pictures[i].box, Atom::picture, i, page.pictures[i].place});
  }
  for (std::uint32_t i = 0; i < fragments.size(); ++i)
    atoms.push_back({fragments[i].box, Atom::text, i, fragments[i].first});
  Arranger arranger(page, fragments, tables, layout.pieces);
  arranger.arrange(std::move(atoms), 0);
  arranger.finish();
  lay_out_turned(page, std::move(turned), layout.pieces);
  return layout;
}

} // namespace doc::pdf
