// Runs of text, pictures and references to notes.
#include "../../text/base64.hpp"
#include "writer.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace doc::html {
namespace {

constexpr std::size_t base64_piece = 48 * 1024; // divisible by three

std::string escaped(std::string_view text, bool in_attribute) {
  std::string out;
  out.reserve(text.size() + text.size() / 16);
  for (std::size_t i = 0; i < text.size(); ++i) {
    switch (text[i]) {
    case '&': out += "&amp;"; break;
    case '<': out += "&lt;"; break;
    case '>': out += "&gt;"; break;
    case '"': out += in_attribute ? "&quot;" : "\""; break;
    default: out.push_back(text[i]);
    }
  }
  return out;
}

// Ids have no blanks.
std::string id_of(std::string_view name) {
  std::string out(name);
  std::replace_if(
      out.begin(), out.end(), [](char letter) { return static_cast<unsigned char>(letter) <= ' '; }, '-');
  return out;
}

std::string color_style(const TextStyle& style) {
  std::string out;
  const auto add = [&out](const char* property, std::uint32_t color) {
    char text[48];
    std::snprintf(text, sizeof text, "%s%s: #%06x", out.empty() ? "" : "; ", property, color & 0xffffffu);
    out += text;
  };
  if (style.color) add("color", *style.color);
  if (style.background) add("background-color", *style.background);
  return out;
}

// Outermost first.
std::vector<std::string> tags_of(const Inline& run) {
  const TextStyle& style = run.style;
  std::vector<std::string> tags;
  if (!run.link.empty()) {
    const std::string href = run.link[0] == '#' ? "#" + id_of(std::string_view(run.link).substr(1)) : run.link;
    tags.push_back("a href=\"" + escaped(href, true) + "\"");
  }
  if (style.bold) tags.emplace_back("strong");
  if (style.italic) tags.emplace_back("em");
  if (style.underline) tags.emplace_back("u");
  if (style.strikethrough) tags.emplace_back("s");
  if (style.code) tags.emplace_back("code");
  if (style.superscript) tags.emplace_back("sup");
  if (style.subscript) tags.emplace_back("sub");
  if (const std::string colors = color_style(style); !colors.empty()) tags.push_back("span style=\"" + colors + "\"");
  return tags;
}

// The size on the page in CSS pixels.
std::string pixels(double points, std::uint32_t own) {
  const double value = points > 0 && points < 1e5 ? points * 96 / 72 : own;
  return std::to_string(std::max(1l, std::lround(value)));
}

} // namespace

void Writer::text(std::string_view text) { output_.write(escaped(text, false)); }

void Writer::attribute(std::string_view name, std::string_view value) {
  output_.write(" ");
  output_.write(name);
  output_.write("=\"");
  output_.write(escaped(value, true));
  output_.write("\"");
}

void Writer::align(Alignment alignment) {
  switch (alignment) {
  case Alignment::natural: break;
  case Alignment::left: attribute("style", "text-align: left"); break;
  case Alignment::center: attribute("style", "text-align: center"); break;
  case Alignment::right: attribute("style", "text-align: right"); break;
  case Alignment::justify: attribute("style", "text-align: justify"); break;
  }
}

std::string Writer::new_id(const std::string& name) {
  std::string id = id_of(name);
  return ids_.insert(id).second ? id : std::string();
}

std::size_t Writer::leading_anchor(const Inlines& inlines) {
  if (inlines.empty()) return 0;
  const auto* anchor = std::get_if<Anchor>(&inlines.front().content);
  if (!anchor) return 0;
  if (const std::string id = new_id(anchor->name); !id.empty()) attribute("id", id);
  return 1;
}

void Writer::switch_tags(const std::vector<std::string>& tags) {
  std::size_t same = 0;
  while (same < tags.size() && same < open_.size() && tags[same] == open_[same]) ++same;
  while (open_.size() > same) {
    output_.write("</" + open_.back().substr(0, open_.back().find(' ')) + ">");
    open_.pop_back();
  }
  for (std::size_t i = same; i < tags.size(); ++i) {
    output_.write("<" + tags[i] + ">");
    open_.push_back(tags[i]);
  }
}

void Writer::inlines(const Inlines& inlines, std::size_t from) {
  for (std::size_t i = from; i < inlines.size(); ++i) run(inlines[i]);
  switch_tags({});
}

void Writer::run(const Inline& run) {
  if (const auto* anchor = std::get_if<Anchor>(&run.content)) {
    switch_tags({});
    const std::string id = new_id(anchor->name);
    if (!id.empty()) output_.write("<a id=\"" + escaped(id, true) + "\"></a>");
    return;
  }
  if (std::holds_alternative<LineBreak>(run.content)) {
    output_.write("<br>\n");
    return;
  }
  if (const auto* made = std::get_if<Note>(&run.content)) {
    switch_tags({});
    note(*made);
    return;
  }
  switch_tags(tags_of(run));
  if (const auto* words = std::get_if<std::string>(&run.content)) text(*words);
  if (const auto* picture = std::get_if<std::shared_ptr<const Image>>(&run.content)) image(**picture);
}

void Writer::note(const Note& note) {
  notes_.push_back(note);
  const std::string number = std::to_string(notes_.size());
  output_.write("<a href=\"#fn" + number + "\" class=\"footnote-ref");
  if (note.at_end) output_.write(" endnote-ref");
  output_.write("\" id=\"fnref" + number + "\" role=\"doc-noteref\"><sup>" + number + "</sup></a>");
}

void Writer::image(const Image& image) {
  if (image.bytes->empty()) {
    text(image.alt);
    return;
  }
  output_.write("<img src=\"data:");
  output_.write(escaped(image.media_type, true));
  output_.write(";base64,");
  const std::string_view bytes = *image.bytes;
  for (std::size_t at = 0; at < bytes.size(); at += base64_piece)
    output_.write(to_base64(bytes.substr(at, base64_piece)));
  output_.write("\"");
  if (image.width_pt > 0 || image.width_px > 0) attribute("width", pixels(image.width_pt, image.width_px));
  if (image.height_pt > 0 || image.height_px > 0) attribute("height", pixels(image.height_pt, image.height_px));
  attribute("alt", image.alt);
  if (!image.title.empty()) attribute("title", image.title);
  output_.write(">");
}

} // namespace doc::html
