// The body as RFC 2046 5.1.1 has it, with what stands for each step of Reader:
//
//   [preamble CRLF] --boundary padding CRLF          first_delimiter
//   (head CRLF CRLF content CRLF --boundary          part, next_delimiter
//     (padding CRLF | --))*                          behind_delimiter
//   [CRLF epilogue]
#include "forms/multipart.hpp"

#include "base/text.hpp"
#include "forms/body_window.hpp"
#include "forms/parameters.hpp"

#include <algorithm>
#include <string>

namespace crank {
namespace {

constexpr std::size_t longest_head = 16 * 1024;
constexpr std::size_t longest_padding = 256; // white space behind a boundary

// What browsers escape in a name, and nothing else ("multipart/form-data" of the WHATWG HTML standard).
std::string unescaped(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view three = text.substr(i, 3);
    const char c = three == "%22" ? '"' : three == "%0D" || three == "%0d" ? '\r' : '\n';
    if (c != '\n' || three == "%0A" || three == "%0a") {
      result += c;
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

std::optional<Problem> read_disposition(std::string_view value, RawPart& part) {
  const auto disposition = parse_parameters(value);
  if (!disposition || disposition->value != "form-data")
    return invalid_form("has a part whose Content-Disposition is not `form-data; name=\"...\"`");
  const std::string* name = disposition->find("name");
  if (!name) return invalid_form("has a part without a name");
  part.name = unescaped(*name);
  if (part.name.size() > longest_field_name) return form_limit("has a part with a name of more than 255 bytes");
  if (!is_utf8(part.name)) return invalid_form("has a part whose name is not UTF-8");
  if (const std::string* file_name = disposition->find("filename")) part.file_name = unescaped(*file_name);
  return std::nullopt;
}

// What is no media type says nothing.
void read_type(std::string_view value, RawPart& part) {
  const auto type = parse_form_type(value);
  if (!type) return;
  part.media_type = type->essence;
  const auto parameters = parse_parameters(value);
  if (const std::string* charset = parameters->find("charset"); charset && is_utf8(*charset)) {
    part.charset = *charset;
    std::transform(part.charset.begin(), part.charset.end(), part.charset.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  }
}

// Nothing is decoded, and encoded bytes must not be taken for the content (deprecated by RFC 7578 4.7).
bool is_as_it_is(std::string_view encoding) {
  return equal_ignoring_case(encoding, "binary") || equal_ignoring_case(encoding, "8bit") ||
         equal_ignoring_case(encoding, "7bit");
}

// `head`: lines, each with its CRLF.
std::optional<Problem> read_head(std::string_view head, RawPart& part) {
  bool disposed = false, typed = false;
  while (!head.empty()) {
    const std::size_t end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(end + 2);
    const std::size_t colon = line.find(':');
    const std::string_view name = line.substr(0, colon);
    // One that begins with a dash may be a boundary to another reader.
    const bool fits = colon != std::string_view::npos && !name.empty() && name.front() != '-' &&
                      name.find_first_of(" \t") == name.npos &&
                      line.find_first_of(std::string_view("\r\n\0", 3)) == line.npos;
    if (!fits) return invalid_form("has a part whose head has a line that is no `Name: value`");
    const std::string_view value = trim(line.substr(colon + 1));
    if (equal_ignoring_case(name, "content-disposition")) {
      if (std::exchange(disposed, true)) return invalid_form("has a part with two Content-Dispositions");
      if (auto problem = read_disposition(value, part)) return problem;
    } else if (equal_ignoring_case(name, "content-type")) {
      if (std::exchange(typed, true)) return invalid_form("has a part with two Content-Types");
      read_type(value, part);
    } else if (equal_ignoring_case(name, "content-transfer-encoding") && !is_as_it_is(value)) {
      return invalid_form("has a part with a Content-Transfer-Encoding; send it as it is");
    }
  }
  if (!disposed) return invalid_form("has a part without Content-Disposition");
  return std::nullopt;
}

class Reader {
public:
  Reader(const RequestBody& body, std::string_view boundary, std::size_t most_parts)
      : window_(body), delimiter_(std::string("\r\n--").append(boundary)), most_parts_(most_parts) {}

  Result<std::vector<RawPart>> read() {
    std::optional<std::uint64_t> at = first_delimiter();
    if (!at) return unreadable().value_or(invalid_form("has no boundary of the kind that its Content-Type names"));
    while (true) {
      const After after = behind_delimiter(*at);
      if (after.kind == Kind::last) return std::move(parts_);
      if (parts_.size() == most_parts_) return form_limit("has more than " + std::to_string(most_parts_) + " parts");
      if (auto problem = read_part(after.offset)) return *std::move(problem);
      at = next_delimiter(parts_.back().offset);
      if (!at) return unreadable().value_or(invalid_form("ends before its last boundary"));
      // Its CRLF may be the one that ends an empty head.
      RawPart& part = parts_.back();
      part.size = *at - std::min(*at, part.offset);
    }
  }

private:
  enum class Kind { none, part, last };
  struct After {
    Kind kind = Kind::none;
    std::uint64_t offset = 0; // where the part begins
  };

  std::string_view dash_boundary() const { return std::string_view(delimiter_).substr(2); }

  // What stands behind the delimiter that begins at `at`; none: it is content that happens to begin like one.
  After behind_delimiter(std::uint64_t at) {
    const std::uint64_t end = at + length_;
    const std::string_view view = window_.at(end, longest_padding + 2);
    if (view.substr(0, 2) == "--") return {Kind::last, end + 2};
    const std::size_t padding = view.find_first_not_of(" \t");
    if (padding == std::string_view::npos || padding > longest_padding || view.substr(padding, 2) != "\r\n") return {};
    return {Kind::part, end + padding + 2};
  }

  // At the very beginning it has no CRLF before it.
  std::optional<std::uint64_t> first_delimiter() {
    const std::string_view dashes = dash_boundary();
    length_ = dashes.size();
    if (window_.at(0, dashes.size()).substr(0, dashes.size()) == dashes && behind_delimiter(0).kind != Kind::none)
      return 0;
    return next_delimiter(2);
  }

  // From the CRLF before `content` on.
  std::optional<std::uint64_t> next_delimiter(std::uint64_t content) {
    length_ = delimiter_.size();
    std::uint64_t from = content - 2;
    while (true) {
      const auto found = window_.find(delimiter_, from);
      if (!found || behind_delimiter(*found).kind != Kind::none) return found;
      from = *found + 2;
    }
  }

  std::optional<Problem> read_part(std::uint64_t offset) {
    const std::string_view view = window_.at(offset, longest_head + 4).substr(0, longest_head + 4);
    const std::size_t end = view.find("\r\n\r\n");
    if (end == std::string_view::npos) {
      if (auto problem = unreadable()) return problem;
      if (view.size() < longest_head + 4) return invalid_form("ends in the head of a part");
      return form_limit("has a part with a head of more than 16 KiB");
    }
    RawPart part;
    if (auto problem = read_head(view.substr(0, end + 2), part)) return problem;
    part.offset = offset + end + 4;
    parts_.push_back(std::move(part));
    return std::nullopt;
  }

  std::optional<Problem> unreadable() const {
    if (window_.failed() == 0) return std::nullopt;
    return Problem::of(static_cast<crank_status>(window_.failed()), "the body cannot be read");
  }

  BodyWindow window_;
  const std::string delimiter_; // CRLF, two dashes, the boundary
  const std::size_t most_parts_;
  std::size_t length_ = 0; // of the delimiter that was looked for last
  std::vector<RawPart> parts_;
};

} // namespace

Result<std::vector<RawPart>> read_multipart(const RequestBody& body, std::string_view boundary,
                                            std::size_t most_parts) {
  return Reader(body, boundary, most_parts).read();
}

} // namespace crank
