#include "drawing_writer.hpp"

#include "../../text/utf8.hpp"
#include "namespaces.hpp"

#include <cstdint>

namespace doc::docx {
namespace {

// English Metric Units, of which a point has 12,700.
std::int64_t emu(double points) { return static_cast<std::int64_t>(points * 12700); }

void write_names(xml::Writer& xml, std::string_view element, const Image& image, int id) {
  xml.start(element);
  xml.attribute("id", id);
  xml.attribute("name", "Picture " + std::to_string(id));
  if (!image.alt.empty()) xml.attribute("descr", clean_text(image.alt));
  if (!image.title.empty()) xml.attribute("title", clean_text(image.title));
  xml.end();
}

void write_extent(xml::Writer& xml, std::string_view element, package::ShownSize size) {
  xml.start(element);
  xml.attribute("cx", emu(size.width));
  xml.attribute("cy", emu(size.height));
  xml.end();
}

// Word shows an SVG picture that is named here; older programs look at the blip's own r:embed, which is the same part.
void write_blip(xml::Writer& xml, const Image& image, const std::string& relationship) {
  xml.start("a:blip");
  xml.attribute("r:embed", relationship);
  if (image.media_type == "image/svg+xml") {
    xml.start("a:extLst");
    xml.start("a:ext");
    xml.attribute("uri", "{96DAC541-7B7A-43D3-8B79-37D633B846F1}");
    xml.start("asvg:svgBlip");
    xml.attribute("xmlns:asvg", "http://schemas.microsoft.com/office/drawing/2016/SVG/main");
    xml.attribute("r:embed", relationship);
    xml.end();
    xml.end();
    xml.end();
  }
  xml.end();
}

void write_picture(xml::Writer& xml, const Image& image, const std::string& relationship, int id,
                   package::ShownSize size) {
  xml.start("pic:pic");
  xml.attribute("xmlns:pic", picture_namespace);
  xml.start("pic:nvPicPr");
  write_names(xml, "pic:cNvPr", image, id);
  xml.element("pic:cNvPicPr");
  xml.end();
  xml.start("pic:blipFill");
  write_blip(xml, image, relationship);
  xml.start("a:stretch");
  xml.element("a:fillRect");
  xml.end();
  xml.end();
  xml.start("pic:spPr");
  xml.start("a:xfrm");
  xml.start("a:off");
  xml.attribute("x", 0);
  xml.attribute("y", 0);
  xml.end();
  write_extent(xml, "a:ext", size);
  xml.end();
  xml.start("a:prstGeom");
  xml.attribute("prst", "rect");
  xml.element("a:avLst");
  xml.end();
  xml.end();
  xml.end();
}

} // namespace

void write_drawing(xml::Writer& xml, const Image& image, const std::string& relationship, int id,
                   package::ShownSize size) {
  xml.start("w:drawing");
  xml.start("wp:inline");
  for (const std::string_view side : {"distT", "distB", "distL", "distR"}) xml.attribute(side, 0);
  write_extent(xml, "wp:extent", size);
  write_names(xml, "wp:docPr", image, id);
  xml.start("wp:cNvGraphicFramePr");
  xml.start("a:graphicFrameLocks");
  xml.attribute("xmlns:a", shapes_namespace);
  xml.attribute("noChangeAspect", "1");
  xml.end();
  xml.end();
  xml.start("a:graphic");
  xml.attribute("xmlns:a", shapes_namespace);
  xml.start("a:graphicData");
  xml.attribute("uri", picture_namespace);
  write_picture(xml, image, relationship, id, size);
  xml.end();
  xml.end();
  xml.end();
  xml.end();
}

} // namespace doc::docx
