#include "raw_html.hpp"

#include "../../image/probe.hpp"
#include "../../text/base64.hpp"
#include "../../text/utf8.hpp"
#include "source.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <md4c-html.h>
#include <unordered_map>

namespace doc::markdown {
namespace {

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)); }
bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return out;
}

template <std::size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

constexpr std::array<std::string_view, 27> block_tags{
    "p",       "div",      "section",    "article", "header", "footer", "main",  "center",  "details",
    "summary", "figure",   "figcaption", "address", "dl",     "dt",     "dd",    "nav",     "aside",
    "form",    "fieldset", "body",       "html",    "thead",  "tbody",  "tfoot", "caption", "legend"};

constexpr std::array<std::string_view, 6> verbatim_tags{"pre", "script", "style", "title", "textarea", "template"};

void append_html(const MD_CHAR* text, MD_SIZE size, void* out) { static_cast<std::string*>(out)->append(text, size); }

// md4c has the table of HTML's names: what it makes of one, without the paragraph around it.
std::string named_entity(std::string_view entity) {
  static thread_local std::unordered_map<std::string, std::string> known;
  const auto [place, is_new] = known.try_emplace(std::string(entity));
  if (!is_new) return place->second;
  std::string html;
  md_html(entity.data(), static_cast<MD_SIZE>(entity.size()), append_html, &html, 0, 0);
  std::string text(entity);
  if (html.size() >= 8 && html.compare(0, 3, "<p>") == 0) text = html.substr(3, html.find("</p>") - 3);
  if (text == "&amp;") text = "&";
  if (text == "&lt;") text = "<";
  if (text == "&gt;") text = ">";
  if (text == "&quot;") text = "\"";
  if (text.compare(0, 5, "&amp;") == 0) text = entity; // not a name of HTML's
  if (known.size() > 4000) known.clear();
  return known[std::string(entity)] = text;
}

std::uint32_t number(std::string_view digits, std::uint32_t base) {
  std::uint32_t value = 0;
  for (const char c : digits) {
    const int digit = std::isdigit(static_cast<unsigned char>(c))    ? c - '0'
                      : std::isxdigit(static_cast<unsigned char>(c)) ? (c | 0x20) - 'a' + 10
                                                                     : 99;
    if (digit >= static_cast<int>(base)) break;
    value = std::min<std::uint32_t>(value * base + static_cast<std::uint32_t>(digit), 0x110000);
  }
  return value;
}

} // namespace

std::string entity_text(std::string_view entity) {
  if (entity.size() > 3 && entity[1] == '#') {
    const bool is_hex = entity[2] == 'x' || entity[2] == 'X';
    const std::uint32_t code_point = number(entity.substr(is_hex ? 3 : 2), is_hex ? 16 : 10);
    std::string out;
    append_utf8(out, code_point == 0 ? 0xfffd : code_point);
    return out;
  }
  return named_entity(entity);
}

std::string with_entities(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t begin = text.find('&');
    out += text.substr(0, begin);
    if (begin == std::string_view::npos) break;
    text.remove_prefix(begin);
    const std::size_t end = text.substr(0, 50).find_first_of("; &<", 1);
    if (end != std::string_view::npos && text[end] == ';') {
      out += entity_text(text.substr(0, end + 1));
      text.remove_prefix(end + 1);
    } else {
      out += '&';
      text.remove_prefix(1);
    }
  }
  return out;
}

std::shared_ptr<const Image> picture(const std::string& source, std::string alt, std::string title) {
  auto image = std::make_shared<Image>();
  image->alt = collapse_blanks(clean_text(alt));
  image->title = collapse_blanks(clean_text(title));
  std::string bytes;
  if (auto data = parse_data_uri(source)) bytes = std::move(data->bytes);
  if (const auto info = probe_image(bytes)) {
    image->media_type = info->media_type;
    image->width_px = info->width_px;
    image->height_px = info->height_px;
    if (info->dots_per_inch > 0) {
      image->width_pt = info->width_px * 72 / info->dots_per_inch;
      image->height_pt = info->height_px * 72 / info->dots_per_inch;
    }
  } else {
    bytes.clear();
  }
  image->bytes = std::make_shared<const std::string>(std::move(bytes));
  return image;
}

