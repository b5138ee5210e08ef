#include "source.hpp"

#include "../../text/lines.hpp"
#include "../../text/utf8.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <vector>

namespace doc::markdown {
namespace {

bool begins(std::string_view text, std::string_view with) { return text.substr(0, with.size()) == with; }

// A plain, quoted or [listed] scalar of YAML; other values are not looked into.
std::string scalar(std::string_view text) {
  text = trimmed(text);
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front()) {
    text = text.substr(1, text.size() - 2);
  } else if (text.size() >= 2 && text.front() == '[' && text.back() == ']') {
    std::string all;
    for (std::string_view rest = text.substr(1, text.size() - 2); !rest.empty();) {
      const std::size_t comma = rest.find(',');
      const std::string one = scalar(rest.substr(0, std::min(comma, rest.size())));
      if (!one.empty()) all.append(all.empty() ? "" : ", ").append(one);
      rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    }
    return all;
  } else if (!text.empty() && (text.front() == '|' || text.front() == '>' || text.front() == '{')) {
    return {};
  }
  return clean_text(text);
}

std::string* field(Metadata& metadata, std::string_view key) {
  if (key == "title") return &metadata.title;
  if (key == "author" || key == "authors") return &metadata.author;
  if (key == "subject" || key == "description") return &metadata.subject;
  if (key == "keywords" || key == "tags") return &metadata.keywords;
  if (key == "lang" || key == "language") return &metadata.language;
  return nullptr;
}

bool is_key(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == 0 || colon == std::string_view::npos || line[0] == ' ') return false;
  return (colon + 1 == line.size() || line[colon + 1] == ' ') &&
         std::all_of(line.begin(), line.begin() + colon, [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == ' ';
         });
}

void read_front_matter(std::string_view lines, Metadata& metadata) {
  std::string* last = nullptr;
  while (!lines.empty()) {
    const std::string_view line = take_line(lines);
    if (is_key(line)) {
      const std::size_t colon = line.find(':');
      last = field(metadata, trimmed(line.substr(0, colon)));
      if (last) *last = scalar(line.substr(colon + 1));
    } else if (last && begins(trimmed(line), "- ")) {
      last->append(last->empty() ? "" : ", ").append(scalar(trimmed(line).substr(2)));
    }
  }
}

// Front matter stands at the very beginning, between "---" and "---" or "...", and its first line has a key.
std::string_view without_front_matter(std::string_view text, Metadata& metadata) {
  std::string_view rest = text;
  if (trimmed(take_line(rest)) != "---") return text;
  const std::string_view body = rest;
  std::string_view peek = rest;
  std::string_view first = take_line(peek);
  while (begins(first, "#") && !peek.empty()) first = take_line(peek); // comments of YAML
  if (!is_key(first)) return text;
  while (!rest.empty()) {
    const std::size_t length = body.size() - rest.size();
    const std::string_view line = take_line(rest);
    if (line != "---" && line != "...") continue;
    read_front_matter(body.substr(0, length), metadata);
    return rest;
  }
  return text;
}

// The label of "[^label]: text", and behind it the text.
std::optional<std::string_view> definition(std::string_view& line) {
  const std::size_t indent = line.find_first_not_of(' ');
  if (indent == std::string_view::npos || indent > 3 || line.substr(indent, 2) != "[^") return std::nullopt;
  const std::size_t end = line.find("]:", indent);
  if (end == std::string_view::npos || end == indent + 2) return std::nullopt;
  const std::string_view label = line.substr(indent + 2, end - indent - 2);
  if (label.find_first_of(" []\t") != std::string_view::npos) return std::nullopt;
  line.remove_prefix(end + 2);
  return label;
}

// The marks of a line that begins fenced code, "```" or "~~~" and more, also where it begins in a list or a quote.
std::string_view fence(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t>-*+.)0123456789");
  if (first == std::string_view::npos || (line[first] != '`' && line[first] != '~')) return {};
  const std::size_t end = std::min(line.find_first_not_of(line[first], first), line.size());
  if (end - first < 3 || (line[first] == '`' && line.find('`', end) != std::string_view::npos)) return {};
  return line.substr(first, end - first);
}

bool is_fence(std::string_view line) { return !fence(line).empty(); }

bool is_delimiter(std::string_view line) {
  return line.find("---") != std::string_view::npos && line.find('|') != std::string_view::npos &&
         line.find_first_not_of("|:- \t>") == std::string_view::npos;
}

// "|-|:-:|": GitHub takes one dash for a column, md4c wants three.
bool is_short_delimiter(std::string_view line) {
  if (line.find('|') == std::string_view::npos || line.find_first_not_of("|:- \t") != std::string_view::npos)
    return false;
  std::size_t run = 0;
  bool is_short = false;
  bool is_empty = false; // since the last pipe
  bool is_over = false;  // the column's dashes are
  for (const char c : line) {
    const bool is_part = c == '-' || c == ':';
    if (c == '|' && is_empty) return false;
    if (is_part && is_over) return false;
    is_over = c != '|' && (is_over || (!is_part && run > 0));
    is_empty = c == '|' || (is_empty && !is_part);
    is_short = is_short || (!is_part && run > 0 && run < 3);
    run = is_part ? run + 1 : 0;
  }
  return is_short || (run > 0 && run < 3);
}

std::string widened(std::string_view line) {
  std::string out;
  for (std::size_t i = 0; i < line.size(); ++i)
    out += line[i] == '-' && (i == 0 || line[i - 1] != '-') ? "---" : std::string(1, line[i]);
  return out;
}

