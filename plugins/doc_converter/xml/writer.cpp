#include "writer.hpp"

namespace doc::xml {
namespace {

constexpr std::size_t full_bytes = 64 * 1024;

} // namespace

void Writer::declaration() { buffer_ += "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"; }

void Writer::close_tag() {
  if (in_tag_) buffer_ += '>';
  in_tag_ = false;
}

void Writer::start(std::string_view name) {
  close_tag();
  buffer_ += '<';
  buffer_ += name;
  open_.push_back(name);
  in_tag_ = true;
}

void Writer::attribute(std::string_view name, std::string_view value) {
  buffer_ += ' ';
  buffer_ += name;
  buffer_ += "=\"";
  escape(value, true);
  buffer_ += '"';
}

void Writer::attribute(std::string_view name, std::int64_t value) { attribute(name, std::to_string(value)); }

void Writer::text(std::string_view text) {
  close_tag();
  escape(text, false);
  flush_when_full();
}

void Writer::end() {
  if (in_tag_) {
    buffer_ += "/>";
    in_tag_ = false;
  } else {
    buffer_ += "</";
    buffer_ += open_.back();
    buffer_ += '>';
  }
  open_.pop_back();
  flush_when_full();
}

void Writer::raw(std::string_view xml) {
  close_tag();
  buffer_ += xml;
  flush_when_full();
}

void Writer::escape(std::string_view text, bool is_attribute) {
  std::size_t from = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20 && byte != '&' && byte != '<' && byte != '>' && byte != '"') continue;
    if (byte == '"' && !is_attribute) continue;
    buffer_.append(text.substr(from, i - from));
    from = i + 1;
    switch (byte) {
    case '&': buffer_ += "&amp;"; break;
    case '<': buffer_ += "&lt;"; break;
    case '>': buffer_ += "&gt;"; break;
    case '"': buffer_ += "&quot;"; break;
    case '\t': buffer_ += is_attribute ? "&#9;" : "\t"; break;
    case '\n': buffer_ += is_attribute ? "&#10;" : "\n"; break;
    default: break; // other control characters are no XML
    }
  }
  buffer_.append(text.substr(from));
}

void Writer::flush_when_full() {
  if (sink_ && buffer_.size() > full_bytes) flush();
}

void Writer::flush() {
  if (!sink_) return;
  sink_(buffer_);
  buffer_.clear();
}

} // namespace doc::xml