std::string link_target(std::string url) {
  url = clean_text(url);
  const std::string scheme = lower(std::string_view(url).substr(0, std::min(url.find(':'), url.size())));
  if (scheme == "javascript" || scheme == "vbscript" || scheme == "data") return {};
  return !url.empty() && url[0] == '#' ? percent_decoded(url) : url;
}

RawHtml::Tag RawHtml::next_tag(std::string_view html, std::size_t& position) {
  Tag tag;
  std::size_t at = position + 1;
  if (html.substr(at, 3) == "!--") {
    const std::size_t end = html.find("-->", at + 1);
    position = end == std::string_view::npos ? html.size() : end + 3;
    return tag;
  }
  if (at < html.size() && (html[at] == '!' || html[at] == '?')) {
    const std::size_t end = html.find('>', at);
    position = end == std::string_view::npos ? html.size() : end + 1;
    return tag;
  }
  tag.is_end = at < html.size() && html[at] == '/';
  at += tag.is_end;
  const std::size_t name = at;
  while (at < html.size() && (std::isalnum(static_cast<unsigned char>(html[at])) || html[at] == '-')) ++at;
  if (at == name || !is_letter(html[name])) return tag; // position unmoved: a "<" that is text
  tag.name = lower(html.substr(name, at - name));
  const std::size_t attributes = at;
  for (char quote = 0; at < html.size(); ++at) {
    if (quote != 0 ? html[at] == quote : html[at] == '>') {
      if (quote == 0) break;
      quote = 0;
    } else if (quote == 0 && (html[at] == '"' || html[at] == '\'') && html[at - 1] == '=') {
      quote = html[at];
    }
  }
  tag.attributes = html.substr(attributes, at - attributes);
  position = std::min(at + 1, html.size());
  return tag;
}

std::string RawHtml::attribute(const Tag& tag, std::string_view name) {
  std::string_view rest = tag.attributes;
  const auto skip_spaces = [&rest] {
    while (!rest.empty() && (is_space(rest[0]) || rest[0] == '/')) rest.remove_prefix(1);
  };
  for (skip_spaces(); !rest.empty(); skip_spaces()) {
    const std::size_t end = std::min(rest.find_first_of("= \t\r\n/"), rest.size());
    const std::string found = lower(rest.substr(0, end));
    rest.remove_prefix(std::max<std::size_t>(end, rest[0] == '=' ? 1 : end));
    while (!rest.empty() && is_space(rest[0])) rest.remove_prefix(1);
    if (rest.empty() || rest[0] != '=') continue;
    rest.remove_prefix(1);
    while (!rest.empty() && is_space(rest[0])) rest.remove_prefix(1);
    const char quote = !rest.empty() && (rest[0] == '"' || rest[0] == '\'') ? rest[0] : '\0';
    if (quote != 0) rest.remove_prefix(1);
    const std::size_t stop = std::min(quote != 0 ? rest.find(quote) : rest.find_first_of(" \t\r\n"), rest.size());
    if (found == name) return with_entities(rest.substr(0, stop));
    rest.remove_prefix(std::min(stop + (quote != 0), rest.size()));
  }
  return {};
}

void RawHtml::inline_tag(std::string_view html) {
  std::size_t position = 0;
  const Tag tag = next_tag(html, position);
  if (!tag.name.empty()) handle(tag);
}

void RawHtml::block(std::string_view html) {
  for (std::size_t position = 0; position < html.size();) {
    const std::size_t begin = html.find('<', position);
    block_text(html.substr(position, begin == std::string_view::npos ? begin : begin - position));
    if (begin == std::string_view::npos) break;
    position = begin;
    const Tag tag = next_tag(html, position);
    if (position == begin) {
      block_text("<");
      ++position;
    } else if (!tag.is_end && is_one_of(tag.name, verbatim_tags)) {
      position = skip_verbatim(tag, html, position);
    } else if (!tag.name.empty()) {
      handle(tag);
    }
  }
}

