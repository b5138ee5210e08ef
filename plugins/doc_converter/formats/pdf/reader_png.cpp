#include "reader_png.hpp"

#include "../../model/error.hpp"

#include <cstdlib>
#include <cstring>

namespace doc::pdf {
namespace {

void put_u32(std::uint8_t* out, std::uint32_t value) {
  for (int i = 0; i < 4; ++i) out[i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
}

} // namespace

PngWriter::PngWriter(int width, int height, Kind kind) {
  pixel_bytes_ = kind == gray ? 1 : kind == rgb ? 3 : 4;
  row_bytes_ = static_cast<std::size_t>(width) * pixel_bytes_;
  filtered_ = true;
  begin(width, height, 8, kind == gray ? 0 : kind == rgb ? 2 : 6);
}

PngWriter::PngWriter(int width, int height, const std::uint32_t (&palette)[2]) {
  row_bytes_ = (static_cast<std::size_t>(width) + 7) / 8;
  begin(width, height, 1, 3);
  std::uint8_t colors[6];
  for (int i = 0; i < 6; ++i) colors[i] = static_cast<std::uint8_t>(palette[i / 3] >> (16 - 8 * (i % 3)));
  chunk("PLTE", colors, sizeof colors);
}

PngWriter::~PngWriter() { deflateEnd(&stream_); }

void PngWriter::begin(int width, int height, int depth, int color_type) {
  out_ = "\x89PNG\r\n\x1a\n";
  std::uint8_t header[13] = {};
  put_u32(header, static_cast<std::uint32_t>(width));
  put_u32(header + 4, static_cast<std::uint32_t>(height));
  header[8] = static_cast<std::uint8_t>(depth);
  header[9] = static_cast<std::uint8_t>(color_type);
  chunk("IHDR", header, sizeof header);
  if (deflateInit(&stream_, 4) != Z_OK)
    throw ConversionError(ErrorCode::conversion_failed, "there is not enough memory for a picture");
  previous_.assign(row_bytes_, 0);
  line_.resize(row_bytes_ + 1);
  packed_.resize(64 * 1024);
  stream_.next_out = packed_.data();
  stream_.avail_out = static_cast<uInt>(packed_.size());
}

void PngWriter::chunk(const char (&type)[5], const void* data, std::size_t length) {
  std::uint8_t number[4];
  put_u32(number, static_cast<std::uint32_t>(length));
  out_.append(reinterpret_cast<const char*>(number), 4);
  const std::size_t begin = out_.size();
  out_.append(type, 4);
  if (length) out_.append(static_cast<const char*>(data), length);
  const uLong sum = crc32(0, reinterpret_cast<const Bytef*>(out_.data() + begin), static_cast<uInt>(length + 4));
  put_u32(number, static_cast<std::uint32_t>(sum));
  out_.append(reinterpret_cast<const char*>(number), 4);
}

void PngWriter::deflate_all(int flush) {
  for (;;) {
    const int result = deflate(&stream_, flush);
    const std::size_t count = packed_.size() - stream_.avail_out;
    if (stream_.avail_out == 0 || (flush == Z_FINISH && count > 0)) {
      chunk("IDAT", packed_.data(), count);
      stream_.next_out = packed_.data();
      stream_.avail_out = static_cast<uInt>(packed_.size());
    }
    if (flush == Z_FINISH ? result == Z_STREAM_END : stream_.avail_in == 0) return;
    if (result != Z_OK && result != Z_BUF_ERROR) return;
  }
}

void PngWriter::row(const std::uint8_t* samples) {
  line_[0] = 0;
  if (filtered_) { // what is above is most like it in pictures of documents
    line_[0] = 2;
    for (std::size_t i = 0; i < row_bytes_; ++i) line_[i + 1] = static_cast<std::uint8_t>(samples[i] - previous_[i]);
    std::memcpy(previous_.data(), samples, row_bytes_);
  } else {
    std::memcpy(line_.data() + 1, samples, row_bytes_);
  }
  stream_.next_in = line_.data();
  stream_.avail_in = static_cast<uInt>(line_.size());
  deflate_all(Z_NO_FLUSH);
}

std::string PngWriter::finish() {
  stream_.next_in = nullptr;
  stream_.avail_in = 0;
  deflate_all(Z_FINISH);
  chunk("IEND", nullptr, 0);
  return std::move(out_);
}

} // namespace doc::pdf
