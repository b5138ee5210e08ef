#include "parser.hpp"

#include "../../model/error.hpp"
#include "../../text/encoding.hpp"
#include "../../text/utf8.hpp"

#include <algorithm>

namespace doc::rtf {
namespace {

constexpr std::size_t deepest_group = 10'000; // groups are small, and need no stack
constexpr std::size_t most_captured = 64 * 1024;

} // namespace

Parser::Parser(std::string_view bytes, BlockSink& sink, Context& context)
    : tokens_(bytes), size_(bytes.size()), sink_(sink), context_(context) {
  groups_.emplace_back();
  OpenStory body;
  body.story = std::make_unique<Story>(context_, [this](Block block) {
    begin_document();
    sink_.block(std::move(block));
  });
  stories_.push_back(std::move(body));
}

void Parser::begin_document() {
  if (has_begun_) return;
  has_begun_ = true;
  sink_.begin(metadata_);
}

void Parser::run() {
  for (Token next = tokens_.next(); next.kind != Token::Kind::end; next = tokens_.next()) {
    if (++tokens_seen_ % 65536 == 0)
      context_.progress(static_cast<double>(tokens_.position()) / static_cast<double>(std::max<std::size_t>(size_, 1)));
    token(next);
  }
  flush();
  while (groups_.size() > 1) close();
  end_paragraph(false);
  story().finish();
  begin_document();
  sink_.end();
}

void Parser::token(const Token& token) {
  using Kind = Token::Kind;
  if (token.kind == Kind::text) {
    bytes(token.text);
    return;
  }
  if (token.kind == Kind::byte) {
    byte(static_cast<char>(token.value));
    return;
  }
  if (token.kind != Kind::word || token.text != "u") flush();
  switch (token.kind) {
  case Kind::open: open(); break;
  case Kind::close: close(); break;
  case Kind::word: word(token); break;
  case Kind::symbol: symbol_control(token.text[0]); break;
  case Kind::binary:
    if (group().destination == Destination::picture) picture_.binary(token.text, context_);
    break;
  default: break;
  }
}

void Parser::open() {
  to_skip_ = 0;
  if (groups_.size() >= deepest_group) {
    throw ConversionError(ErrorCode::limit_exceeded,
                          "the document nests more than " + std::to_string(deepest_group) + " groups");
  }
  groups_.push_back(groups_.back());
  Group& inner = group();
  inner.owner = Word::unknown;
  inner.has_star = false;
  if (inner.is_ansi_half) {
    inner.is_ansi_half = false;
    inner.destination = Destination::skipped; // unless \ud says otherwise
  }
}

void Parser::close() {
  to_skip_ = 0;
  surrogate_ = 0;
  if (groups_.size() <= 1) return; // one brace too many
  Group ended = std::move(groups_.back());
  groups_.pop_back();
  if (ended.owner != Word::unknown) {
    groups_.push_back(std::move(ended)); // what ends it still sees its properties
    close_destination(groups_.back());
    groups_.pop_back();
  }
}

void Parser::close_destination(Group& ended) {
  switch (ended.owner) {
  case Word::footnote: finish_note(ended); break;
  case Word::shptxt: finish_text_box(); break;
  case Word::pict: finish_picture(); break;
  case Word::fldinst: finish_instruction(); break;
  case Word::field:
    if (!fields_.empty()) fields_.pop_back();
    break;
  case Word::shape:
    if (!shapes_.empty()) {
      Shape shape = std::move(shapes_.back());
      shapes_.pop_back();
      if (shape.picture) {
        if (shape.picture->alt.empty()) shape.picture->alt = std::move(shape.alt);
        add_inline({std::shared_ptr<const Image>(std::move(shape.picture)), {}, {}});
      } else if (!shapes_.empty() && shapes_.back().alt.empty()) {
        shapes_.back().alt = std::move(shape.alt); // a property's group
      } else if (shapes_.empty()) {
        picture_.alt = std::move(shape.alt); // of the picture whose properties these are
      }
    }
    break;
  case Word::title: metadata_.title = collapse_blanks(captured_); break;
  case Word::author: metadata_.author = collapse_blanks(captured_); break;
  case Word::subject: metadata_.subject = collapse_blanks(captured_); break;
  case Word::keywords: metadata_.keywords = collapse_blanks(captured_); break;
  case Word::bkmkstart:
    if (!captured_.empty() && captured_ != "_GoBack")
      stories_.back().story->add({Anchor{collapse_blanks(captured_)}, {}, {}});
    break;
  case Word::sn: shape_property_ = collapse_blanks(captured_); break;
  case Word::sv:
    if (shape_property_ == "wzDescription" && !shapes_.empty()) shapes_.back().alt = collapse_blanks(captured_);
    break;
  case Word::leveltext: finish_level_text(); break;
  case Word::pntext: shown_mark_ = captured_; break;
  case Word::stylesheet:
  case Word::fonttbl: deliver(";"); break; // what its own semicolon did not end
  default: break;
  }
  if (ended.owner != Word::fldinst && ended.destination != Destination::content) captured_.clear();
}

void Parser::bytes(std::string_view text) {
  const Destination destination = group().destination;
  if (destination == Destination::skipped) return;
  if (destination == Destination::picture) {
    picture_.digits(text, context_);
    return;
  }
  const std::size_t skipped = std::min<std::size_t>(static_cast<std::size_t>(to_skip_), text.size());
  to_skip_ -= static_cast<int>(skipped);
  raw_.append(text.substr(skipped));
}

void Parser::byte(char value) {
  if (group().destination == Destination::skipped || group().destination == Destination::picture) return;
  if (to_skip_ > 0) {
    --to_skip_;
    return;
  }
  raw_.push_back(value);
  raw_has_escapes_ = true;
}

void Parser::character(std::uint32_t code_point) {
  std::string text;
  append_utf8(text, code_point);
  deliver(text);
}

std::uint32_t Parser::code_page() const {
  const Destination destination = groups_.back().destination;
  const int current = destination == Destination::fonts ? font_ : groups_.back().characters.font;
  const auto font = definitions_.fonts.find(current >= 0 ? current : definitions_.default_font);
  const bool has_own = font != definitions_.fonts.end() && font->second.code_page != 0;
  return has_own ? font->second.code_page : document_code_page_;
}

// Decodes what was read so far of one code page.
void Parser::flush() {
  if (raw_.empty()) return;
  std::string text = std::move(raw_);
  raw_.clear();
  const bool is_escaped = std::exchange(raw_has_escapes_, false);
  const auto font = definitions_.fonts.find(group().characters.font);
  if (group().destination == Destination::content && font != definitions_.fonts.end() && font->second.is_symbol) {
    for (const char one : text) character(symbol(font->second.name, static_cast<unsigned char>(one)));
    return;
  }
  // Bytes without escapes that are UTF-8 are UTF-8, though RTF has no such thing.
  deliver(to_utf8(text, !is_escaped && is_utf8(text) ? code_page_utf8 : code_page()));
}

void Parser::deliver(std::string_view text) {
  surrogate_ = 0;
  const Group& current = group();
  switch (current.destination) {
  case Destination::content: {
    if (current.characters.is_hidden || current.characters.is_deleted) return;
    TextStyle style = current.characters.style;
    const auto font = definitions_.fonts.find(current.characters.font);
    const bool is_fixed = font != definitions_.fonts.end() && font->second.is_fixed_width &&
                          current.characters.font != definitions_.default_font;
    style.code = is_fixed || current.characters.is_code_style;
    const std::string& link = links_[current.characters.link];
    if (!link.empty()) {
      style.underline = false;
      style.color.reset();
    }
    story().text(clean_text(text), style, link);
    break;
  }
  case Destination::fonts: deliver_fonts(text); break;
  case Destination::styles: deliver_styles(text); break;
  case Destination::colors:
    for (const char letter : text) {
      if (letter != ';' || definitions_.colors.size() > 100'000) continue;
      definitions_.colors.push_back(has_color_ && color_ != 0 ? std::optional(color_) : std::nullopt);
      color_ = 0;
      has_color_ = false;
    }
    break;
  case Destination::information:
  case Destination::level_text:
  case Destination::instruction:
  case Destination::bookmark:
  case Destination::shown_mark:
  case Destination::shape_name:
  case Destination::shape_value:
    if (captured_.size() < most_captured) captured_ += clean_text(text);
    break;
  default: break;
  }
}

void Parser::deliver_fonts(std::string_view text) {
  for (const char letter : text) {
    if (letter != ';') {
      if (captured_.size() < 256) captured_.push_back(letter);
      continue;
    }
    if (font_ < 0 || captured_.empty()) continue;
    Font& font = definitions_.fonts[font_];
    font.name = collapse_blanks(captured_);
    classify(font);
    captured_.clear();
  }
}

void Parser::deliver_styles(std::string_view text) {
  for (const char letter : text) {
    if (letter != ';') {
      if (captured_.size() < 1024) captured_.push_back(letter);
      continue;
    }
    if (!captured_.empty()) {
      made_style_.name = collapse_blanks(captured_);
      classify(made_style_);
      if (style_outline_ >= 0 && style_outline_ < 9 && made_style_.kind == StyleKind::other) {
        made_style_.kind = StyleKind::heading;
        made_style_.level = std::min(style_outline_ + 1, 6);
      }
      (is_character_style_ ? definitions_.character_styles : definitions_.styles)[style_] = made_style_;
    }
    captured_.clear();
    made_style_ = {};
    style_outline_ = -1;
    style_ = 0;
    is_character_style_ = false;
  }
}

void Parser::symbol_control(char symbol) {
  if (symbol == '*') {
    group().has_star = true;
    return;
  }
  if (group().destination == Destination::skipped) return;
  if (to_skip_ > 0) {
    --to_skip_;
    return;
  }
  switch (symbol) {
  case '\\':
  case '{':
  case '}': raw_.push_back(symbol); break;
  case '~': character(0xa0); break;
  case '_': character(0x2011); break;
  case '\t': character('\t'); break;
  case '\r':
  case '\n':
    if (group().destination == Destination::content) end_paragraph(false);
    break;
  default: break; // optional hyphens among them
  }
}

} // namespace doc::rtf
