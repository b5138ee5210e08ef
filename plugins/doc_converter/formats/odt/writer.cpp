// Puts the package together. content.xml begins with styles that are known only at its end: the body is packed while
// blocks come, and joined to what stands before it when all is known.
#include "odt.hpp"

#include "../../package/archive_writer.hpp"
#include "../../package/deflated.hpp"
#include "../../package/pictures.hpp"
#include "../../text/utf8.hpp"
#include "block_writer.hpp"
#include "static_parts.hpp"

#include <utility>

namespace doc::odt {
namespace {

class Writer : public BlockSink {
public:
  explicit Writer(Output& output)
      : archive_(output), pictures_(archive_, "Pictures/"),
        xml_([this](std::string_view bytes) { body_.write(bytes); }), text_{xml_, styles_, pictures_, {}},
        blocks_(text_) {
    text_.write_note_body = [this](const Note& note) { blocks_.write_note(note); };
    archive_.add_stored("mimetype", media_type); // first, and not packed (part 2, 3.3)
  }

  void begin(const Metadata& metadata) override { metadata_ = metadata; }
  void block(Block block) override { blocks_.write(block); }

  void end() override {
    xml_.raw("</office:text></office:body></office:document-content>");
    xml_.flush();
    body_.finish();
    package::Deflated content;
    content.write(head());
    content.finish_with(std::move(body_));
    archive_.add("content.xml", content);
    archive_.add("styles.xml", styles_part(clean_text(metadata_.language)));
    archive_.add("meta.xml", meta_part(metadata_));
    archive_.add("META-INF/manifest.xml", manifest_part(pictures_));
    archive_.finish();
  }

private:
  // Everything before the first block.
  std::string head() const {
    xml::Writer xml;
    start_root(xml, "office:document-content");
    xml.raw(styles_.element());
    xml.start("office:body");
    xml.start("office:text");
    xml.raw("");
    return xml.taken();
  }

  Metadata metadata_;
  AutoStyles styles_;
  package::ArchiveWriter archive_;
  package::Pictures pictures_;
  package::Deflated body_;
  xml::Writer xml_;
  TextBody text_;
  BlockWriter blocks_;
};

} // namespace

std::unique_ptr<BlockSink> make_writer(Output& output, Context&) { return std::make_unique<Writer>(output); }

} // namespace doc::odt