// Returns where the end tag ends. Only <pre> has text that is shown.
std::size_t RawHtml::skip_verbatim(const Tag& tag, std::string_view html, std::size_t position) {
  std::size_t end = position;
  do {
    end = html.find("</", end == position ? position : end + 2);
  } while (end != std::string_view::npos && lower(html.substr(end + 2, tag.name.size())) != tag.name);
  const std::string_view inside = html.substr(position, end == std::string_view::npos ? end : end - position);
  const std::size_t after = end == std::string_view::npos ? end : html.find('>', end);
  if (tag.name == "pre") {
    builder_.end_paragraph();
    CodeBlock code;
    for (std::size_t at = 0; at < inside.size();) {
      const std::size_t next = std::min(inside.find('<', at), inside.size());
      const std::string text = with_entities(inside.substr(at, next - at));
      for (std::size_t line = 0; line <= text.size();) {
        const std::size_t stop = std::min(text.find('\n', line), text.size());
        code.text += clean_text(std::string_view(text).substr(line, stop - line));
        if (stop < text.size()) code.text += '\n';
        line = stop + 1;
      }
      at = next;
      if (next < inside.size()) next_tag(inside, at);
      if (at == next && next < inside.size()) code.text += inside[at++];
    }
    if (!code.text.empty() && code.text.front() == '\n') code.text.erase(0, 1);
    while (!code.text.empty() && code.text.back() == '\n') code.text.pop_back();
    if (!code.text.empty()) builder_.add(Block{std::move(code)});
  }
  return after == std::string_view::npos ? html.size() : after + 1;
}

void RawHtml::block_text(std::string_view text) {
  if (text.empty()) return;
  std::string words = with_entities(text);
  const bool has_blank = is_space(words.front());
  const bool ends_blank = is_space(words.back());
  words = collapse_blanks(words);
  if (has_blank && !builder_.ends_with_blank()) builder_.text(" ");
  if (words.empty()) return;
  if (ends_blank) words += ' ';
  builder_.text(words);
}

void RawHtml::handle(const Tag& tag) {
  if (tag.name == "br") return tag.is_end ? void() : builder_.line_break();
  if (tag.name == "img")
    return builder_.add(Inline{picture(attribute(tag, "src"), attribute(tag, "alt"), attribute(tag, "title")), {}, {}});
  if (handle_style(tag) || handle_container(tag)) return;
  handle_block(tag);
}

bool RawHtml::handle_style(const Tag& tag) {
  using Set = void (*)(TextStyle&);
  static const std::unordered_map<std::string_view, Set> styles{
      {"b", [](TextStyle& s) { s.bold = true; }},
      {"strong", [](TextStyle& s) { s.bold = true; }},
      {"i", [](TextStyle& s) { s.italic = true; }},
      {"em", [](TextStyle& s) { s.italic = true; }},
      {"cite", [](TextStyle& s) { s.italic = true; }},
      {"var", [](TextStyle& s) { s.italic = true; }},
      {"u", [](TextStyle& s) { s.underline = true; }},
      {"ins", [](TextStyle& s) { s.underline = true; }},
      {"s", [](TextStyle& s) { s.strikethrough = true; }},
      {"del", [](TextStyle& s) { s.strikethrough = true; }},
      {"strike", [](TextStyle& s) { s.strikethrough = true; }},
      {"code", [](TextStyle& s) { s.code = true; }},
      {"tt", [](TextStyle& s) { s.code = true; }},
      {"kbd", [](TextStyle& s) { s.code = true; }},
      {"samp", [](TextStyle& s) { s.code = true; }},
      {"sub", [](TextStyle& s) { s.subscript = true; }},
      {"sup", [](TextStyle& s) { s.superscript = true; }},
      {"mark", [](TextStyle& s) { s.background = 0xffff00; }},
      {"span", [](TextStyle&) {}},
      {"a", [](TextStyle&) {}}};
  const auto found = styles.find(tag.name);
  if (found == styles.end()) return false;
  if (tag.is_end) {
    builder_.end_span(tag.name, true);
    return true;
  }
  anchor(tag);
  builder_.begin_span(tag.name, true);
  found->second(builder_.style());
  if (tag.name == "a") {
    std::string link = link_target(attribute(tag, "href"));
    if (!link.empty()) builder_.set_link(std::move(link));
  }
  return true;
}

