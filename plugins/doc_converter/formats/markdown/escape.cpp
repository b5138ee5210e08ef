#include "escape.hpp"

#include "../../text/utf8.hpp"

#include <algorithm>
#include <cctype>

namespace doc::markdown {
namespace {

bool is_alnum(char c) { return std::isalnum(static_cast<unsigned char>(c)) || static_cast<unsigned char>(c) >= 0x80; }
bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)); }
bool is_punctuation(char c) { return std::ispunct(static_cast<unsigned char>(c)); }

// Is at `at` the second slash of "https://"?
bool ends_scheme(std::string_view text, std::size_t at) {
  if (text[at] != '/') return false;
  for (const std::string_view scheme : {"http://", "https://", "ftp://"}) {
    if (at + 1 >= scheme.size() && text.substr(at + 1 - scheme.size(), scheme.size()) == scheme) return true;
  }
  return false;
}

// The length of a URL or e-mail address that readers make a link of by themselves. Backslashes would become part of it.
std::size_t address_length(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at);
  const auto begins = [rest](std::string_view with) { return rest.substr(0, with.size()) == with; };
  if (!begins("http://") && !begins("https://") && !begins("ftp://") && !begins("www.")) return 0;
  if (at > 0 && is_alnum(text[at - 1])) return 0;
  std::size_t length = 0;
  while (length < rest.size() &&
         (is_alnum(rest[length]) || std::string_view("/:.?&=#%+_-,;@!$'").find(rest[length]) != std::string_view::npos))
    ++length;
  while (length > 0 && !is_alnum(rest[length - 1]) && rest[length - 1] != '/') --length;
  return length > 0 && ends_scheme(rest, length - 1) ? 0 : length;
}

bool is_entity(std::string_view rest) {
  const std::size_t end = rest.substr(0, 52).find(';');
  if (end == std::string_view::npos || end < 2) return false;
  const std::string_view inner = rest.substr(1, end - 1);
  return std::all_of(inner.begin(), inner.end(), [](char c) { return is_alnum(c) || c == '#'; });
}

// ":name:", which some readers make a picture of.
bool is_emoji(std::string_view rest) {
  std::size_t end = 1;
  while (end < rest.size() && end < 40 &&
         (std::islower(static_cast<unsigned char>(rest[end])) || is_digit(rest[end]) || rest[end] == '_' ||
          rest[end] == '+' || rest[end] == '-'))
    ++end;
  return end > 1 && end < rest.size() && rest[end] == ':' && !is_digit(rest[1]);
}

// "{#name}", "{.class}", "{-}" or "{key=value}", which behind a heading's words would be taken off them.
bool is_attributes(std::string_view rest) {
  if (rest.size() < 2) return false;
  return rest[1] == '#' || rest[1] == '.' || rest[1] == '-' || rest.find('=') != std::string_view::npos;
}

bool needs_backslash(std::string_view text, std::size_t at, const TextPlace& place) {
  const char next = at + 1 < text.size() ? text[at + 1] : '\0';
  const char before = at > 0 ? text[at - 1] : '\0';
  const bool is_last = at + 1 == text.size();
  switch (text[at]) {
  case '\\': return is_last || is_punctuation(next);
  case '*':
  case '`':
  case '[':
  case '~': return true;
  case ']': return place.in_link;
  case '_': return !(is_alnum(before) && is_alnum(next));
  case '<': return next != ' ' && next != '=';
  case '&': return is_last || is_entity(text.substr(at));
  case '!': return is_last && !place.ends_line;
  case '|': return place.in_table;
  case '^':
    return (is_alnum(before) || before == '+' || before == '-') && text.find('^', at + 1) != std::string_view::npos;
  case ':': return is_emoji(text.substr(at));
  case '/': { // a scheme alone: md4c takes the marks behind it for a host
    const bool is_line_end = is_last && place.ends_line && !place.in_table && !place.in_heading; // elsewhere "<br>" is
    return ends_scheme(text, at) && !is_alnum(next) && next != ' ' && !is_line_end;
  }
  case '{':
    return place.in_heading && place.ends_line && text.back() == '}' &&
           text.find('{', at + 1) == std::string_view::npos && is_attributes(text.substr(at));
  default: return false;
  }
}

