#include "inline_writer.hpp"

#include "../../model/walk.hpp"
#include "../../text/base64.hpp"
#include "../../text/utf8.hpp"
#include "escape.hpp"

#include <algorithm>
#include <vector>

namespace doc::markdown {
namespace {

// In the order in which they nest where they begin together, the outermost first.
enum class Mark { link, strikethrough, bold, italic, underline, superscript, subscript };

struct MarkNames {
  const char* markdown; // null: only HTML has it
  const char* tag;
};
MarkNames names_of(Mark mark) {
  switch (mark) {
  case Mark::link: return {nullptr, "a"};
  case Mark::strikethrough: return {"~~", "del"};
  case Mark::bold: return {"**", "strong"};
  case Mark::italic: return {"*", "em"};
  case Mark::underline: return {nullptr, "u"};
  case Mark::superscript: return {nullptr, "sup"};
  case Mark::subscript: return {nullptr, "sub"};
  }
  return {};
}

struct Token {
  enum Type { text, raw, line_break, open, close } type = text;
  std::string content; // as it is written, but of text, which is not escaped; of a link where it leads
  Mark mark = Mark::link;
  std::size_t partner = 0; // of open and close: the other one
  bool is_html = false;
};
using Tokens = std::vector<Token>;

bool is_break(const Inline& run) { return std::holds_alternative<LineBreak>(run.content); }
bool is_white(const Inline& run) {
  const auto* text = std::get_if<std::string>(&run.content);
  return is_break(run) || (text && !run.style.code && text->find_first_not_of(" \t") == std::string::npos);
}

// Styles that Markdown has no words for go, and the rest of a run keeps together.
TextStyle known_style(TextStyle style, bool is_link) {
  style.color.reset();
  style.background.reset();
  if (is_link) style.underline = false;
  return style;
}

TextStyle common(const TextStyle& a, const TextStyle& b) {
  TextStyle style;
  style.bold = a.bold && b.bold;
  style.italic = a.italic && b.italic;
  style.underline = a.underline && b.underline;
  style.strikethrough = a.strikethrough && b.strikethrough;
  style.superscript = a.superscript && b.superscript;
  style.subscript = a.subscript && b.subscript;
  return style;
}

void split_blanks(Inlines& out, Inline run) {
  auto* text = std::get_if<std::string>(&run.content);
  if (!text || run.style.code) {
    out.push_back(std::move(run));
    return;
  }
  const auto part = [&run](std::string content) {
    Inline piece = run;
    piece.content = std::move(content);
    return piece;
  };
  const std::size_t first = text->find_first_not_of(" \t");
  if (first == std::string::npos) return out.push_back(std::move(run));
  const std::size_t last = text->find_last_not_of(" \t") + 1;
  if (first > 0) out.push_back(part(text->substr(0, first)));
  out.push_back(part(text->substr(first, last - first)));
  if (last < text->size()) out.push_back(part(text->substr(last)));
}

// Blanks and line breaks take the style that what is before and behind them share, so that no mark stands beside a
// blank inside of it; anchors and notes the style before them, so that they end nothing.
Inlines prepared(const Inlines& inlines) {
  Inlines known;
  for (const Inline& run : inlines) {
    Inline copy = run;
    copy.style = known_style(copy.style, !copy.link.empty());
    known.push_back(std::move(copy));
  }
  merge_runs(known);
  trim(known);
  Inlines runs;
  for (Inline& run : known) split_blanks(runs, std::move(run));
  const auto is_solid = [](const Inline& run) {
    return !is_white(run) && !std::holds_alternative<Anchor>(run.content);
  };
  std::vector<const Inline*> next(runs.size(), nullptr);
  const Inline* after = nullptr;
  for (std::size_t i = runs.size(); i-- > 0;) {
    next[i] = after;
    if (is_solid(runs[i])) after = &runs[i];
  }
  const Inline* before = nullptr;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (is_solid(runs[i])) {
      before = &runs[i];
      continue;
    }
    runs[i].style = before && next[i] ? common(before->style, next[i]->style) : TextStyle{};
    runs[i].link = before && next[i] && before->link == next[i]->link ? before->link : std::string();
  }
  merge_runs(runs);
  return runs;
}

std::string image_text(const Image& image, bool in_table) {
  std::string alt;
  append_escaped(alt, image.alt, {false, false, in_table, true, false});
  const std::string url = image.bytes->empty() ? std::string() : data_uri(image.media_type, *image.bytes);
  if (url.empty()) return alt.empty() ? std::string() : "![" + alt + "]()";
  return "![" + alt + "](" + url + ")";
}

class Tokenizer {
public:
  Tokenizer(Place place, const InlineHooks& hooks) : place_(place), hooks_(hooks) {}