void RawHtml::anchor(const Tag& tag) {
  std::string name = attribute(tag, "id");
  if (name.empty() && tag.name == "a") name = attribute(tag, "name");
  if (!name.empty() && builder_.has_target(name)) builder_.add(Inline{Anchor{clean_text(name)}, {}, {}});
}

bool RawHtml::handle_block(const Tag& tag) {
  if (tag.name == "hr") {
    builder_.end_paragraph();
    builder_.add(Block{Rule{}});
  } else if (tag.name.size() == 2 && tag.name[0] == 'h' && tag.name[1] >= '1' && tag.name[1] <= '6') {
    tag.is_end ? builder_.end_paragraph() : builder_.begin_heading(tag.name[1] - '0', true);
    if (!tag.is_end) anchor(tag);
  } else if (is_one_of(tag.name, block_tags)) {
    builder_.end_paragraph();
    const std::string style = tag.is_end ? std::string() : attribute(tag, "style");
    if (style.find("page-break-after: always") != std::string::npos ||
        style.find("break-after: page") != std::string::npos)
      builder_.add(Block{PageBreak{}});
    else if (!tag.is_end)
      anchor(tag);
  } else {
    return false;
  }
  return true;
}

bool RawHtml::handle_container(const Tag& tag) {
  if (tag.name == "blockquote") {
    tag.is_end ? leave(Container::quote) : builder_.open(Container::quote, true);
  } else if (tag.name == "ul" || tag.name == "ol") {
    tag.is_end ? leave(Container::list) : open_list(tag);
  } else if (tag.name == "li") {
    // The end of an item is implied by the next one, in the same list.
    if (builder_.html_frame(Container::item) > builder_.html_frame(Container::list)) leave(Container::item);
    if (!tag.is_end) builder_.open(Container::item, true);
  } else if (tag.name == "table") {
    tag.is_end ? leave(Container::table) : builder_.open(Container::table, true);
  } else if (tag.name == "tr") {
    if (builder_.html_frame(Container::row) > builder_.html_frame(Container::table)) leave(Container::row);
    if (!tag.is_end) builder_.open(Container::row, true);
  } else if (tag.name == "td" || tag.name == "th") {
    if (builder_.html_frame(Container::cell) > builder_.html_frame(Container::table)) leave(Container::cell);
    if (!tag.is_end) open_cell(tag);
  } else {
    return false;
  }
  return true;
}

void RawHtml::leave(Container container) {
  if (const std::size_t frame = builder_.html_frame(container)) builder_.close_to(frame);
}

void RawHtml::open_list(const Tag& tag) {
  builder_.open(Container::list, true);
  if (tag.name != "ol" || builder_.top().container != Container::list) return;
  const std::string type = attribute(tag, "type");
  const std::string start = attribute(tag, "start");
  List& list = builder_.top().list;
  list.numbering = type == "a"   ? Numbering::lower_alpha
                   : type == "A" ? Numbering::upper_alpha
                   : type == "i" ? Numbering::lower_roman
                   : type == "I" ? Numbering::upper_roman
                                 : Numbering::decimal;
  if (!start.empty()) list.start = static_cast<std::int32_t>(number(start, 10));
}

void RawHtml::open_cell(const Tag& tag) {
  builder_.open(Container::cell, true);
  if (builder_.top().container != Container::cell) return;
  const auto span = [&](const char* name) {
    return std::clamp<std::uint32_t>(number(attribute(tag, name), 10), 1, 1000);
  };
  Cell& cell = builder_.top().cell;
  cell.columns = span("colspan");
  cell.rows = span("rowspan");
  const std::string align = lower(attribute(tag, "align"));
  if (align == "center") cell.alignment = Alignment::center;
  if (align == "right") cell.alignment = Alignment::right;
  if (align == "left") cell.alignment = Alignment::left;
  Frame& row = builder_.frame(builder_.depth() - 2);
  row.row.header = tag.name == "th" && (row.row.cells.empty() || row.row.header);
}

} // namespace doc::markdown
