#include "math_reader.hpp"

#include "../../text/utf8.hpp"

#include <string>
#include <string_view>

namespace doc::odt {
namespace {

class MathReader {
public:
  explicit MathReader(Inlines& out) : out_(out) {}

  void children(pugi::xml_node node) {
    for (const pugi::xml_node child : node.children()) one(child);
  }

private:
  void one(pugi::xml_node node) {
    std::string_view name = xml::name_of(node);
    if (name.substr(0, 5) == "math:") name.remove_prefix(5);
    if (name == "annotation" || name == "annotation-xml" || name == "mphantom") return;
    if (name == "mi" || name == "mn" || name == "mo" || name == "mtext" || name == "ms")
      put(collapse_blanks(clean_text(xml::text_of(node))));
    else if (name == "mfrac")
      fraction(node);
    else if (name == "msup" || name == "mover")
      scripts(node, false, true);
    else if (name == "msub" || name == "munder")
      scripts(node, true, false);
    else if (name == "msubsup" || name == "munderover")
      scripts(node, true, true);
    else if (name == "msqrt") {
      put("√(");
      children(node);
      put(")");
    } else if (name == "mtr" || name == "mlabeledtr") {
      children(node);
      put("; ");
    } else if (name == "mtd") {
      children(node);
      put(" ");
    } else
      children(node);
  }

  void put(const std::string& text) {
    if (!text.empty()) out_.push_back({text, style_, {}});
  }

  static pugi::xml_node nth(pugi::xml_node node, int index) {
    for (const pugi::xml_node child : node.children()) {
      if (child.type() == pugi::node_element && index-- == 0) return child;
    }
    return {};
  }

  void grouped(pugi::xml_node node) {
    const bool needs = static_cast<bool>(nth(node, 1)) || static_cast<bool>(nth(nth(node, 0), 1));
    if (needs) put("(");
    one(node);
    if (needs) put(")");
  }

  void fraction(pugi::xml_node node) {
    grouped(nth(node, 0));
    put("/");
    grouped(nth(node, 1));
  }

  void scripts(pugi::xml_node node, bool has_sub, bool has_super) {
    one(nth(node, 0));
    if (has_sub) raised(nth(node, 1), false);
    if (has_super) raised(nth(node, has_sub ? 2 : 1), true);
  }

  void raised(pugi::xml_node node, bool is_up) {
    const TextStyle before = style_;
    if (!style_.superscript && !style_.subscript) (is_up ? style_.superscript : style_.subscript) = true;
    one(node);
    style_ = before;
  }

  Inlines& out_;
  TextStyle style_;
};

} // namespace

void read_math(pugi::xml_node node, Inlines& out) { MathReader(out).children(node); }

} // namespace doc::odt
