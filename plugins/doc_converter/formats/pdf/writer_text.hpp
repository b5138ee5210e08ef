// Paragraphs as lines, by Pango: fonts and their substitutes for each script, both directions, line breaking.
#pragma once

#include "../../model/document.hpp"
#include "writer_images.hpp"
#include "writer_pages.hpp"

#include <functional>
#include <memory>
#include <pango/pangocairo.h>
#include <string>

namespace doc::pdf {

struct Font {
  double size = 10.5; // points
  bool bold = false;
  bool italic = false;
  bool code = false;
  std::uint32_t color = 0;
};

struct TextBox {
  double left = 0;
  double width = 0;
  Alignment alignment = Alignment::natural;
};

class Typesetter {
public:
  // Makes a note's items, and returns the mark that stands for it.
  using MakeNote = std::function<std::string(const Note&, Items&)>;

  Typesetter(Images& images, MakeNote make_note);
  ~Typesetter();
  Typesetter(const Typesetter&) = delete;
  Typesetter& operator=(const Typesetter&) = delete;

  // The lines of a paragraph, in order. First and last lines are kept with their neighbours.
  Items lines(const Inlines& inlines, const Font& font, const TextBox& box);

  // How wide text is on one line.
  double width(const std::string& text, const Font& font);
  // Of a picture as it is shown where there is this much place.
  static void fit(const Image& image, double most_width, double most_height, double& width, double& height);

private:
  struct Run;
  struct Text;

  void collect(const Inlines& inlines, const TextBox& box, Text& text);
  void add_picture(const Inline& run, const TextBox& box, Text& text);
  void add_lines(const std::shared_ptr<Text>& text, std::size_t begin, std::size_t end, const Font& font,
                 const TextBox& box, bool is_last, Items& items, std::size_t& next);
  PangoAttrList* attributes(const Text& text, std::size_t begin, std::size_t end, const Font& font) const;

  Images& images_;
  MakeNote make_note_;
  PangoContext* context_;
};

} // namespace doc::pdf
