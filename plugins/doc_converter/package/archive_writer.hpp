// Writes a zip archive, entry after entry.
#pragma once

#include "../io/output.hpp"
#include "deflated.hpp"

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

namespace doc::package {

class ArchiveWriter {
public:
  explicit ArchiveWriter(Output& output); // which outlives this
  ~ArchiveWriter();
  ArchiveWriter(const ArchiveWriter&) = delete;
  ArchiveWriter& operator=(const ArchiveWriter&) = delete;

  void add(const std::string& name, std::string_view bytes);
  // As it is: for what is packed already, and for OpenDocument's "mimetype".
  void add_stored(const std::string& name, std::string_view bytes);
  void add(const std::string& name, const Deflated& finished);
  // Writes the directory. Nothing can be added afterwards.
  void finish();

private:
  struct Target {
    Output* output;
    std::uint64_t position = 0;
    std::exception_ptr failure = {}; // an exception may not pass through C
  };

  void open(const std::string& name, int method, bool is_raw);
  void write(std::string_view bytes);
  void check(int status) const;

  Target target_;
  void* archive_ = nullptr; // minizip's zipFile
};

} // namespace doc::package