bool has_short_delimiters(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    const std::size_t first = line.find_first_not_of(" \t");
    if (first != std::string_view::npos && (line[first] == '|' || line[first] == '-' || line[first] == ':') &&
        is_short_delimiter(line))
      return true;
  }
  return false;
}

// Goes over the lines, outside of fenced code.
class Definitions {
public:
  Definitions(std::string_view text, Source& source) : text_(text), source_(source) {}

  void take_out() {
    while (!text_.empty()) {
      const char* begin = text_.data();
      std::string_view line = take_line(text_);
      const std::string_view whole(begin, static_cast<std::size_t>(text_.data() - begin));
      if (current_ && is_part(line)) continue;
      current_ = nullptr;
      follow_fence(line);
      in_table_ = !trimmed(line).empty() && (in_table_ || is_delimiter(line));
      const auto label = in_fence_ ? std::nullopt : definition(line);
      if (label) {
        begin_note(*label, line);
      } else if (!in_fence_ && !in_table_ && !after_blank_ && is_short_delimiter(line)) {
        source_.rest.append(widened(line)).append("\n");
        in_table_ = true;
      } else {
        source_.rest += whole;
      }
      after_blank_ = trimmed(line).empty();
    }
  }

private:
  void follow_fence(std::string_view line) {
    const std::string_view marks = fence(line);
    if (marks.empty()) return;
    if (!in_fence_) {
      fence_ = marks;
      in_fence_ = true;
    } else if (marks[0] == fence_[0] && marks.size() >= fence_.size()) {
      in_fence_ = false;
    }
  }

  void begin_note(std::string_view label, std::string_view line) {
    const auto [place, is_new] = source_.footnotes.try_emplace(std::string(label));
    ignored_.clear();
    current_ = is_new ? &place->second : &ignored_;
    current_->append(trimmed(line)).append("\n");
    is_blank_ = false;
    source_.rest += '\n';
  }

  // Indented lines go on with a note, and so do lines without a blank line before them.
  bool is_part(std::string_view line) {
    if (trimmed(line).empty()) {
      is_blank_ = true;
      current_->append("\n");
      return true;
    }
    const bool is_indented = begins(line, "    ") || line[0] == '\t';
    const bool is_other = line[0] == '#' || is_fence(line) || begins(trimmed(line), "[^");
    if (!is_indented && (is_blank_ || is_other)) return false;
    if (is_indented) line.remove_prefix(line[0] == '\t' ? 1 : 4);
    current_->append(line).append("\n");
    is_blank_ = false;
    return true;
  }

  std::string_view text_;
  Source& source_;
  std::string* current_ = nullptr; // the note that is being read
  std::string ignored_;            // a second definition of one label
  bool is_blank_ = false;
  std::string_view fence_; // that the code began with
  bool in_fence_ = false;
  bool in_table_ = false;   // below its delimiters
  bool after_blank_ = true; // or at the beginning: no head of a table stands above
};

void find_targets(std::string_view text, std::unordered_set<std::string>& targets) {
  for (std::size_t at = text.find('#', 1); at != std::string_view::npos; at = text.find('#', at + 1)) {
    const char before = text[at - 1];
    if (before != '(' && before != '"' && before != '\'' && before != '<' && before != ' ' && before != '=') continue;
    std::size_t end = text.find_first_of(") \t\r\n\"'>", at + 1);
    if (end == std::string_view::npos) end = text.size();
    if (end > at + 1 && end - at < 512) targets.insert(percent_decoded(text.substr(at + 1, end - at - 1)));
  }
}

} // namespace

void prepare(std::string_view whole, Source& source) {
  source.text = without_front_matter(whole, source.metadata);
  if (source.text.find("[^") != std::string_view::npos || has_short_delimiters(source.text)) {
    Definitions(source.text, source).take_out();
    source.text = source.rest;
  }
  find_targets(source.text, source.targets);
}

std::string slug(std::string_view heading) {
  std::string out;
  for (std::size_t position = 0; position < heading.size();) {
    const std::uint32_t code_point = next_code_point(heading, position);
    if (code_point == ' ') {
      out += '-';
    } else if (code_point < 0x80) {
      const char letter = static_cast<char>(code_point);
      if (std::isalnum(static_cast<unsigned char>(letter)) || letter == '-' || letter == '_')
        out += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    } else if (code_point >= 0xc0 && !(code_point >= 0x2000 && code_point < 0x2c00) &&
               !(code_point >= 0x3000 && code_point < 0x3004) && code_point != 0xd7 && code_point != 0xf7) {
      // Lower case for Latin-1, Greek and Cyrillic, whose letters stand a fixed distance apart.
      const bool is_distant = (code_point >= 0xc0 && code_point <= 0xde) ||
                              (code_point >= 0x391 && code_point <= 0x3a9) ||
                              (code_point >= 0x410 && code_point <= 0x42f);
      append_utf8(out, is_distant ? code_point + 0x20 : code_point);
    }
  }
  return out;
}

std::string percent_decoded(std::string_view text) {
  const auto digit = [](char c) {
    return std::isdigit(static_cast<unsigned char>(c)) ? c - '0' : (c | 0x20) - 'a' + 10;
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_escape = text[i] == '%' && i + 2 < text.size() &&
                           std::isxdigit(static_cast<unsigned char>(text[i + 1])) &&
                           std::isxdigit(static_cast<unsigned char>(text[i + 2]));
    out += is_escape ? static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2])) : text[i];
    if (is_escape) i += 2;
  }
  return out;
}

} // namespace doc::markdown