  Tokens tokens_of(const Inlines& runs) {
    for (const Inline& run : runs) add(run);
    close_to(0);
    return std::move(tokens_);
  }

private:
  void add(const Inline& run) {
    if (const auto* image = std::get_if<std::shared_ptr<const Image>>(&run.content)) {
      move_to({}, run.link);
      return add_token(Token::raw, image_text(**image, place_ == Place::table_cell));
    }
    if (const auto* note = std::get_if<Note>(&run.content)) {
      move_to({}, {});
      return add_token(Token::raw, hooks_.note(*note));
    }
    move_to(run.style, run.link);
    if (const auto* text = std::get_if<std::string>(&run.content)) {
      if (run.style.code) return add_token(Token::raw, code_span(*text, place_ == Place::table_cell));
      return add_token(Token::text, *text);
    }
    if (is_break(run)) return add_token(Token::line_break, place_ == Place::paragraph ? "\\\n" : "<br> ");
    if (const auto* anchor = std::get_if<Anchor>(&run.content)) add_token(Token::raw, hooks_.anchor(anchor->name));
  }

  void add_token(Token::Type type, std::string content) {
    if (type == Token::raw && content.empty()) return;
    tokens_.emplace_back();
    tokens_.back().type = type;
    tokens_.back().content = std::move(content);
  }

  // Closes and opens marks until those of `style` and `link` are open.
  void move_to(const TextStyle& style, const std::string& link) {
    const auto wants = [&](Mark mark) {
      switch (mark) {
      case Mark::link: return !link.empty();
      case Mark::strikethrough: return style.strikethrough;
      case Mark::bold: return style.bold;
      case Mark::italic: return style.italic;
      case Mark::underline: return style.underline;
      case Mark::superscript: return style.superscript;
      case Mark::subscript: return style.subscript;
      }
      return false;
    };
    std::size_t kept = 0;
    while (kept < open_.size()) {
      const Token& token = tokens_[open_[kept]];
      if (!wants(token.mark) || (token.mark == Mark::link && token.content != link)) break;
      ++kept;
    }
    close_to(kept);
    for (const Mark mark : {Mark::link, Mark::strikethrough, Mark::bold, Mark::italic, Mark::underline,
                            Mark::superscript, Mark::subscript}) {
      const bool is_open =
          std::any_of(open_.begin(), open_.end(), [&](std::size_t i) { return tokens_[i].mark == mark; });
      if (wants(mark) && !is_open) open(mark, link);
    }
  }

  void open(Mark mark, const std::string& link) {
    add_token(Token::open, mark == Mark::link ? link : std::string());
    tokens_.back().mark = mark;
    tokens_.back().is_html = mark != Mark::link && !names_of(mark).markdown;
    open_.push_back(tokens_.size() - 1);
  }

  void close_to(std::size_t count) {
    while (open_.size() > count) {
      const std::size_t opener = open_.back();
      open_.pop_back();
      Token token = tokens_[opener];
      token.type = Token::close;
      token.partner = opener;
      tokens_[opener].partner = tokens_.size();
      tokens_.push_back(std::move(token));
    }
  }