// Where in `text`, which begins a line, a backslash keeps it from being a heading, a list, a quote or a rule.
std::size_t marker_at(std::string_view text, bool ends_line) {
  constexpr std::size_t none = std::string_view::npos;
  const auto ends = [&](std::size_t at) { return at >= text.size() ? true : text[at] == ' '; };
  if (text.empty()) return none;
  if (text[0] == '>') return 0;
  if (text[0] == '#') {
    const std::size_t count = std::min(text.find_first_not_of('#'), text.size());
    return count <= 6 && ends(count) ? 0 : none;
  }
  if (text[0] == '+' || text[0] == '-') {
    if (ends(1)) return 0;
  }
  if (text[0] == '-' || text[0] == '=' || text[0] == ':' || text[0] == '|') {
    const bool is_rule = text.find_first_not_of("-=:| ") == none;
    return is_rule || (text.substr(0, 2) == "--" && !ends_line) ? 0 : none;
  }
  std::size_t digits = 0;
  while (digits < text.size() && is_digit(text[digits])) ++digits;
  const bool is_number =
      digits > 0 && digits <= 9 && digits < text.size() && (text[digits] == '.' || text[digits] == ')');
  return is_number && ends(digits + 1) ? digits : none;
}

} // namespace

void append_escaped(std::string& out, std::string_view text, const TextPlace& place) {
  const std::size_t marker = place.begins_line ? marker_at(text, place.ends_line) : std::string_view::npos;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t address = text[at] == 'h' || text[at] == 'w' || text[at] == 'f' ? address_length(text, at) : 0;
    if (address > 0) {
      out += text.substr(at, address);
      at += address;
      continue;
    }
    if (at == marker || needs_backslash(text, at, place)) out += '\\';
    out += text[at] == '\t' ? ' ' : text[at];
    ++at;
  }
}

std::string code_span(std::string_view text, bool in_table) {
  std::size_t longest = 0, run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string marks(longest + 1, '`');
  const bool is_padded =
      text.front() == ' ' && text.back() == ' ' && text.find_first_not_of(' ') != std::string_view::npos;
  const bool needs_pad = text.front() == '`' || text.back() == '`' || is_padded;
  std::string out = marks + (needs_pad ? " " : "");
  for (const char c : text) {
    if (c == '|' && in_table) out += '\\';
    out += c;
  }
  return out + (needs_pad ? " " : "") + marks;
}

std::string destination(std::string_view url, bool in_table) {
  const bool is_simple = url.find_first_of(" ()<>\t\\") == std::string_view::npos && !url.empty();
  std::string out;
  for (std::size_t at = 0; at < url.size(); ++at) {
    const char c = url[at];
    if (c == '|' && in_table) {
      out += "%7C";
    } else if (c == '<') {
      out += "%3C";
    } else if (c == '>') {
      out += "%3E";
    } else if (c == '\\') {
      out += "%5C";
    } else if (c == '&' && is_entity(url.substr(at))) {
      out += "&amp;";
    } else {
      out += c;
    }
  }
  return is_simple ? out : "<" + out + ">";
}

std::string html_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
    case '&': out += "&amp;"; break;
    case '<': out += "&lt;"; break;
    case '>': out += "&gt;"; break;
    case '"': out += "&quot;"; break;
    default: out += c;
    }
  }
  return out;
}

bool is_blank(std::uint32_t code_point) {
  return code_point == ' ' || (code_point >= '\t' && code_point <= '\r') || code_point == 0 || code_point == 0xa0 ||
         (code_point >= 0x2000 && code_point <= 0x200a) || code_point == 0x202f || code_point == 0x205f ||
         code_point == 0x3000 || code_point == 0x1680;
}

bool outside(std::uint32_t code_point) {
  return code_point == ' ' || code_point == 0 || code_point == '\n' ||
         (code_point < 0x80 && is_punctuation(static_cast<char>(code_point)));
}

bool inside(std::uint32_t code_point) {
  if (code_point < 0x80) return std::isalnum(static_cast<int>(code_point));
  const bool is_latin = code_point >= 0xc0 && code_point < 0x2c2 && code_point != 0xd7 && code_point != 0xf7;
  const bool is_greek_or_cyrillic = code_point >= 0x386 && code_point < 0x55a && code_point != 0x387;
  const bool is_hebrew = code_point >= 0x5d0 && code_point < 0x5eb;
  const bool is_arabic = code_point >= 0x620 && code_point < 0x66a;
  const bool is_han = (code_point >= 0x3041 && code_point < 0x30fb) || (code_point >= 0x3400 && code_point < 0xa000) ||
                      (code_point >= 0xac00 && code_point < 0xd7a4);
  return is_latin || is_greek_or_cyrillic || is_hebrew || is_arabic || is_han;
}

} // namespace doc::markdown
