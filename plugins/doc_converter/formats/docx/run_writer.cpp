#include "run_writer.hpp"

#include "../../model/walk.hpp"
#include "../../text/direction.hpp"
#include "../../text/utf8.hpp"
#include "drawing_writer.hpp"

#include <cctype>
#include <cstdint>
#include <cstdio>
#include <string_view>

namespace doc::docx {
namespace {

constexpr std::size_t longest_bookmark = 40;

std::string hex_color(std::uint32_t color) {
  char text[8];
  std::snprintf(text, sizeof text, "%06X", static_cast<unsigned>(color & 0xffffff));
  return text;
}

void write_fonts(xml::Writer& xml) {
  xml.start("w:rFonts");
  for (const std::string_view slot : {"w:ascii", "w:hAnsi", "w:cs"}) xml.attribute(slot, "Courier New");
  xml.end();
}

// In the order of the schema (CT_RPr): Word refuses others.
void write_look(xml::Writer& xml, const TextStyle& style, bool is_link, bool is_right_to_left) {
  if (style == TextStyle{} && !is_link && !is_right_to_left) return;
  xml.start("w:rPr");
  if (is_link) {
    xml.element("w:rStyle", "w:val", "Hyperlink");
  } else if (style.code) {
    xml.element("w:rStyle", "w:val", "VerbatimChar");
  }
  if (style.code && is_link) write_fonts(xml);
  if (style.bold) xml.element("w:b"), xml.element("w:bCs");
  if (style.italic) xml.element("w:i"), xml.element("w:iCs");
  if (style.strikethrough) xml.element("w:strike");
  if (style.color) xml.element("w:color", "w:val", hex_color(*style.color));
  if (style.underline && !is_link) xml.element("w:u", "w:val", "single");
  if (style.background) {
    xml.start("w:shd");
    xml.attribute("w:val", "clear");
    xml.attribute("w:color", "auto");
    xml.attribute("w:fill", hex_color(*style.background));
    xml.end();
  }
  if (style.superscript || style.subscript)
    xml.element("w:vertAlign", "w:val", style.superscript ? "superscript" : "subscript");
  if (is_right_to_left) xml.element("w:rtl");
  xml.end();
}

void write_text_element(xml::Writer& xml, std::string_view text) {
  if (text.empty()) return;
  xml.start("w:t");
  if (text.front() == ' ' || text.back() == ' ') xml.attribute("xml:space", "preserve");
  xml.text(text);
  xml.end();
}

void write_text(xml::Writer& xml, std::string_view text) {
  for (;;) {
    const std::size_t tab = text.find('\t');
    write_text_element(xml, text.substr(0, tab));
    if (tab == std::string_view::npos) return;
    xml.element("w:tab");
    text.remove_prefix(tab + 1);
  }
}

class RunWriter {
public:
  RunWriter(TextPart& part, package::ShownSize room, bool is_right_to_left)
      : part_(part), xml_(part.xml), room_(room), is_right_to_left_(is_right_to_left) {}

  void write(const Inlines& inlines) {
    for (const Inline& run : inlines) {
      change_link(run.link);
      std::visit([&](const auto& content) { write(run, content); }, run.content);
    }
    change_link({});
  }

private:
  void change_link(const std::string& link) {
    if (link == link_) return;
    if (!link_.empty()) xml_.end();
    link_ = link;
    if (link_.empty()) return;
    xml_.start("w:hyperlink");
    if (link_.size() > 1 && link_[0] == '#') {
      xml_.attribute("w:anchor", bookmark_name(link_.substr(1)));
    } else {
      xml_.attribute("r:id", part_.relationships.to_url(link_));
    }
    xml_.attribute("w:history", "1");
  }

  void start_run(const Inline& run, bool is_right_to_left) {
    xml_.start("w:r");
    write_look(xml_, run.style, !run.link.empty(), is_right_to_left);
  }

  void write(const Inline& run, const std::string& text) {
    start_run(run, is_right_to_left_ && is_right_to_left(text));
    write_text(xml_, text);
    xml_.end();
  }

  void write(const Inline& run, const LineBreak&) {
    start_run(run, false);
    xml_.element("w:br");
    xml_.end();
  }

  void write(const Inline& run, const std::shared_ptr<const Image>& image) {
    const std::string name = part_.pictures.add(*image);
    if (name.empty()) { // no picture to show: what it says instead
      if (!image->alt.empty()) write(run, image->alt);
      return;
    }
    xml_.start("w:r");
    write_drawing(xml_, *image, part_.relationships.to_part("image", name.substr(std::string_view("word/").size())),
                  ++part_.ids.drawing, package::shown_size(*image, room_));
    xml_.end();
  }

  void write(const Inline& run, const Note& note) {
    if (!part_.add_note) {
      for (const Block& block : *note.blocks) {
        if (const auto* paragraph = std::get_if<Paragraph>(&block.content))
          write(run, " (" + plain_text(paragraph->inlines) + ")");
      }
      return;
    }
    const int id = part_.add_note(note);
    xml_.start("w:r");
    xml_.start("w:rPr");
    xml_.element("w:rStyle", "w:val", note.at_end ? "EndnoteReference" : "FootnoteReference");
    xml_.end();
    xml_.element(note.at_end ? "w:endnoteReference" : "w:footnoteReference", "w:id", id);
    xml_.end();
  }

  void write(const Inline&, const Anchor& anchor) {
    const std::string name = bookmark_name(anchor.name);
    if (!part_.ids.bookmarks.insert(name).second) return;
    const int id = part_.ids.bookmark++;
    xml_.start("w:bookmarkStart");
    xml_.attribute("w:id", id);
    xml_.attribute("w:name", name);
    xml_.end();
    xml_.element("w:bookmarkEnd", "w:id", id);
  }

  TextPart& part_;
  xml::Writer& xml_;
  package::ShownSize room_;
  bool is_right_to_left_;
  std::string link_; // of the hyperlink that is open
};

} // namespace

void write_runs(TextPart& part, const Inlines& inlines, package::ShownSize room, bool is_right_to_left) {
  RunWriter(part, room, is_right_to_left).write(inlines);
}

std::string bookmark_name(const std::string& anchor) {
  std::string name;
  std::uint32_t hash = 2166136261u; // FNV-1a
  for (const char letter : anchor) {
    hash = (hash ^ static_cast<unsigned char>(letter)) * 16777619u;
    const bool is_kept = static_cast<unsigned char>(letter) > ' ' && letter != 0x7f;
    name.push_back(is_kept ? letter : '_');
  }
  std::size_t letters = 0;
  for (std::size_t position = 0; position < name.size(); ++letters) next_code_point(name, position);
  const auto first = static_cast<unsigned char>(name.empty() ? '0' : name[0]);
  const bool begins_well = std::isalpha(first) || first == '_' || first >= 0x80;
  if (name == anchor && letters <= longest_bookmark && begins_well) return name;
  char suffix[16];
  std::snprintf(suffix, sizeof suffix, "_%08x", static_cast<unsigned>(hash));
  std::size_t end = 0;
  for (std::size_t kept = 0; end < name.size() && kept < 24; ++kept) next_code_point(name, end);
  return (begins_well ? "" : "x") + name.substr(0, end) + suffix;
}

} // namespace doc::docx
