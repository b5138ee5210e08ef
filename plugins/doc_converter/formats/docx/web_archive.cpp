#include "web_archive.hpp"

#include "../../text/base64.hpp"

#include <algorithm>
#include <cctype>
#include <unordered_map>
#include <vector>

namespace doc::docx {
namespace {

constexpr int most_nested = 4;
constexpr std::size_t most_parts = 10'000;
constexpr std::size_t most_bytes = 256u << 20; // of a page with its pictures

struct Part {
  std::unordered_map<std::string, std::string> header; // names in small letters; no more than the last of one name
  std::string_view body;
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") + 1 - first);
}

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

// RFC 5322, 2.2: a field's lines go on where they begin with a blank.
Part part_of(std::string_view text) {
  Part part;
  std::string name;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line.empty()) break;
    if (line[0] == ' ' || line[0] == '\t') {
      if (!name.empty()) part.header[name].append(" ").append(trimmed(line));
      continue;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    name = lower(trimmed(line.substr(0, colon)));
    part.header[name] = trimmed(line.substr(colon + 1));
  }
  part.body = text;
  return part;
}

std::string field(const Part& part, const char* name) {
  const auto found = part.header.find(name);
  return found == part.header.end() ? std::string() : found->second;
}

// RFC 2045, 5.1: `type/subtype; name="value"`.
std::string media_type(const Part& part) {
  const std::string type = field(part, "content-type");
  return lower(trimmed(std::string_view(type).substr(0, type.find(';'))));
}

std::string parameter(const Part& part, const std::string& name) {
  const std::string type = field(part, "content-type");
  std::size_t at = lower(type).find(name + "=");
  if (at == std::string::npos) return {};
  at += name.size() + 1;
  if (at < type.size() && type[at] == '"') return type.substr(at + 1, type.find('"', at + 1) - at - 1);
  return std::string(trimmed(std::string_view(type).substr(at, type.find_first_of("; \t", at) - at)));
}

// RFC 2045, 6.7.
std::string from_quoted_printable(std::string_view text) {
  const auto digit = [](char c) {
    return std::isdigit(static_cast<unsigned char>(c)) ? c - '0'
                                                       : std::tolower(static_cast<unsigned char>(c)) - 'a' + 10;
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      out += text[i];
      continue;
    }
    if (i + 1 < text.size() && (text[i + 1] == '\n' || text.substr(i + 1, 2) == "\r\n")) {
      i += text[i + 1] == '\n' ? 1 : 2;
    } else if (i + 2 < text.size() && std::isxdigit(static_cast<unsigned char>(text[i + 1])) &&
               std::isxdigit(static_cast<unsigned char>(text[i + 2]))) {
      out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      out += '='; // as it is written where nothing was encoded
    }
  }
  return out;
}

std::string content_of(const Part& part) {
  const std::string encoding = lower(field(part, "content-transfer-encoding"));
  if (encoding == "base64") return from_base64(part.body).value_or(std::string());
  return encoding == "quoted-printable" ? from_quoted_printable(part.body) : std::string(part.body);
}

// RFC 2046, 5.1.1: what stands between lines of "--" and the boundary.
void collect(const Part& part, std::vector<Part>& leaves, int depth) {
  if (media_type(part).compare(0, 10, "multipart/") != 0) {
    leaves.push_back(part);
    return;
  }
  const std::string delimiter = "--" + parameter(part, "boundary");
  if (delimiter.size() == 2 || depth == most_nested) return;
  std::string_view rest = part.body;
  const char* begin = nullptr; // of a part
  while (!rest.empty() && leaves.size() < most_parts) {
    const char* at = rest.data();
    const std::string_view line = take_line(rest);
    if (line.substr(0, delimiter.size()) != delimiter) continue;
    if (begin) collect(part_of({begin, static_cast<std::size_t>(at - begin)}), leaves, depth + 1);
    if (line.substr(delimiter.size(), 2) == "--") return;
    begin = rest.data();
  }
}

// As often as there is room for it: a page that shows one large picture a million times would grow without measure.
void replace_all(std::string& text, const std::string& what, const std::string& with) {
  std::string out;
  std::size_t done = 0;
  for (std::size_t at; (at = text.find(what, done)) != std::string::npos; done = at + what.size()) {
    if (out.size() + with.size() + text.size() > most_bytes) break;
    out.append(text, done, at - done).append(with);
  }
  text = out.append(text, done);
}

} // namespace

std::optional<std::string> page_of_web_archive(std::string_view bytes) {
  const std::string_view begin = trimmed(bytes.substr(0, 4096));
  if (begin.empty()) return std::nullopt;
  const std::string head = lower(begin.substr(0, begin.find("\n\n")));
  if (head.find("content-type:") == std::string::npos || head.find("multipart/") == std::string::npos)
    return std::nullopt;
  std::vector<Part> leaves;
  collect(part_of(bytes.substr(static_cast<std::size_t>(begin.data() - bytes.data()))), leaves, 0);
  const auto page =
      std::find_if(leaves.begin(), leaves.end(), [](const Part& part) { return media_type(part) == "text/html"; });
  if (page == leaves.end()) return std::nullopt;
  std::string html = content_of(*page);
  for (const Part& part : leaves) {
    const std::string type = media_type(part);
    if (type.compare(0, 6, "image/") != 0) continue;
    const std::string id = field(part, "content-id"), location = field(part, "content-location");
    const std::string uri = data_uri(type, content_of(part));
    for (const std::string& name : {location, id.size() > 2 ? "cid:" + id.substr(1, id.size() - 2) : std::string()}) {
      const std::string quoted = "\"" + name + "\"";
      if (!name.empty()) replace_all(html, quoted, "\"" + uri + "\"");
    }
  }
  const bool has_mark = html.compare(0, 3, "\xef\xbb\xbf") == 0;
  if (!has_mark && lower(parameter(*page, "charset")) == "utf-8") html.insert(0, "\xef\xbb\xbf");
  return html;
}

} // namespace doc::docx
