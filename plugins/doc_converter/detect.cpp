// Finds out what a document is.
#include "conversion.hpp"

#include "model/error.hpp"
#include "text/guess.hpp"
#include "text/utf8.hpp"

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

namespace doc {
namespace {

constexpr std::size_t head_bytes = 64 * 1024;

using Bytes = std::string_view;

[[noreturn]] void refuse(ErrorCode code, const std::string& sentence) { throw ConversionError(code, sentence); }

bool begins(Bytes bytes, Bytes with) { return bytes.substr(0, with.size()) == with; }
bool contains(Bytes bytes, Bytes what) { return bytes.find(what) != Bytes::npos; }

std::string lower(Bytes text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return out;
}

std::string extension(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string::npos ? std::string() : lower(Bytes(name).substr(dot + 1));
}

// The names of an archive's entries are in its directory, at its end, and its first entries at its beginning.
std::string archive_names(const Input& input, Bytes head) {
  std::string names(head.substr(0, 4096));
  const std::uint64_t tail = std::min<std::uint64_t>(input.size(), 256 * 1024);
  std::string end(tail, '\0');
  end.resize(input.read_at(input.size() - tail, end.data(), end.size()));
  return names + end;
}

Format detect_archive(const Input& input, Bytes head) {
  // OpenDocument 1.3 part 2, 3.3: the first entry is "mimetype", stored; its data begin at byte 38.
  if (head.size() > 38 && head.substr(30, 8) == "mimetype") {
    const Bytes type = head.substr(38);
    if (begins(type, "application/vnd.oasis.opendocument.text")) return Format::odt;
    if (begins(type, "application/vnd.oasis.opendocument"))
      refuse(ErrorCode::invalid_format, "this OpenDocument file is not a text document");
    if (begins(type, "application/epub")) refuse(ErrorCode::invalid_format, "EPUB books are not among the formats");
  }
  const std::string names = archive_names(input, head);
  if (contains(names, "word/")) return Format::docx;
  if (contains(names, "xl/workbook")) refuse(ErrorCode::invalid_format, "this is a spreadsheet, not a text document");
  if (contains(names, "ppt/presentation"))
    refuse(ErrorCode::invalid_format, "this is a presentation, not a text document");
  if (contains(names, "[Content_Types].xml")) return Format::docx;
  if (contains(names, "content.xml")) return Format::odt;
  const auto named = format_by_name(extension(input.name()));
  if (named == Format::docx || named == Format::odt)
    refuse(ErrorCode::corrupt_document, "the archive is cut off or damaged");
  refuse(ErrorCode::invalid_format, "this archive is none of the formats");
}

// [MS-CFB]: what Word wrote before 2007, and what protects an Office document with a password ([MS-OFFCRYPTO]); names
// are UTF-16.
[[noreturn]] void refuse_compound(const Input& input, Bytes head) {
  std::string bytes(std::min<std::uint64_t>(input.size(), 4 << 20), '\0');
  bytes.resize(input.read_at(0, bytes.data(), bytes.size()));
  std::string tail(std::min<std::uint64_t>(input.size(), 64 << 10), '\0');
  tail.resize(input.read_at(input.size() - tail.size(), tail.data(), tail.size()));
  const auto has = [&](Bytes name) {
    std::string wide;
    for (const char letter : name) wide.append({letter, '\0'});
    return contains(head, wide) || contains(bytes, wide) || contains(tail, wide);
  };
  if (has("EncryptedPackage")) refuse(ErrorCode::encrypted_document, "the document is protected by a password");
  if (has("WordDocument"))
    refuse(ErrorCode::invalid_format, "Word's format of before 2007 (.doc) is not among the formats: save it as .docx");
  refuse(ErrorCode::invalid_format, "this compound file is none of the formats");
}

bool has_utf16_mark(Bytes head) { return begins(head, "\xff\xfe") || begins(head, "\xfe\xff"); }

bool is_binary(Bytes head) {
  if (has_utf16_mark(head) || guess_utf16(head)) return false;
  std::size_t controls = 0;
  for (const char byte : head) {
    if (byte == '\0') return true;
    const auto value = static_cast<unsigned char>(byte);
    if (value < 0x20 && value != '\t' && value != '\n' && value != '\r' && value != '\f' && value != 0x1b &&
        value != '\b')
      ++controls;
  }
  return controls * 50 > head.size();
}

// Of text without its byte order mark and its blanks; UTF-16 loses its zero bytes, which is good enough to find tags.
std::string text_head(Bytes head) {
  std::string text;
  for (const char byte : begins(head, "\xef\xbb\xbf") ? head.substr(3) : has_utf16_mark(head) ? head.substr(2) : head) {
    if (byte != '\0') text.push_back(byte);
  }
  return text.erase(0, text.find_first_not_of(" \t\r\n\f"));
}

bool looks_like_html(Bytes text) {
  std::string start = lower(text.substr(0, 1024));
  while (begins(start, "<!--")) {
    const std::size_t end = start.find("-->");
    if (end == std::string::npos) return true;
    start.erase(0, end + 3);
    start.erase(0, start.find_first_not_of(" \t\r\n\f"));
  }
  if (begins(start, "<?xml")) return contains(start, "<html") || contains(start, "<!doctype html");
  for (const Bytes tag : {"<!doctype html", "<html", "<head", "<body", "<title", "<meta", "<style", "<script", "<table",
                          "<div", "<article"}) {
    if (begins(start, tag)) return true;
  }
  return false;
}

Format detect_text(const Input& input, Bytes head) {
  const std::string text = text_head(head);
  const std::string end = extension(input.name());
  const auto named = format_by_name(end);
  if (begins(text, "{\\rtf")) return Format::rtf;
  if (named == Format::markdown) return Format::markdown; // which may begin with a tag
  if (looks_like_html(text) || named == Format::html) return Format::html;
  if (begins(text, "<?xml")) {
    if (contains(text, "office:document"))
      refuse(ErrorCode::invalid_format, "flat OpenDocument is not among the formats: save it as .odt");
    if (named != Format::text) refuse(ErrorCode::invalid_format, "this XML document is none of the formats");
  }
  return Format::text;
}

} // namespace

Format detect(const Input& input) {
  const std::string head = input.head(head_bytes);
  if (head.empty()) {
    const auto named = format_by_name(extension(input.name()));
    if (named == Format::text || named == Format::markdown || named == Format::html) return *named;
    refuse(ErrorCode::invalid_format, "the document is empty");
  }
  // Readers of PDF look for the header in the first 1024 bytes (ISO 32000-1, annex H.3.4.1 of Adobe's implementation
  // notes).
  if (contains(Bytes(head).substr(0, 1024), "%PDF-")) return Format::pdf;
  if (begins(head, "PK\x03\x04") || begins(head, "PK\x05\x06")) return detect_archive(input, head);
  if (begins(head, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")) refuse_compound(input, head);
  if (is_binary(head)) {
    const auto named = format_by_name(extension(input.name()));
    if (named == Format::pdf || named == Format::docx || named == Format::odt) {
      refuse(ErrorCode::corrupt_document,
             std::string("this is not the ").append(names(*named).name).append(" file that its name says"));
    }
    refuse(ErrorCode::invalid_format, "the document is none of the formats");
  }
  return detect_text(input, head);
}

} // namespace doc