  Place place_;
  const InlineHooks& hooks_;
  Tokens tokens_;
  std::vector<std::size_t> open_;
};

bool is_star(const Token& token) {
  const bool is_mark = token.type == Token::open || token.type == Token::close;
  return is_mark && !token.is_html && (token.mark == Mark::bold || token.mark == Mark::italic);
}

// Behind a link md4c takes what follows for a part of its address: no mark of emphasis is safe there.
constexpr std::uint32_t behind_link = 0x2022;

std::uint32_t edge(const Token& token, bool last) {
  if (token.type == Token::close && token.mark == Mark::link && last) return behind_link;
  switch (token.type) {
  case Token::line_break: return token.content[0] == '<' && !last ? '<' : ' ';
  case Token::open: return token.is_html ? (last ? '>' : '<') : token.mark == Mark::link ? '[' : '~';
  case Token::close: return token.is_html ? (last ? '>' : '<') : token.mark == Mark::link ? ']' : '~';
  default: break;
  }
  std::size_t at = last ? token.content.size() : 0;
  while (last && at > 0 && (static_cast<unsigned char>(token.content[--at]) & 0xc0) == 0x80) {
  }
  return token.content.empty() ? ' ' : next_code_point(token.content, at);
}

std::uint32_t before(const Tokens& tokens, std::size_t i) {
  while (i > 0 && is_star(tokens[i - 1])) --i;
  return i == 0 ? ' ' : edge(tokens[i - 1], true);
}

std::uint32_t after(const Tokens& tokens, std::size_t i) {
  while (i + 1 < tokens.size() && is_star(tokens[i + 1])) ++i;
  return i + 1 == tokens.size() ? ' ' : edge(tokens[i + 1], false);
}

// Are there other marks of stars inside of the span that begins at `open`, or around it?
bool is_lonely(const Tokens& tokens, std::size_t open) {
  for (std::size_t i = open + 1; i < tokens[open].partner; ++i) {
    if (is_star(tokens[i])) return false;
  }
  int depth = 0;
  for (std::size_t i = open; i-- > 0;) {
    if (!is_star(tokens[i])) continue;
    depth += tokens[i].type == Token::open ? 1 : -1;
    if (depth > 0) return false;
  }
  return true;
}

// Would the mark at `i` be read as what it is meant to be, and as nothing else? Between a blank, or a punctuation, and
// a letter it can only begin or only end. Between letters it could do both: only where there is no other to mistake it
// for.
bool is_read(const Tokens& tokens, std::size_t i) {
  const bool is_open = tokens[i].type == Token::open;
  const std::uint32_t out = is_open ? before(tokens, i) : after(tokens, i);
  const std::uint32_t in = is_open ? after(tokens, i) : before(tokens, i);
  if (is_blank(in)) return false;
  // An end and a beginning side by side would be one run of marks.
  const std::size_t beside = is_open ? i - 1 : i + 1;
  const auto clash = is_open ? Token::close : Token::open;
  if (beside < tokens.size() && tokens[beside].type == clash && !tokens[beside].is_html &&
      tokens[beside].mark != Mark::link)
    return false;
  if (is_blank(out)) return true;
  if (!inside(in)) return false;
  if (outside(out)) return true;
  // Readers differ in what they strike out inside a word.
  if (tokens[i].mark == Mark::strikethrough || !inside(out)) return false;
  return is_lonely(tokens, is_open ? i : tokens[i].partner);
}

void choose_tags(Tokens& tokens) {
  for (int pass = 0;; ++pass) {
    bool changed = false;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      const bool is_mark = tokens[i].type == Token::open || tokens[i].type == Token::close;
      if (!is_mark || tokens[i].is_html || tokens[i].mark == Mark::link) continue;
      if (pass < 4 && is_read(tokens, i)) continue;
      tokens[i].is_html = tokens[tokens[i].partner].is_html = changed = true;
    }
    if (!changed) return;
  }
}

bool is_autolink(const Tokens& tokens, std::size_t i) {
  const std::string& url = tokens[i].content;
  if (i + 2 >= tokens.size() || tokens[i + 1].type != Token::text || tokens[i].partner != i + 2) return false;
  const bool has_scheme = url.compare(0, 7, "http://") == 0 || url.compare(0, 8, "https://") == 0;
  return has_scheme && tokens[i + 1].content == url && url.find_first_of(" <>\t\\&|") == std::string::npos;
}

std::string_view without_indent(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(" \t"), text.size()));
}

std::string joined(const Tokens& tokens, Place place) {
  std::string out;
  bool begins_line = place == Place::paragraph;
  bool in_link = false;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const Token& token = tokens[i];
    const bool ends_line = i + 1 == tokens.size() || tokens[i + 1].type == Token::line_break;
    switch (token.type) {
    case Token::raw: out += token.content; break;
    case Token::line_break:
      out.erase(out.find_last_not_of(' ') + 1);
      out += token.content;
      break;
    case Token::text:
      append_escaped(out, begins_line ? without_indent(token.content) : token.content,
                     {begins_line, ends_line, place == Place::table_cell, in_link, place == Place::heading});
      if (place == Place::heading && ends_line && out.back() == '#') out.insert(out.size() - 1, 1, '\\');
      break;
    case Token::open:
    case Token::close: {
      const bool is_open = token.type == Token::open;
      if (token.mark == Mark::link && is_open && is_autolink(tokens, i)) {
        out.append("<").append(token.content).append(">");
        i += 2;
      } else if (token.mark == Mark::link) {
        in_link = is_open;
        if (is_open) {
          out += "[";
        } else {
          out.append("](").append(destination(token.content, place == Place::table_cell)).append(")");
        }
      } else if (token.is_html) {
        out.append(is_open ? "<" : "</").append(names_of(token.mark).tag).append(">");
      } else {
        out += names_of(token.mark).markdown;
      }
      break;
    }
    }
    // An anchor may turn out to be not wanted: the text behind it begins the line.
    const bool is_anchor = token.type == Token::raw && token.content[0] < ' ';
    if (!is_anchor) begins_line = token.type == Token::line_break && place == Place::paragraph;
  }
  return out;
}

} // namespace

std::string inline_text(const Inlines& inlines, Place place, const InlineHooks& hooks) {
  Tokens tokens = Tokenizer(place, hooks).tokens_of(prepared(inlines));
  choose_tags(tokens);
  return joined(tokens, place);
}

} // namespace doc::markdown
