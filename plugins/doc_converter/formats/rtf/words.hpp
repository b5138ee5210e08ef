// The control words that the reader knows.
#pragma once

#include <cstdint>
#include <string_view>

namespace doc::rtf {

// Where text goes.
enum class Destination : std::uint8_t {
  content,     // the story that is being written
  skipped,     // nowhere
  fonts,       // the font table
  colors,      // the colour table
  styles,      // the style sheet
  lists,       // the list table
  overrides,   // the list override table
  info,        // not text of its own
  information, // one field of the document's information
  instruction, // of a field
  bookmark,    // a bookmark's name
  picture,
  shape,      // a drawing object: what it says is in its parts
  shape_name, // of a property
  shape_value,
  numbering,  // \pn: an old list
  shown_mark, // \pntext: what an old list shows before the item
  level_text, // what stands before the items of a list
};

enum class Word : std::uint8_t {
  unknown,
  // Destinations.
  skip,
  fonttbl,
  colortbl,
  stylesheet,
  listtable,
  listoverridetable,
  info,
  title,
  author,
  subject,
  keywords,
  field,
  fldinst,
  fldrslt,
  bkmkstart,
  pict,
  shape,
  sn,
  sv,
  shptxt,
  footnote,
  pn,
  pntext,
  upr,
  ud,
  leveltext,
  transparent,
  nesttableprops,
  // The document.
  ansi,
  mac,
  pc,
  pca,
  ansicpg,
  deff,
  deflang,
  uc,
  u,
  // The header's tables.
  f,
  fcharset,
  cpg,
  fixed_width,
  red,
  green,
  blue,
  s,
  cs,
  outlinelevel,
  list,
  listlevel,
  levelnfc,
  levelstartat,
  listid,
  listoverride,
  ls,
  ilvl,
  // Characters.
  plain,
  bold,
  italic,
  underline,
  no_underline,
  strike,
  superscript,
  subscript,
  no_rise,
  up,
  down,
  color,
  background,
  hidden,
  deleted,
  // Paragraphs.
  pard,
  left,
  center,
  right,
  justify,
  left_indent,
  first_indent,
  intbl,
  itap,
  border,
  page_before,
  par,
  line,
  page,
  sect,
  section_kind,
  column,
  tab,
  ftnalt,
  // Old lists.
  pnlvlblt,
  pnlvlbody,
  pnlvl,
  pnnumber,
  pnstart,
  // Tables.
  trowd,
  trleft,
  trhdr,
  cellx,
  clmrg,
  clvmrg,
  clcbpat,
  cell,
  row,
  nestcell,
  nestrow,
  // Pictures.
  blip,
  dibitmap,
  picw,
  pich,
  picwgoal,
  pichgoal,
  picscalex,
  picscaley,
  // Characters by name; the value says which.
  character,
};

struct WordMeaning {
  Word word = Word::unknown;
  std::int32_t value = 0; // what the word itself says: a code point, an underline, a number's format
};

WordMeaning meaning_of(std::string_view name);

} // namespace doc::rtf
