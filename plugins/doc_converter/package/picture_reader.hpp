// The pictures of a package that is read: each is unpacked once while it is in use, however often it is shown.
#pragma once

#include "../model/context.hpp"
#include "../model/document.hpp"
#include "archive_reader.hpp"

#include <memory>
#include <string>
#include <unordered_map>

namespace doc::package {

class PictureReader {
public:
  PictureReader(ArchiveReader& archive, Context& context) : archive_(archive), context_(context) {}

  // The picture of that entry, with what its bytes say; one without bytes where it is missing, damaged, or no picture.
  // The caller adds how it is shown.
  std::shared_ptr<Image> read(const std::string& name);

private:
  struct Kept {
    std::string media_type;
    std::shared_ptr<const std::string> bytes;
    std::uint32_t width_px = 0;
    std::uint32_t height_px = 0;
  };

  const Kept& load(const std::string& name);

  ArchiveReader& archive_;
  Context& context_;
  std::unordered_map<std::string, Kept> kept_;
  std::uint64_t kept_bytes_ = 0;
};

} // namespace doc::package
