#include "parts_reader.hpp"

#include "../../model/error.hpp"
#include "../../text/utf8.hpp"

#include <vector>

namespace doc::docx {
namespace {

std::string folder_of(const std::string& part) {
  const std::size_t slash = part.rfind('/');
  return slash == std::string::npos ? std::string() : part.substr(0, slash + 1);
}

// The part that `target` names, seen from `folder`; part names have no "..", and begin at the package's root.
std::string resolved(const std::string& folder, std::string_view target) {
  const std::string whole = target.substr(0, 1) == "/" ? std::string(target) : folder + std::string(target);
  std::vector<std::string_view> segments;
  std::string_view rest = whole;
  while (!rest.empty()) {
    const std::size_t slash = rest.find('/');
    const std::string_view segment = rest.substr(0, slash);
    if (segment == "..") {
      if (!segments.empty()) segments.pop_back();
    } else if (!segment.empty() && segment != ".") {
      segments.push_back(segment);
    }
    rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
  }
  std::string name;
  for (const std::string_view segment : segments) {
    if (!name.empty()) name += '/';
    name += segment;
  }
  return name;
}

std::string last_word(std::string_view type) {
  const std::size_t slash = type.rfind('/');
  return std::string(slash == std::string_view::npos ? type : type.substr(slash + 1));
}

} // namespace

Relationships PartsReader::relationships_of(const std::string& part) {
  const std::string folder = folder_of(part);
  const auto tree = optional_tree(folder + "_rels/" + part.substr(folder.size()) + ".rels");
  Relationships result;
  if (!tree) return result;
  for (const pugi::xml_node node : tree->root().children("Relationship")) {
    Relationship one;
    one.type = last_word(xml::value_of(node, "Type"));
    one.is_external = xml::value_of(node, "TargetMode") == "External";
    const std::string_view target = xml::value_of(node, "Target");
    one.target = one.is_external ? clean_text(target) : resolved(folder, target);
    if (!one.is_external && target.substr(0, 1) == "#") one.target = clean_text(target); // a place in the document
    result.emplace(xml::value_of(node, "Id"), std::move(one));
  }
  return result;
}

std::unique_ptr<xml::Tree> PartsReader::tree(const std::string& part) {
  auto bytes = archive_.read(part, context_.limits().xml_bytes);
  if (!bytes) return nullptr;
  return std::make_unique<xml::Tree>(std::move(*bytes), part);
}

std::string PartsReader::bytes(const std::string& part) {
  try {
    return archive_.read(part, context_.limits().xml_bytes).value_or(std::string());
  } catch (const ConversionError& error) {
    if (error.code() != ErrorCode::corrupt_document) throw;
    return {};
  }
}

std::unique_ptr<xml::Tree> PartsReader::optional_tree(const std::string& part) {
  try {
    return tree(part);
  } catch (const ConversionError& error) {
    if (error.code() != ErrorCode::corrupt_document) throw;
    return nullptr;
  }
}

std::string target_of(const Relationships& relationships, std::string_view type) {
  for (const auto& one : relationships) {
    if (one.second.type == type && !one.second.is_external) return one.second.target;
  }
  return {};
}

} // namespace doc::docx
