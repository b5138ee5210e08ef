#include "deflated.hpp"

#include "../model/error.hpp"

#include <algorithm>
#include <iterator>

namespace doc::package {
namespace {

constexpr std::size_t buffer_bytes = 64 * 1024;
constexpr std::size_t piece_bytes = 256 * 1024;
// Small documents are packed well; of large ones it is the time that counts.
constexpr int good_level = 6;
constexpr int fast_level = 3;
constexpr std::uint64_t fast_from_bytes = 4ull << 20;

} // namespace

Deflated::Deflated() : buffer_(std::make_unique<char[]>(buffer_bytes)) {
  if (deflateInit2(&stream_, good_level, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw ConversionError(ErrorCode::conversion_failed, "there is no memory to pack the result");
}

Deflated::~Deflated() { deflateEnd(&stream_); }

void Deflated::keep_buffer() {
  const std::string_view filled(buffer_.get(), buffer_bytes - stream_.avail_out);
  if (pieces_.empty() || pieces_.back().size() + filled.size() > piece_bytes) {
    const bool is_long = !pieces_.empty();
    pieces_.emplace_back();
    if (is_long) pieces_.back().reserve(piece_bytes);
  }
  pieces_.back() += filled;
}

void Deflated::run(int flush) {
  do {
    stream_.next_out = reinterpret_cast<Bytef*>(buffer_.get());
    stream_.avail_out = buffer_bytes;
    if (deflate(&stream_, flush) == Z_STREAM_ERROR)
      throw ConversionError(ErrorCode::conversion_failed, "cannot pack the result");
    keep_buffer();
  } while (stream_.avail_out == 0);
}

void Deflated::write(std::string_view bytes) {
  if (!is_fast_ && unpacked_bytes_ > fast_from_bytes) {
    is_fast_ = true;
    run(Z_BLOCK); // so that the change of level has nothing left to pack
    stream_.next_out = reinterpret_cast<Bytef*>(buffer_.get());
    stream_.avail_out = buffer_bytes;
    deflateParams(&stream_, fast_level, Z_DEFAULT_STRATEGY);
    keep_buffer();
  }
  unpacked_bytes_ += bytes.size();
  while (!bytes.empty()) {
    const std::size_t count = std::min<std::size_t>(bytes.size(), 1u << 30);
    checksum_ = static_cast<std::uint32_t>(
        crc32(checksum_, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(count)));
    // zlib's interface takes no pointer to const, and does not write there.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(count);
    run(Z_NO_FLUSH);
    bytes.remove_prefix(count);
  }
}

void Deflated::finish() { run(Z_FINISH); }

void Deflated::finish_with(Deflated&& rest) {
  run(Z_FULL_FLUSH);
  std::move(rest.pieces_.begin(), rest.pieces_.end(), std::back_inserter(pieces_));
  checksum_ =
      static_cast<std::uint32_t>(crc32_combine(checksum_, rest.checksum_, static_cast<z_off_t>(rest.unpacked_bytes_)));
  unpacked_bytes_ += rest.unpacked_bytes_;
}

} // namespace doc::package
