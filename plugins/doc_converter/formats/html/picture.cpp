#include "picture.hpp"

#include "../../image/probe.hpp"
#include "../../model/error.hpp"
#include "../../text/base64.hpp"
#include "../../text/utf8.hpp"
#include "cascade.hpp"

#include <cstring>

namespace doc::html {
namespace {

std::string text_attribute(const GumboNode* element, const char* name) {
  const char* value = attribute(element, name);
  return value ? collapse_blanks(clean_text(value)) : std::string();
}

double length_of(const GumboNode* element, const char* name) {
  if (const char* style = attribute(element, "style")) {
    const double length = parse_length(Declarations{style}.value(name));
    if (length > 0) return length;
  }
  const char* value = attribute(element, name);
  return value ? parse_length(value) : 0;
}

// Where one side is given, the other follows from the picture's shape.
void set_size(const GumboNode* element, Image& image) {
  image.width_pt = length_of(element, "width");
  image.height_pt = length_of(element, "height");
  if (image.width_px == 0 || image.height_px == 0) return;
  const double ratio = static_cast<double>(image.height_px) / image.width_px;
  if (image.width_pt > 0 && image.height_pt <= 0) image.height_pt = image.width_pt * ratio;
  if (image.height_pt > 0 && image.width_pt <= 0) image.width_pt = image.height_pt / ratio;
}

void set_bytes(std::string bytes, const std::string& claimed, const Context& context, Image& image) {
  if (bytes.size() > context.limits().image_bytes)
    throw ConversionError(ErrorCode::limit_exceeded, "a picture of the page is larger than is allowed");
  const auto info = probe_image(bytes);
  image.media_type = info ? info->media_type : claimed;
  if (info) {
    context.check_image(info->width_px, info->height_px);
    image.width_px = info->width_px;
    image.height_px = info->height_px;
  }
  image.bytes = std::make_shared<const std::string>(std::move(bytes));
}

bool contains(std::string_view text, std::string_view what) { return text.find(what) != std::string_view::npos; }

} // namespace

std::shared_ptr<Image> picture_of(const GumboNode* element, const Context& context) {
  auto image = std::make_shared<Image>();
  image->alt = text_attribute(element, "alt");
  image->title = text_attribute(element, "title");
  image->bytes = std::make_shared<const std::string>();
  const char* source = attribute(element, "src");
  if (source && std::strncmp(source, "data:", 5) == 0) {
    if (auto data = parse_data_uri(source)) set_bytes(std::move(data->bytes), data->media_type, context, *image);
  }
  set_size(element, *image);
  return image;
}

// The source is taken as it stands: gumbo keeps where elements began and ended.
std::shared_ptr<Image> drawing_of(const GumboNode* element, std::string_view page, const Context& context) {
  const GumboStringPiece& begin = element->v.element.original_tag;
  const GumboStringPiece& end = element->v.element.original_end_tag;
  if (begin.length == 0 || end.length == 0 || begin.data < page.data() || end.data < begin.data) return nullptr;
  const auto at = static_cast<std::size_t>(begin.data - page.data());
  const auto to = static_cast<std::size_t>(end.data - page.data()) + end.length;
  if (to > page.size()) return nullptr;
  std::string bytes(page.substr(at, to - at));
  if (contains(bytes, "<use") && !contains(bytes, "<symbol") && !contains(bytes, "<defs")) return nullptr;
  if (!contains(bytes.substr(0, begin.length), "xmlns=")) bytes.insert(4, " xmlns=\"http://www.w3.org/2000/svg\"");
  if (contains(bytes, "xlink:") && !contains(bytes, "xmlns:xlink"))
    bytes.insert(4, " xmlns:xlink=\"http://www.w3.org/1999/xlink\"");
  auto image = std::make_shared<Image>();
  image->alt = text_attribute(element, "aria-label");
  if (image->alt.empty()) image->alt = collapse_blanks(clean_text(text_of(element)));
  set_bytes(std::move(bytes), "image/svg+xml", context, *image);
  set_size(element, *image);
  return image;
}

} // namespace doc::html
