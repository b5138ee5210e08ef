// What stands on a page of a PDF, as the device found it: characters, pictures, lines and areas, with their places.
// Lengths are points; x grows to the right and y down from the upper left corner of the page as it is shown.
#pragma once

#include "../../model/document.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace doc::pdf {

struct Box {
  float x0 = 0, y0 = 0, x1 = 0, y1 = 0;

  float width() const { return x1 - x0; }
  float height() const { return y1 - y0; }
  bool contains(float x, float y) const { return x >= x0 && x <= x1 && y >= y0 && y <= y1; }
  void include(const Box& other) {
    if (other.x0 < x0) x0 = other.x0;
    if (other.y0 < y0) y0 = other.y0;
    if (other.x1 > x1) x1 = other.x1;
    if (other.y1 > y1) y1 = other.y1;
  }
};

// A typeface as its name and flags describe it.
struct Face {
  bool bold = false;
  bool italic = false;
  bool mono = false;
  bool symbol = false; // Symbol, Wingdings and the like
};

// One character, or several that one shape stands for. Places are those of its line laid horizontally: for text that
// is turned, the page is turned back first.
struct Glyph {
  float x0, x1;             // origin, and where the next one would be
  float base;               // of the baseline
  float size;               // of the font, as shown
  std::uint32_t text;       // where its text begins in Page::text
  std::uint32_t color;      // 0xRRGGBB
  std::uint32_t element;    // mark_number() of the marked content that it is part of; no_element
  std::uint16_t face;       // index of Page::faces
  std::uint16_t text_bytes; // never 0
  std::int16_t angle;       // degrees, counted clockwise as shown
  std::int16_t link;        // index of Page::links, or -1
  bool blank_after;         // the source has a blank here
  bool artifact;            // marked as no part of the text
  bool invisible;           // there for searching only
  bool begins_string;       // the source places it by itself
};

inline constexpr std::uint32_t no_element = 0xffffffff;

struct Picture {
  Box box;
  std::shared_ptr<const Image> image;
  std::uint32_t place = 0;            // number of glyphs that were drawn before it
  std::uint64_t identity = 0;         // the same for the same object; 0: unknown
  std::uint32_t element = 0xffffffff; // as a glyph's
};

// A straight line along an axis: horizontal where y0 == y1.
struct RuleLine {
  Box box;
};

// A filled rectangle.
struct Area {
  Box box;
  std::uint32_t color;
};

struct LinkArea {
  Box box;
  std::string target; // a URL or "#name"
};

// A place that links of the document lead to.
struct Destination {
  float y;
  std::string name;
};

struct Page {
  int number = 0; // from 1
  float width = 0, height = 0;
  std::string text;
  std::vector<Glyph> glyphs; // in the order of drawing
  std::vector<Face> faces;
  std::vector<Picture> pictures;
  std::vector<RuleLine> rules;
  std::vector<Area> areas;
  std::vector<LinkArea> links;
  std::vector<Destination> destinations; // from top to bottom
  std::vector<Box> dots;                 // small filled shapes, as the labels of lists are drawn

  std::string_view text_of(const Glyph& glyph) const {
    return std::string_view(text).substr(glyph.text, glyph.text_bytes);
  }
};

} // namespace doc::pdf
