// A part that is packed while it is written, so that a document of thousands of pages needs memory for its packed bytes
// alone, and no temporary file.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace doc::package {

class Deflated {
public:
  Deflated();
  ~Deflated();
  Deflated(const Deflated&) = delete;
  Deflated& operator=(const Deflated&) = delete;

  void write(std::string_view bytes);
  // Nothing can be written afterwards.
  void finish();
  // Puts a finished part behind what was written here, which ends this one as well: raw deflate streams (RFC 1951)
  // follow each other at a byte's border.
  void finish_with(Deflated&& rest);

  // Its bytes, in order.
  const std::vector<std::string>& pieces() const { return pieces_; }
  std::uint32_t checksum() const { return checksum_; }
  std::uint64_t unpacked_bytes() const { return unpacked_bytes_; }

private:
  void run(int flush);
  void keep_buffer();

  z_stream stream_ = {};
  // Not one string: growing, that is in memory twice.
  std::vector<std::string> pieces_;
  std::uint32_t checksum_ = 0; // CRC-32 of what was written
  std::uint64_t unpacked_bytes_ = 0;
  bool is_fast_ = false;
  std::unique_ptr<char[]> buffer_;
};

} // namespace doc::package
