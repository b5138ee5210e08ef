#include "math_reader.hpp"

#include "../../text/utf8.hpp"

#include <string>
#include <string_view>

namespace doc::docx {
namespace {

class MathReader {
public:
  explicit MathReader(Inlines& out) : out_(out) {}

  void children(pugi::xml_node node) {
    for (const pugi::xml_node child : node.children()) one(child);
  }

private:
  void one(pugi::xml_node node) {
    const std::string_view name = xml::name_of(node);
    if (name == "m:t")
      put(clean_text(xml::text_of(node)));
    else if (name == "w:t")
      put(clean_text(xml::text_of(node)));
    else if (name == "m:f")
      fraction(node);
    else if (name == "m:sSup" || name == "m:sSub" || name == "m:sSubSup" || name == "m:sPre")
      scripts(node);
    else if (name == "m:d")
      delimited(node);
    else if (name == "m:rad")
      root(node);
    else if (name == "m:nary")
      nary(node);
    else if (name == "m:eqArr" || name == "m:m")
      rows(node);
    else if (name == "w:del" || name == "w:moveFrom" || name == "w:rPr" || name == "m:rPr")
      return;
    else
      children(node);
  }

  void put(const std::string& text) {
    if (!text.empty()) out_.push_back({text, style_, {}});
  }

  // Stops as soon as it knows: formulas nest.
  struct LetterCounter : pugi::xml_tree_walker {
    bool for_each(pugi::xml_node& node) override {
      if (node.type() == pugi::node_pcdata) count += std::string_view(node.value()).size();
      return count < 2;
    }
    std::size_t count = 0;
  };
  static std::size_t letters(pugi::xml_node node) {
    LetterCounter counter;
    node.traverse(counter);
    return counter.count;
  }

  void grouped(pugi::xml_node node) {
    const bool needs = letters(node) > 1;
    if (needs) put("(");
    children(node);
    if (needs) put(")");
  }

  void fraction(pugi::xml_node node) {
    grouped(node.child("m:num"));
    const bool has_bar = xml::value_of(node.child("m:fPr").child("m:type"), "m:val") != "noBar";
    put(has_bar ? "/" : " ");
    grouped(node.child("m:den"));
  }

  void raised(pugi::xml_node node, bool is_up) {
    const TextStyle before = style_;
    if (!style_.superscript && !style_.subscript) (is_up ? style_.superscript : style_.subscript) = true;
    children(node);
    style_ = before;
  }

  void scripts(pugi::xml_node node) {
    const bool leads = xml::is(node, "m:sPre");
    if (!leads) children(node.child("m:e"));
    raised(node.child("m:sub"), false);
    raised(node.child("m:sup"), true);
    if (leads) children(node.child("m:e"));
  }

  void delimited(pugi::xml_node node) {
    const pugi::xml_node properties = node.child("m:dPr");
    const auto sign = [&](const char* name, std::string_view otherwise) {
      const pugi::xml_node child = properties.child(name);
      return clean_text(child ? xml::value_of(child, "m:val") : otherwise);
    };
    put(sign("m:begChr", "("));
    bool is_first = true;
    for (const pugi::xml_node element : node.children("m:e")) {
      if (!is_first) put(sign("m:sepChr", "|"));
      is_first = false;
      children(element);
    }
    put(sign("m:endChr", ")"));
  }

  void root(pugi::xml_node node) {
    if (letters(node.child("m:deg")) > 0) raised(node.child("m:deg"), true);
    put("√");
    grouped(node.child("m:e"));
  }

  void nary(pugi::xml_node node) {
    const pugi::xml_node sign = node.child("m:naryPr").child("m:chr");
    put(clean_text(sign ? xml::value_of(sign, "m:val") : std::string_view("∫")));
    raised(node.child("m:sub"), false);
    raised(node.child("m:sup"), true);
    put(" ");
    children(node.child("m:e"));
  }

  void rows(pugi::xml_node node) {
    bool is_first = true;
    for (const pugi::xml_node row : node.children()) {
      if (!xml::is(row, "m:e") && !xml::is(row, "m:mr")) continue;
      if (!is_first) put("; ");
      is_first = false;
      bool is_first_cell = true;
      if (xml::is(row, "m:e")) children(row);
      for (const pugi::xml_node cell : row.children("m:e")) {
        if (!xml::is(row, "m:mr")) break;
        if (!is_first_cell) put(" ");
        is_first_cell = false;
        children(cell);
      }
    }
  }

  Inlines& out_;
  TextStyle style_;
};

} // namespace

void read_math(pugi::xml_node node, Inlines& out) { MathReader(out).children(node); }

} // namespace doc::docx
