// What stands before the body: fonts, colours, styles, lists, information.
#include "writer.hpp"

#include "definitions.hpp"

#include <algorithm>

namespace doc::rtf {
namespace {

constexpr std::size_t piece_bytes = 1 << 20;

std::string roman(std::int32_t number) {
  struct Numeral {
    std::int32_t value;
    const char* text;
  };
  static constexpr Numeral numerals[] = {{1000, "m"}, {900, "cm"}, {500, "d"}, {400, "cd"}, {100, "c"},
                                         {90, "xc"},  {50, "l"},   {40, "xl"}, {10, "x"},   {9, "ix"},
                                         {5, "v"},    {4, "iv"},   {1, "i"}};
  std::string out;
  for (const Numeral& one : numerals) {
    for (; number >= one.value; number -= one.value) out += one.text;
  }
  return out;
}

void to_upper(std::string& text) {
  for (char& letter : text) {
    if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
  }
}

int number_format(Numbering numbering) {
  switch (numbering) {
  case Numbering::bullet: return 23;
  case Numbering::decimal: return 0;
  case Numbering::upper_roman: return 1;
  case Numbering::lower_roman: return 2;
  case Numbering::upper_alpha: return 3;
  case Numbering::lower_alpha: return 4;
  }
  return 0;
}

std::string info_field(const char* word, const std::string& value) {
  return value.empty() ? std::string() : "{\\" + std::string(word) + " " + escaped(value) + "}";
}

constexpr const char* fonts =
    R"({\fonttbl{\f0\froman\fcharset0 Times New Roman;}{\f1\fmodern\fcharset0 Courier New;}})";

constexpr const char* styles = R"({\stylesheet{\s0\sa160\f0\fs22 Normal;}
{\s1\sbasedon0\snext0\outlinelevel0\keepn\sb240\sa120\b\f0\fs36 heading 1;}
{\s2\sbasedon0\snext0\outlinelevel1\keepn\sb240\sa120\b\f0\fs30 heading 2;}
{\s3\sbasedon0\snext0\outlinelevel2\keepn\sb240\sa120\b\f0\fs26 heading 3;}
{\s4\sbasedon0\snext0\outlinelevel3\keepn\sb240\sa120\b\f0\fs24 heading 4;}
{\s5\sbasedon0\snext0\outlinelevel4\keepn\sb240\sa120\b\f0\fs22 heading 5;}
{\s6\sbasedon0\snext0\outlinelevel5\keepn\sb240\sa120\b\f0\fs22 heading 6;}
{\s7\sbasedon0\li567\sa120\f0\fs22 Quote;}
{\s8\sbasedon0\sa160\f1\fs20 Source Code;}
{\s9\sbasedon0\f0\fs20 footnote text;}}
)";

} // namespace

std::string number_text(Numbering numbering, std::int32_t number) {
  std::string text = std::to_string(number);
  const bool is_roman = numbering == Numbering::lower_roman || numbering == Numbering::upper_roman;
  const bool is_alpha = numbering == Numbering::lower_alpha || numbering == Numbering::upper_alpha;
  if (is_roman && number > 0 && number < 4000) text = roman(number);
  if (is_alpha && number > 0 && number <= 26 * 20)
    text = std::string(static_cast<std::size_t>((number - 1) / 26 + 1), static_cast<char>('a' + (number - 1) % 26));
  if (numbering == Numbering::upper_roman || numbering == Numbering::upper_alpha) to_upper(text);
  return text + ".";
}

std::size_t Writer::color(std::uint32_t value) {
  return colors_.emplace(value & 0xffffffu, colors_.size() + 1).first->second;
}

// Lists with bullets share one, for each level; numbered ones count by themselves.
std::int32_t Writer::new_list(Numbering numbering, std::int32_t start, int level) {
  const auto place = static_cast<std::size_t>(level);
  if (numbering == Numbering::bullet) {
    if (bullet_lists_.size() <= place) bullet_lists_.resize(place + 1, 0);
    if (bullet_lists_[place] != 0) return bullet_lists_[place];
  }
  lists_.push_back({numbering, start, level});
  const auto made = static_cast<std::int32_t>(lists_.size());
  if (numbering == Numbering::bullet) bullet_lists_[place] = made;
  return made;
}

std::string Writer::list_table() const {
  if (lists_.empty()) return {};
  std::string out = "{\\*\\listtable\n", overrides = "{\\*\\listoverridetable\n";
  for (std::size_t i = 0; i < lists_.size(); ++i) {
    const MadeList& list = lists_[i];
    const std::string id = std::to_string(i + 1);
    out += "{\\list\\listtemplateid" + id + "\\listhybrid";
    for (int level = 0; level <= list.level; ++level) {
      const int format = number_format(list.numbering);
      const std::string nfc = std::to_string(format);
      out += "{\\listlevel\\levelnfc" + nfc + "\\levelnfcn" + nfc +
             "\\leveljc0\\leveljcn0\\levelfollow0\\levelstartat" + std::to_string(list.start) +
             "\\levelspace0\\levelindent0";
      if (format == 23)
        out += "{\\leveltext\\'01\\u8226?;}{\\levelnumbers;}";
      else
        out += "{\\leveltext\\'02\\'0" + std::to_string(level) + ".;}{\\levelnumbers\\'01;}";
      out += "\\f0\\fi-360\\li" + std::to_string(720 + 360 * level) + "}";
    }
    out += "{\\listname ;}\\listid" + id + "}\n";
    overrides += "{\\listoverride\\listid" + id + "\\listoverridecount0\\ls" + id + "}\n";
  }
  return out + "}\n" + overrides + "}\n";
}

std::string Writer::header() const {
  std::string out = "{\\rtf1\\ansi\\ansicpg1252\\uc1\\deff0";
  const std::int32_t language = language_identifier(metadata_.language);
  if (language != 0) out += "\\deflang" + std::to_string(language);
  out += "\n";
  out += fonts;
  out += "\n{\\colortbl;";
  std::vector<std::uint32_t> ordered(colors_.size());
  for (const auto& [value, place] : colors_) ordered[place - 1] = value;
  for (const std::uint32_t value : ordered) {
    out += "\\red" + std::to_string(value >> 16) + "\\green" + std::to_string(value >> 8 & 255) + "\\blue" +
           std::to_string(value & 255) + ";";
  }
  out += "}\n";
  out += styles;
  out += list_table();
  const std::string info = info_field("title", metadata_.title) + info_field("author", metadata_.author) +
                           info_field("subject", metadata_.subject) + info_field("keywords", metadata_.keywords);
  if (!info.empty()) out += "{\\info" + info + "}\n";
  out += "\\paperw12240\\paperh15840\\margl1440\\margr1440\\margt1440\\margb1440\\widowctrl\\fet2\\aenddoc\\aftnnar\n";
  return out;
}

// The body moves back by as much as the header needs, from its end on.
void Writer::put_header_first() {
  const std::string head = header();
  const std::uint64_t body = output_.size();
  for (std::size_t at = 0; at < head.size(); at += piece_bytes)
    output_.write(std::string(std::min(piece_bytes, head.size() - at), '\n'));
  std::string piece;
  for (std::uint64_t left = body; left > 0;) {
    const std::uint64_t length = std::min<std::uint64_t>(left, piece_bytes);
    left -= length;
    piece.resize(length);
    piece.resize(output_.read_at(left, piece.data(), piece.size()));
    output_.write_at(left + head.size(), piece);
  }
  output_.write_at(0, head);
}

} // namespace doc::rtf
