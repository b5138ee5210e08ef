// Pictures and text boxes: DrawingML (w:drawing) and its predecessor VML (w:pict, w:object).
#pragma once

#include "../../model/document.hpp"
#include "../../xml/tree.hpp"
#include "parts_reader.hpp"

#include <vector>

namespace doc::docx {

struct Drawn {
  std::vector<std::shared_ptr<const Image>> images;
  std::vector<pugi::xml_node> text_boxes; // their w:txbxContent
  std::vector<std::string> texts;         // of diagrams and charts, a paragraph each
  bool is_rule = false;                   // a horizontal line

  bool empty() const { return images.empty() && text_boxes.empty() && texts.empty() && !is_rule; }
};

class DrawingReader {
public:
  // Both outlive this; `relationships` are those of the part that is read.
  DrawingReader(PartsReader& parts, const Relationships& relationships)
      : parts_(parts), relationships_(relationships) {}

  // Of w:drawing, w:pict and w:object; adds to `drawn`.
  void read(pugi::xml_node node, Drawn& drawn);

private:
  void read_drawing(pugi::xml_node frame, Drawn& drawn);
  void walk(pugi::xml_node node, const Image& shown, Drawn& drawn);
  void add_picture(const std::string& id, const Image& shown, Drawn& drawn);
  void add_vml_picture(pugi::xml_node data, Drawn& drawn);
  void add_texts_of(const std::string& id, std::string_view paragraph, Drawn& drawn);

  PartsReader& parts_;
  const Relationships& relationships_;
};

} // namespace doc::docx
