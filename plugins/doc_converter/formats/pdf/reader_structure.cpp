#include "reader_structure.hpp"

#include <algorithm>
#include <string_view>

namespace doc::pdf {

std::uint32_t mark_number(int form_object, int id) {
  const auto number = static_cast<std::uint32_t>(id);
  if (form_object == 0) return number & 0x7fffffff;
  return 0x80000000u | (static_cast<std::uint32_t>(form_object) & 0x7fff) << 16 | (number & 0xffff);
}

std::uint32_t Structure::leaf_of(int page, std::uint32_t mark) const {
  const auto known = pages_.find(page);
  if (known == pages_.end()) return none;
  const auto& marks = known->second;
  const auto found = std::lower_bound(marks.begin(), marks.end(), std::pair<std::uint32_t, std::uint32_t>(mark, 0));
  return found != marks.end() && found->first == mark ? found->second : none;
}

void Structure::add_leaf(int page, std::uint32_t mark, std::uint32_t element) {
  pages_[page].emplace_back(mark, static_cast<std::uint32_t>(leaves.size()));
  leaves.push_back(element);
}

void Structure::finish() {
  for (auto& [page, marks] : pages_) {
    std::sort(marks.begin(), marks.end());
    marks.shrink_to_fit();
  }
  has_headings =
      std::any_of(elements.begin(), elements.end(), [](const Element& one) { return one.role == Role::heading; });
}

void Structure::clear() { *this = {}; }

Role role_of(const std::string& name, std::uint8_t& level, bool& known) {
  static const std::unordered_map<std::string_view, Role> roles = {
      {"Document", Role::group},
      {"Part", Role::group},
      {"Art", Role::group},
      {"Sect", Role::group},
      {"TOC", Role::group},
      {"Index", Role::group},
      {"Aside", Role::group},
      {"DocumentFragment", Role::group},
      {"Div", Role::division},
      {"Form", Role::division},
      {"Private", Role::division},
      {"Span", Role::text_run},
      {"Quote", Role::text_run},
      {"Reference", Role::text_run},
      {"BibEntry", Role::text_run},
      {"Link", Role::text_run},
      {"Annot", Role::text_run},
      {"NonStruct", Role::text_run},
      {"Ruby", Role::text_run},
      {"RB", Role::text_run},
      {"RT", Role::text_run},
      {"RP", Role::text_run},
      {"Warichu", Role::text_run},
      {"WT", Role::text_run},
      {"WP", Role::text_run},
      {"Em", Role::text_run},
      {"Strong", Role::text_run},
      {"Sub", Role::text_run},
      {"Formula", Role::text_run},
      {"FENote", Role::note},
      {"Note", Role::note},
      {"P", Role::paragraph},
      {"TOCI", Role::paragraph},
      {"H", Role::heading},
      {"Title", Role::title},
      {"L", Role::list},
      {"LI", Role::item},
      {"Lbl", Role::label},
      {"LBody", Role::body},
      {"Table", Role::table},
      {"TR", Role::row},
      {"TH", Role::head_cell},
      {"TD", Role::cell},
      {"THead", Role::group},
      {"TBody", Role::group},
      {"TFoot", Role::group},
      {"Caption", Role::caption},
      {"BlockQuote", Role::quote},
      {"Code", Role::code},
      {"Figure", Role::figure},
      {"Artifact", Role::division},
  };
  known = true;
  level = 0;
  if (name.size() == 2 && name[0] == 'H' && name[1] >= '1' && name[1] <= '9') {
    level = static_cast<std::uint8_t>(std::min(name[1] - '0', 6));
    return Role::heading;
  }
  const auto found = roles.find(name);
  if (found != roles.end()) return found->second;
  known = false;
  return Role::paragraph;
}

} // namespace doc::pdf
