#include "relationships_writer.hpp"

#include "../../xml/writer.hpp"
#include "namespaces.hpp"

#include <cctype>
#include <cstdint>

namespace doc::docx {
namespace {

bool is_hex(char digit) { return std::isxdigit(static_cast<unsigned char>(digit)) != 0; }

// RFC 3986: what may stand in no URI is percent-encoded; letters outside of ASCII stay (RFC 3987).
std::string valid_url(const std::string& url) {
  constexpr std::string_view forbidden = " \"<>\\^`{|}";
  constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  bool in_fragment = false;
  for (std::size_t i = 0; i < url.size(); ++i) {
    const char letter = url[i];
    const auto byte = static_cast<unsigned char>(letter);
    const bool is_stray_percent = letter == '%' && !(i + 2 < url.size() && is_hex(url[i + 1]) && is_hex(url[i + 2]));
    const bool is_second_hash = letter == '#' && in_fragment;
    if (letter == '#') in_fragment = true;
    if (byte < 0x20 || byte == 0x7f || is_stray_percent || is_second_hash ||
        forbidden.find(letter) != std::string_view::npos) {
      out.append({'%', digits[byte >> 4], digits[byte & 15]});
    } else {
      out.push_back(letter);
    }
  }
  return out;
}

} // namespace

std::string RelationshipsWriter::to_url(const std::string& url) { return add("hyperlink", valid_url(url), true); }

std::string RelationshipsWriter::add(std::string_view type, const std::string& target, bool is_external) {
  std::string& id = ids_[std::string(type).append(" ").append(target)];
  if (!id.empty()) return id;
  all_.push_back({std::string(type), target, is_external});
  id = "rId" + std::to_string(all_.size());
  return id;
}

std::string RelationshipsWriter::part() const {
  xml::Writer xml;
  xml.declaration();
  xml.start("Relationships");
  xml.attribute("xmlns", package_relationships_namespace);
  for (std::size_t i = 0; i < all_.size(); ++i) {
    xml.start("Relationship");
    xml.attribute("Id", "rId" + std::to_string(i + 1));
    xml.attribute("Type", std::string(relationships_namespace).append("/").append(all_[i].type));
    xml.attribute("Target", all_[i].target);
    if (all_[i].is_external) xml.attribute("TargetMode", "External");
    xml.end();
  }
  xml.end();
  return xml.taken();
}

} // namespace doc::docx
