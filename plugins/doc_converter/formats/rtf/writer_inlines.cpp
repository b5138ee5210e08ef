// Runs of text, links, pictures and notes.
#include "../../image/bitmap.hpp"
#include "../../model/walk.hpp"
#include "../../text/utf8.hpp"
#include "writer.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace doc::rtf {
namespace {

constexpr std::size_t hex_piece = 16 * 1024;

std::string hexadecimal(std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2 + bytes.size() / 64 + 1);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    out.push_back(digits[byte >> 4]);
    out.push_back(digits[byte & 15]);
    if (i % 64 == 63) out.push_back('\n');
  }
  return out;
}

void put_unit(std::string& out, std::uint32_t unit) {
  out += "\\u" + std::to_string(unit < 0x8000 ? static_cast<int>(unit) : static_cast<int>(unit) - 0x10000) + " ?";
}

// The picture's kind; empty where RTF has none for it.
std::string_view blip_of(std::string_view media_type) {
  if (media_type == "image/png") return "\\pngblip";
  if (media_type == "image/jpeg") return "\\jpegblip";
  if (media_type == "image/emf") return "\\emfblip";
  if (media_type == "image/wmf") return "\\wmetafile8";
  if (media_type == "image/bmp") return "\\dibitmap0";
  return {};
}

// A metafile's and a bitmap's file header are no part of the picture here.
std::string_view without_file_header(const Image& image) {
  const std::string_view bytes = *image.bytes;
  if (image.media_type == "image/bmp" && bytes.size() > 14) return bytes.substr(14);
  if (image.media_type == "image/wmf" && bytes.size() > 22 && bytes.substr(0, 4) == "\xd7\xcd\xc6\x9a")
    return bytes.substr(22);
  return bytes;
}

std::int64_t twips(double points, std::uint32_t pixels) {
  const double value = points > 0 && points < 1e5 ? points * 20 : pixels * 15.0;
  return std::clamp<std::int64_t>(std::llround(value), 0, 500'000);
}

std::string bookmark_name(std::string_view name) {
  std::string out(name);
  std::replace_if(
      out.begin(), out.end(), [](char letter) { return static_cast<unsigned char>(letter) <= ' '; }, '_');
  return out;
}

// Within the quotes of a field's instruction. Addresses are ASCII (RFC 3986): there are readers that lose a link with
// other characters in it.
std::string quoted_link(std::string_view link, bool is_address) {
  std::string out;
  for (const char letter : link) {
    const auto byte = static_cast<unsigned char>(letter);
    if (letter == '"' || (is_address && byte >= 0x80)) {
      char code[4];
      std::snprintf(code, sizeof code, "%%%02X", byte);
      out += code;
    } else if (letter == '\\') {
      out += "\\\\";
    } else {
      out.push_back(letter);
    }
  }
  return out;
}

} // namespace

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (std::size_t at = 0; at < text.size();) {
    const std::uint32_t code_point = next_code_point(text, at);
    if (code_point == '\\' || code_point == '{' || code_point == '}') {
      out.push_back('\\');
      out.push_back(static_cast<char>(code_point));
    } else if (code_point == '\t') {
      out += "\\tab ";
    } else if (code_point == 0xa0) {
      out += "\\~";
    } else if (code_point < 0x20) {
      continue;
    } else if (code_point < 0x7f) {
      out.push_back(static_cast<char>(code_point));
    } else if (code_point < 0x10000) {
      put_unit(out, code_point);
    } else {
      put_unit(out, 0xd800 + ((code_point - 0x10000) >> 10));
      put_unit(out, 0xdc00 + ((code_point - 0x10000) & 0x3ff));
    }
  }
  return out;
}

void Writer::inlines(const Inlines& inlines) {
  std::string link;
  for (const Inline& one : inlines) {
    const bool is_break = std::holds_alternative<LineBreak>(one.content);
    if (one.link != link && !is_break) {
      if (!link.empty()) output_.write("}}");
      link = one.link;
      if (!link.empty()) begin_link(link);
    }
    run(one);
  }
  if (!link.empty()) output_.write("}}");
}

void Writer::begin_link(const std::string& link) {
  output_.write("{\\field{\\*\\fldinst{HYPERLINK ");
  if (link[0] == '#')
    output_.write("\\\\l \"" + escaped(quoted_link(bookmark_name(std::string_view(link).substr(1)), false)));
  else
    output_.write("\"" + escaped(quoted_link(link, true)));
  output_.write("\" }}{\\fldrslt\\ul\\cf" + std::to_string(color(0x0563c1)) + " ");
}

