// The pictures of a package: each is written once, however often the document shows it.
#pragma once

#include "../model/document.hpp"
#include "archive_writer.hpp"

#include <map>
#include <string>
#include <unordered_map>

namespace doc::package {

class Pictures {
public:
  // `folder` ends with '/'. The archive outlives this.
  Pictures(ArchiveWriter& archive, std::string folder) : archive_(archive), folder_(std::move(folder)) {}

  // The entry's name, which is written if it is new; empty for pictures without bytes and of types that no office
  // program knows.
  std::string add(const Image& image);

  // What was written: media types by extension.
  const std::map<std::string, std::string>& types() const { return types_; }
  // Names and media types in the order of writing.
  const std::vector<std::pair<std::string, std::string>>& entries() const { return entries_; }

private:
  ArchiveWriter& archive_;
  std::string folder_;
  std::unordered_map<std::string, std::string> names_; // by a digest of the bytes
  std::map<std::string, std::string> types_;
  std::vector<std::pair<std::string, std::string>> entries_;
};

// A picture's size on a page, in points.
struct ShownSize {
  double width;
  double height;
};

// As the picture says, made smaller where it is larger than `most`; its proportions hold.
ShownSize shown_size(const Image& image, ShownSize most);

} // namespace doc::package
