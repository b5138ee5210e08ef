#include "drawing_reader.hpp"

#include "../../text/utf8.hpp"

#include <cmath>
#include <cstdlib>
#include <string>
#include <string_view>

namespace doc::docx {
namespace {

constexpr double emu_per_point = 12700;
constexpr std::size_t most_texts = 10'000; // of one diagram or chart

double points(pugi::xml_node extent, const char* attribute) {
  return static_cast<double>(xml::number_of(extent, attribute, 0, 0, 1'000'000'000)) / emu_per_point;
}

// A length of a style="width:12pt;height:1in".
double css_points(std::string_view style, std::string_view name) {
  for (std::size_t at = 0; at < style.size();) {
    const std::size_t end = std::min(style.find(';', at), style.size());
    std::string_view pair = style.substr(at, end - at);
    at = end + 1;
    pair.remove_prefix(std::min(pair.find_first_not_of(" \r\n\t"), pair.size()));
    if (pair.substr(0, name.size()) != name || pair.substr(name.size(), 1) != ":") continue;
    const std::string value(pair.substr(name.size() + 1));
    char* unit = nullptr;
    const double number = std::strtod(value.c_str(), &unit);
    if (!std::isfinite(number) || number < 0 || number > 1e5) return 0;
    const std::string_view rest(unit);
    if (rest.substr(0, 2) == "in") return number * 72;
    if (rest.substr(0, 2) == "cm") return number * 72 / 2.54;
    if (rest.substr(0, 2) == "mm") return number * 72 / 25.4;
    if (rest.substr(0, 2) == "px" || rest.empty()) return number * 0.75;
    return rest.substr(0, 2) == "pt" ? number : 0;
  }
  return 0;
}

// Names that programs make up are no alternative text.
std::string alternative(pugi::xml_node names) { return clean_text(xml::value_of(names, "descr")); }

} // namespace

void DrawingReader::read(pugi::xml_node node, Drawn& drawn) {
  if (xml::is(node, "w:drawing")) {
    for (const pugi::xml_node frame : node.children()) {
      if (xml::is(frame, "wp:inline") || xml::is(frame, "wp:anchor")) read_drawing(frame, drawn);
    }
    return;
  }
  walk(node, Image{}, drawn);
}

void DrawingReader::read_drawing(pugi::xml_node frame, Drawn& drawn) {
  Image shown;
  const pugi::xml_node extent = frame.child("wp:extent"), names = frame.child("wp:docPr");
  shown.width_pt = points(extent, "cx");
  shown.height_pt = points(extent, "cy");
  shown.alt = alternative(names);
  shown.title = clean_text(xml::value_of(names, "title"));
  if (shown.alt.empty()) std::swap(shown.alt, shown.title);
  const std::string_view hidden = xml::value_of(names, "hidden");
  if (hidden == "1" || hidden == "true") return;
  walk(frame.child("a:graphic"), shown, drawn);
}

void DrawingReader::walk(pugi::xml_node node, const Image& shown, Drawn& drawn) {
  for (const pugi::xml_node child : node.children()) {
    const std::string_view name = xml::name_of(child);
    if (name == "pic:pic") {
      Image own = shown;
      const pugi::xml_node names = child.child("pic:nvPicPr").child("pic:cNvPr");
      if (own.alt.empty()) own.alt = alternative(names);
      // In a group each picture has a size of its own; the frame's is that of the group.
      if (xml::is(node, "wpg:wgp") || xml::is(node, "wpg:grpSp") || xml::is(node, "wpc:wpc")) {
        const pugi::xml_node size = child.child("pic:spPr").child("a:xfrm").child("a:ext");
        own.width_pt = points(size, "cx");
        own.height_pt = points(size, "cy");
      }
      const pugi::xml_node blip = child.child("pic:blipFill").child("a:blip");
      std::string id(xml::value_of(blip, "r:embed"));
      if (id.empty()) id = xml::value_of(blip, "r:link");
      add_picture(id, own, drawn);
    } else if (name == "w:txbxContent") {
      drawn.text_boxes.push_back(child);
    } else if (name == "dgm:relIds") {
      add_texts_of(std::string(xml::value_of(child, "r:dm")), "a:p", drawn);
    } else if (name == "c:chart") {
      add_texts_of(std::string(xml::value_of(child, "r:id")), "a:p", drawn);
    } else if (name == "v:textpath") { // letters drawn along a line
      std::string letters = collapse_blanks(clean_text(xml::value_of(child, "string")));
      if (!letters.empty()) drawn.texts.push_back(std::move(letters));
    } else if (name == "v:imagedata") {
      add_vml_picture(child, drawn);
    } else if (name == "mc:AlternateContent") {
      const pugi::xml_node choice = child.child("mc:Choice");
      Drawn chosen;
      walk(choice, shown, chosen);
      if (chosen.empty()) walk(child.child("mc:Fallback"), shown, chosen);
      drawn.images.insert(drawn.images.end(), chosen.images.begin(), chosen.images.end());
      drawn.text_boxes.insert(drawn.text_boxes.end(), chosen.text_boxes.begin(), chosen.text_boxes.end());
      drawn.texts.insert(drawn.texts.end(), chosen.texts.begin(), chosen.texts.end());
      drawn.is_rule = drawn.is_rule || chosen.is_rule;
    } else {
      const std::string_view rule = xml::value_of(child, "o:hr");
      if (rule == "t" || rule == "true" || rule == "1") drawn.is_rule = true;
      walk(child, shown, drawn);
    }
  }
}

void DrawingReader::add_picture(const std::string& id, const Image& shown, Drawn& drawn) {
  const auto found = relationships_.find(id);
  const bool is_inside = found != relationships_.end() && !found->second.is_external;
  const auto image = parts_.pictures().read(is_inside ? found->second.target : std::string());
  image->width_pt = shown.width_pt;
  image->height_pt = shown.height_pt;
  image->alt = shown.alt;
  image->title = shown.title;
  drawn.images.push_back(image);
}

void DrawingReader::add_vml_picture(pugi::xml_node data, Drawn& drawn) {
  const pugi::xml_node shape = data.parent();
  Image shown;
  const std::string_view style = xml::value_of(shape, "style");
  shown.width_pt = css_points(style, "width");
  shown.height_pt = css_points(style, "height");
  shown.alt = clean_text(xml::value_of(shape, "alt"));
  if (shown.alt.empty()) shown.title = clean_text(xml::value_of(data, "o:title"));
  std::string id(xml::value_of(data, "r:id"));
  if (id.empty()) id = xml::value_of(data, "r:pict");
  add_picture(id, shown, drawn);
}

// The words of a diagram or a chart are in a part of its own.
void DrawingReader::add_texts_of(const std::string& id, std::string_view paragraph, Drawn& drawn) {
  const auto found = relationships_.find(id);
  if (found == relationships_.end() || found->second.is_external) return;
  const auto tree = parts_.optional_tree(found->second.target);
  if (!tree) return;
  struct Collector : pugi::xml_tree_walker {
    Collector(std::vector<std::string>& all, std::string_view element) : texts(all), name(element) {}
    bool for_each(pugi::xml_node& node) override {
      if (!xml::is(node, name)) return true;
      std::string text = collapse_blanks(clean_text(xml::text_of(node)));
      if (!text.empty()) texts.push_back(std::move(text));
      return texts.size() < most_texts;
    }
    std::vector<std::string>& texts;
    std::string_view name;
  };
  Collector collector(drawn.texts, paragraph);
  pugi::xml_node(tree->root()).traverse(collector);
}

} // namespace doc::docx
