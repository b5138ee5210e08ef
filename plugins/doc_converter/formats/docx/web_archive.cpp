#include "web_archive.hpp"

#include "../../text/base64.hpp"
#include "../../text/lines.hpp"

#include <algorithm>
#include <cctype>
#include <unordered_map>
#include <vector>

namespace doc::docx {
namespace {

constexpr int most_nested = 4;
constexpr std::size_t most_parts = 10'000;
constexpr std::size_t longest_name = 4'096;
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
  const std::string small = lower(type);
  for (std::size_t at = small.find(name); at != std::string::npos; at = small.find(name, at + 1)) {
    const char before = at > 0 ? small[at - 1] : ';';
    if (before != ';' && before != ' ' && before != '\t') continue;
    std::size_t value = std::min(type.find_first_not_of(" \t", at + name.size()), type.size());
    if (value == type.size() || type[value] != '=') continue;
    value = std::min(type.find_first_not_of(" \t", value + 1), type.size());
    if (value < type.size() && type[value] == '"') return type.substr(value + 1, type.find('"', value + 1) - value - 1);
    return type.substr(value, type.find_first_of("; \t", value) - value);
  }
  return {};
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
    const std::size_t behind = std::min(text.find_first_not_of(" \t\r", i + 1), text.size());
    if (behind < text.size() && text[behind] == '\n') {
      i = behind;
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

bool is_page(const Part& part) {
  const std::string type = media_type(part);
  return type == "text/html" || type == "application/xhtml+xml";
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
    begin = rest.data();
    if (line.substr(delimiter.size(), 2) == "--") return;
  }
  const char* end = part.body.data() + part.body.size();
  if (begin && begin < end) // an archive that was cut off
    collect(part_of({begin, static_cast<std::size_t>(end - begin)}), leaves, depth + 1);
}

// The pictures of an archive, by the names that its page has for them.
class Pictures {
public:
  Pictures(const std::vector<Part>& parts, const Part& page) {
    const std::string place = field(page, "content-location");
    const std::string folder = place.substr(0, place.rfind('/') + 1);
    for (const Part& part : parts) {
      if (media_type(part).compare(0, 6, "image/") != 0) continue;
      const std::string whole_id = field(part, "content-id");
      std::string_view id = trimmed(whole_id);
      if (id.size() > 2 && id.front() == '<' && id.back() == '>') id = id.substr(1, id.size() - 2);
      if (!id.empty()) parts_.emplace("cid:" + std::string(id), &part);
      const std::string location = field(part, "content-location");
      if (location.empty()) continue;
      parts_.emplace(location, &part);
      if (!folder.empty() && location.compare(0, folder.size(), folder) == 0)
        parts_.emplace(location.substr(folder.size()), &part);
    }
  }
  bool empty() const { return parts_.empty(); }

  // Empty where the name is none of theirs.
  const std::string& uri_of(std::string_view name) {
    static const std::string none;
    const auto found = parts_.find(std::string(name));
    if (found == parts_.end()) return none;
    std::string& uri = uris_[found->second];
    if (uri.empty()) uri = data_uri(media_type(*found->second), content_of(*found->second));
    return uri;
  }

private:
  std::unordered_map<std::string, const Part*> parts_;
  std::unordered_map<const Part*, std::string> uris_;
};

// The page with data URIs for the values of its attributes "src", as often as there is room for them: one that shows a
// large picture a million times would grow without measure.
std::string with_pictures(const std::string& html, Pictures pictures) {
  if (pictures.empty()) return html;
  std::string out;
  std::size_t done = 0;
  const auto skip_blanks = [&html](std::size_t at) {
    return std::min(html.find_first_not_of(" \t\r\n", at), html.size());
  };
  const auto is_letter = [&html](std::size_t at) { return std::isalnum(static_cast<unsigned char>(html[at])) != 0; };
  for (std::size_t at = 0; at + 3 < html.size(); ++at) {
    const bool is_name = (html[at] | 0x20) == 's' && (html[at + 1] | 0x20) == 'r' && (html[at + 2] | 0x20) == 'c';
    if (!is_name || (at > 0 && (is_letter(at - 1) || html[at - 1] == '-'))) continue;
    std::size_t begin = skip_blanks(at + 3);
    if (begin >= html.size() || html[begin] != '=') continue;
    begin = skip_blanks(begin + 1);
    if (begin >= html.size()) break;
    const char quote = html[begin] == '"' || html[begin] == '\'' ? html[begin] : '\0';
    if (quote != '\0') ++begin;
    const std::string_view near = std::string_view(html).substr(begin, longest_name);
    const std::size_t length = quote != '\0' ? near.find(quote) : near.find_first_of(" \t\r\n>");
    if (length == std::string_view::npos) continue;
    const std::size_t end = begin + length;
    const std::string& uri = pictures.uri_of(near.substr(0, length));
    at = end;
    if (uri.empty() || out.size() + uri.size() + html.size() > most_bytes) continue;
    out.append(html, done, begin - done).append(uri);
    done = end;
  }
  return out.append(html, done);
}

} // namespace

std::optional<std::string> page_of_web_archive(std::string_view bytes) {
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return std::nullopt;
  const std::string_view line = bytes.substr(first, std::min(bytes.find(':', first) - first, std::size_t{40}));
  const bool is_field = !line.empty() && std::all_of(line.begin(), line.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '-';
  });
  if (!is_field) return std::nullopt;
  const Part whole = part_of(bytes.substr(first));
  const bool is_archive = media_type(whole).compare(0, 10, "multipart/") == 0;
  if (!is_archive && !(is_page(whole) && whole.header.count("mime-version") > 0)) return std::nullopt;
  std::vector<Part> leaves;
  collect(whole, leaves, 0);
  const auto page = std::find_if(leaves.begin(), leaves.end(), is_page);
  if (page == leaves.end()) return std::string(); // nothing that could be read
  std::string html = with_pictures(content_of(*page), Pictures(leaves, *page));
  const bool has_mark = html.compare(0, 3, "\xef\xbb\xbf") == 0;
  if (!has_mark && lower(parameter(*page, "charset")) == "utf-8") html.insert(0, "\xef\xbb\xbf");
  return html;
}

} // namespace doc::docx
