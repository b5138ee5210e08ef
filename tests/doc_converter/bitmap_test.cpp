// Pictures of formats that PDF and RTF do not know, as pixels and in both.
#include "formats/rtf/rtf.hpp"
#include "image/bitmap.hpp"
#include "text/base64.hpp"
#include "written_pdf.hpp"

#include <array>

using namespace doc;
using namespace doc::test;

namespace {

constexpr std::uint64_t most_pixels = 1'000'000;

std::string bytes_of(std::initializer_list<int> values) {
  std::string out;
  for (const int value : values) out.push_back(static_cast<char>(value));
  return out;
}

// Two by two pixels: red, green; blue, white.
std::string bmp() {
  return "BM" + bytes_of({70, 0, 0, 0, 0, 0, 0,  0, 54, 0, 0, 0, 40, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0,
                          24, 0, 0, 0, 0, 0, 16, 0, 0,  0, 0, 0, 0,  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}) +
         bytes_of({255, 0, 0, 255, 255, 255, 0, 0, /* above it */ 0, 0, 255, 0, 255, 0, 0, 0});
}

// As BMP of 8 bits, by runs: two of colour 1, end of row, one each of 0 and 1, end.
std::string run_length_bmp() {
  return "BM" + bytes_of({0, 0, 0, 0, 0, 0, 0, 0, 62, 0, 0, 0, 40, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0,
                          8, 0, 1, 0, 0, 0, 0, 0, 0,  0, 0, 0, 0,  0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0}) +
         bytes_of({0, 0, 255, 0, 0, 255, 0, 0}) + bytes_of({2, 1, 0, 0, 1, 0, 1, 1, 0, 1});
}

// One pixel, transparent but for its colour table (GIF89a).
std::string gif() {
  return "GIF89a" + bytes_of({1, 0, 1, 0, 0x80, 0, 0, 255, 0, 0, 0,    0, 255, 0x2c, 0,
                              0, 0, 0, 1, 0,    1, 0, 0,   2, 2, 0x44, 1, 0,   0x3b});
}

// Two by one pixels of 8 bits grey, black and white, not compressed.
std::string tiff() {
  const auto entry = [](int tag, int type, int count, int value) {
    return bytes_of({tag & 255, tag >> 8, type, 0, count, 0, 0, 0, value, 0, 0, 0});
  };
  return bytes_of({'I', 'I', 42, 0, 8, 0, 0, 0, 8, 0}) + entry(256, 3, 1, 2) + entry(257, 3, 1, 1) +
         entry(258, 3, 1, 8) + entry(259, 3, 1, 1) + entry(262, 3, 1, 1) + entry(273, 4, 1, 110) + entry(278, 3, 1, 1) +
         entry(279, 4, 1, 2) + bytes_of({0, 0, 0, 0, 0, 255});
}

// One pixel, lossless.
std::string webp() { return *from_base64("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA=="); }

using Pixel = std::array<int, 4>;
Pixel pixel_of(Bitmap& bitmap, std::uint32_t x, std::uint32_t y) {
  const std::uint8_t* pixel = bitmap.pixel(x, y);
  return {pixel[0], pixel[1], pixel[2], pixel[3]};
}

Block picture(const std::string& bytes, const std::string& media_type) {
  auto image = std::make_shared<Image>();
  image->bytes = std::make_shared<const std::string>(bytes);
  image->media_type = media_type;
  image->alt = "what it shows";
  image->width_pt = image->height_pt = 40;
  Inline run;
  run.content = std::shared_ptr<const Image>(image);
  return with_runs({run});
}

} // namespace

TEST_CASE("bitmaps: BMP has its rows from below and its runs", "[bitmap]") {
  auto plain = decode_bitmap(bmp(), most_pixels);
  REQUIRE(plain);
  CHECK(pixel_of(*plain, 0, 0) == Pixel{255, 0, 0, 255});
  CHECK(pixel_of(*plain, 1, 0) == Pixel{0, 255, 0, 255});
  CHECK(pixel_of(*plain, 0, 1) == Pixel{0, 0, 255, 255});
  CHECK(pixel_of(*plain, 1, 1) == Pixel{255, 255, 255, 255});
  auto runs = decode_bitmap(run_length_bmp(), most_pixels);
  REQUIRE(runs);
  CHECK(pixel_of(*runs, 0, 1) == Pixel{0, 255, 0, 255});
  CHECK(pixel_of(*runs, 0, 0) == Pixel{255, 0, 0, 255});
  CHECK(pixel_of(*runs, 1, 0) == Pixel{0, 255, 0, 255});
}

TEST_CASE("bitmaps: GIF, TIFF and WebP are decoded", "[bitmap]") {
  auto from_gif = decode_bitmap(gif(), most_pixels);
  REQUIRE(from_gif);
  CHECK(pixel_of(*from_gif, 0, 0) == Pixel{255, 0, 0, 255});
  auto from_tiff = decode_bitmap(tiff(), most_pixels);
  REQUIRE(from_tiff);
  CHECK(pixel_of(*from_tiff, 0, 0) == Pixel{0, 0, 0, 255});
  CHECK(pixel_of(*from_tiff, 1, 0) == Pixel{255, 255, 255, 255});
  auto from_webp = decode_bitmap(webp(), most_pixels);
  REQUIRE(from_webp);
  CHECK(from_webp->width == 1);
}

TEST_CASE("bitmaps: damage and size are refused", "[bitmap]") {
  for (const std::string& whole : {bmp(), run_length_bmp(), gif(), tiff(), webp()}) {
    CHECK_FALSE(decode_bitmap(whole, 0));
    for (std::size_t length = 0; length < whole.size(); ++length) decode_bitmap(whole.substr(0, length), most_pixels);
    for (std::size_t at = 0; at < whole.size(); ++at) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ 0xff);
      decode_bitmap(damaged, most_pixels);
    }
  }
}

TEST_CASE("bitmaps: PDF and RTF show them, or their text where they are damaged", "[bitmap]") {
  const std::pair<std::string, std::string> all[] = {
      {bmp(), "image/bmp"}, {gif(), "image/gif"}, {tiff(), "image/tiff"}, {webp(), "image/webp"}};
  for (const auto& [bytes, media_type] : all) {
    CAPTURE(media_type);
    const WrittenPdf file({picture(bytes, media_type)});
    if (has_program("pdfimages")) check_contains(file.through("pdfimages -list {}"), {" image "});
    CHECK(write_all(rtf::make_writer, {}, {picture(bytes, media_type)}).find("\\pngblip") != std::string::npos);
    const WrittenPdf damaged({picture(bytes.substr(0, 16), media_type)});
    if (has_program("pdftotext")) check_contains(damaged.through("pdftotext {} -"), {"what it shows"});
  }
}
