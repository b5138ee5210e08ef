// The parts of the package and what leads from one to another (ECMA-376 part 2, Open Packaging Conventions).
#pragma once

#include "../../model/context.hpp"
#include "../../model/document.hpp"
#include "../../package/archive_reader.hpp"
#include "../../package/picture_reader.hpp"
#include "../../xml/tree.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace doc::docx {

struct Relationship {
  std::string type;   // the last word of its name: "image", "hyperlink"
  std::string target; // a part's name, or a URL
  bool is_external = false;
};

// Those of one part, by id.
using Relationships = std::unordered_map<std::string, Relationship>;

class PartsReader {
public:
  // Both outlive this.
  PartsReader(const Input& input, Context& context)
      : context_(context), archive_(input, context), pictures_(archive_, context) {}

  // Of "word/document.xml"; of the package itself where `part` is empty.
  Relationships relationships_of(const std::string& part);
  // Nothing where there is no such part.
  std::unique_ptr<xml::Tree> tree(const std::string& part);
  // The same for parts that a document can be read without: a damaged one counts as missing.
  std::unique_ptr<xml::Tree> optional_tree(const std::string& part);
  // A part that is no XML; empty where there is none.
  std::string bytes(const std::string& part);
  package::PictureReader& pictures() { return pictures_; }

private:
  Context& context_;
  package::ArchiveReader archive_;
  package::PictureReader pictures_;
};

// The target of the first relationship of the type; empty where there is none.
std::string target_of(const Relationships& relationships, std::string_view type);

} // namespace doc::docx
