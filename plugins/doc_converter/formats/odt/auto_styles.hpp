// The automatic styles of content.xml: OpenDocument has no direct formatting, so every look that the text needs gets a
// style of its own, once.
#pragma once

#include "../../model/document.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace doc::odt {

// How a paragraph differs from its common style.
struct ParagraphForm {
  std::string parent; // the common style's name
  Alignment alignment = Alignment::natural;
  bool breaks_page = false;
  bool is_right_to_left = false;
  int indent_steps = 0; // of half an inch

  bool is_plain() const {
    return alignment == Alignment::natural && !breaks_page && !is_right_to_left && indent_steps == 0;
  }
  auto operator<=>(const ParagraphForm&) const = default;
};

class AutoStyles {
public:
  // Names of styles; the common style's own where nothing differs.
  std::string paragraph(const ParagraphForm& form);
  std::string text(const TextStyle& style, bool is_link);
  std::string list(const List& list);
  std::string table(double width_points, int indent_steps);
  std::string column(double width_points);
  std::string cell(std::optional<std::uint32_t> background);

  // The element office:automatic-styles.
  std::string element() const;

private:
  std::map<ParagraphForm, std::string> paragraphs_;
  std::map<std::string, std::string> texts_; // properties, which are XML, to names
  std::map<std::pair<Numbering, std::int32_t>, std::string> lists_;
  std::map<std::pair<std::int64_t, int>, std::string> tables_; // widths in hundredths of a point
  std::map<std::int64_t, std::string> columns_;
  std::map<std::int64_t, std::string> cells_; // -1: no background
};

// "12.5pt".
std::string points_text(double points);
std::string hex_color(std::uint32_t color);

} // namespace doc::odt