void Writer::run(const Inline& run) {
  if (std::holds_alternative<LineBreak>(run.content)) output_.write("\\line ");
  if (const auto* mark = std::get_if<Anchor>(&run.content)) anchor(mark->name);
  if (const auto* made = std::get_if<Note>(&run.content)) note(*made);
  if (const auto* picture = std::get_if<std::shared_ptr<const Image>>(&run.content)) image(**picture);
  const auto* text = std::get_if<std::string>(&run.content);
  if (!text) return;
  const TextStyle& style = run.style;
  std::string words;
  if (style.bold) words += "\\b";
  if (style.italic) words += "\\i";
  if (style.underline) words += "\\ul";
  if (style.strikethrough) words += "\\strike";
  if (style.code) words += "\\f1";
  if (style.superscript) words += "\\super";
  if (style.subscript) words += "\\sub";
  if (style.color) words += "\\cf" + std::to_string(color(*style.color));
  if (style.background) {
    const std::string place = std::to_string(color(*style.background));
    words += "\\chcbpat" + place + "\\cb" + place;
  }
  if (words.empty())
    output_.write(escaped(*text));
  else
    output_.write("{" + words + " " + escaped(*text) + "}");
}

void Writer::anchor(const std::string& name) {
  const std::string text = escaped(bookmark_name(name));
  output_.write("{\\*\\bkmkstart " + text + "}{\\*\\bkmkend " + text + "}");
}

void Writer::note(const Note& note) {
  output_.write("{\\super\\chftn}{\\footnote");
  if (note.at_end) output_.write("\\ftnalt");
  const Place around = place_;
  place_ = {};
  bool is_first = true;
  for (const Block& block : *note.blocks) {
    // The mark stands before the first paragraph's text, where there is one.
    if (const auto* paragraph = std::get_if<Paragraph>(&block.content); paragraph && is_first) {
      begin_paragraph("\\s9\\f0\\fs20", paragraph->alignment);
      output_.write("{\\super\\chftn} ");
      inlines(paragraph->inlines);
    } else {
      write(block);
    }
    is_first = false;
  }
  output_.write("}");
  place_ = around;
}

// A picture of a format that RTF does not know, as PNG.
std::optional<Image> Writer::as_png(const Image& image) const {
  if (image.bytes->empty()) return std::nullopt;
  const auto bitmap = decode_bitmap(*image.bytes, context_.limits().image_pixels);
  std::string png = bitmap ? png_of(*bitmap) : std::string();
  if (png.empty()) return std::nullopt;
  Image made = image;
  made.media_type = "image/png";
  made.bytes = std::make_shared<const std::string>(std::move(png));
  made.width_px = bitmap->width;
  made.height_px = bitmap->height;
  return made;
}

void Writer::image(const Image& image) {
  if (image.media_type != "image/png" && image.media_type != "image/jpeg") {
    if (const auto png = as_png(image)) return picture(*png);
  }
  picture(image);
}

void Writer::picture(const Image& image) {
  const std::string_view blip = blip_of(image.media_type);
  if (image.bytes->empty() || blip.empty()) {
    output_.write(escaped(image.alt));
    return;
  }
  const std::string_view bytes = without_file_header(image);
  std::string out = "{\\pict";
  if (!image.alt.empty()) {
    out += "{\\*\\picprop\\shplid" + std::to_string(1025 + pictures_++) + "{\\sp{\\sn wzDescription}{\\sv " +
           escaped(image.alt) + "}}}";
  }
  const std::int64_t width = twips(image.width_pt, image.width_px), height = twips(image.height_pt, image.height_px);
  out += blip;
  if (image.width_px > 0) out += "\\picw" + std::to_string(image.width_px);
  if (image.height_px > 0) out += "\\pich" + std::to_string(image.height_px);
  if (width > 0) out += "\\picwgoal" + std::to_string(width);
  if (height > 0) out += "\\pichgoal" + std::to_string(height);
  output_.write(out + "\n");
  for (std::size_t at = 0; at < bytes.size(); at += hex_piece) output_.write(hexadecimal(bytes.substr(at, hex_piece)));
  output_.write("}");
}

} // namespace doc::rtf
