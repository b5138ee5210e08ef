// Puts the package together: the body and the notes are packed while blocks come, pictures are written at once, and
// what depends on all of it at the end.
#include "docx.hpp"

#include "../../package/archive_writer.hpp"
#include "../../package/deflated.hpp"
#include "../../package/pictures.hpp"
#include "../../text/utf8.hpp"
#include "block_writer.hpp"
#include "namespaces.hpp"
#include "numbering_writer.hpp"
#include "page.hpp"
#include "static_parts.hpp"

namespace doc::docx {
namespace {

void write_root(xml::Writer& xml, std::string_view name) {
  xml.declaration();
  xml.start(name);
  xml.attribute("xmlns:w", main_namespace);
  xml.attribute("xmlns:r", relationships_namespace);
  xml.attribute("xmlns:wp", drawing_namespace);
}

// A part that is packed while it is written.
struct PackedPart {
  PackedPart(package::Pictures& pictures, Ids& ids)
      : xml([this](std::string_view bytes) { packed.write(bytes); }), text{xml, relationships, pictures, ids, {}} {}

  void add_to(package::ArchiveWriter& archive, const std::string& name) {
    xml.end();
    xml.flush();
    packed.finish();
    archive.add("word/" + name + ".xml", packed);
    if (!relationships.empty()) archive.add("word/_rels/" + name + ".xml.rels", relationships.part());
  }

  package::Deflated packed;
  xml::Writer xml;
  RelationshipsWriter relationships;
  TextPart text;
};

// footnotes.xml or endnotes.xml, which are there only if there are notes.
class NotesPart {
public:
  NotesPart(package::Pictures& pictures, Ids& ids, NumberingWriter& numbering, bool at_end)
      : part_(pictures, ids), blocks_(part_.text, numbering), at_end_(at_end) {}

  // Its id: those of the lines between text and notes are -1 and 0.
  int add(const Note& note) {
    if (count_++ == 0) {
      write_root(part_.xml, at_end_ ? "w:endnotes" : "w:footnotes");
      part_.xml.raw(note_separators(at_end_));
    }
    part_.xml.start(at_end_ ? "w:endnote" : "w:footnote");
    part_.xml.attribute("w:id", count_);
    blocks_.write_note(*note.blocks, at_end_);
    part_.xml.end();
    return count_;
  }

  bool empty() const { return count_ == 0; }
  void add_to(package::ArchiveWriter& archive) { part_.add_to(archive, at_end_ ? "endnotes" : "footnotes"); }

private:
  PackedPart part_;
  BlockWriter blocks_;
  bool at_end_;
  int count_ = 0;
};

class Writer : public BlockSink {
public:
  explicit Writer(Output& output)
      : archive_(output), pictures_(archive_, "word/media/"), body_(pictures_, ids_), blocks_(body_.text, numbering_),
        footnotes_(pictures_, ids_, numbering_, false), endnotes_(pictures_, ids_, numbering_, true) {
    body_.text.add_note = [this](const Note& note) { return (note.at_end ? endnotes_ : footnotes_).add(note); };
  }

  void begin(const Metadata& metadata) override {
    metadata_ = metadata;
    write_root(body_.xml, "w:document");
    body_.xml.start("w:body");
  }

  void block(Block block) override { blocks_.write(block); }

  void end() override {
    blocks_.close();
    write_section();
    body_.xml.end();
    add_fixed_relationships();
    body_.add_to(archive_, "document");
    if (!footnotes_.empty()) footnotes_.add_to(archive_);
    if (!endnotes_.empty()) endnotes_.add_to(archive_);
    const PartsWritten parts{!numbering_.empty(), !footnotes_.empty(), !endnotes_.empty()};
    if (parts.numbering) archive_.add("word/numbering.xml", numbering_.part());
    archive_.add("word/styles.xml", styles_part(clean_text(metadata_.language)));
    archive_.add("word/settings.xml", settings_part(parts));
    archive_.add("docProps/core.xml", core_properties_part(metadata_));
    archive_.add("_rels/.rels", package_relationships_part());
    archive_.add("[Content_Types].xml", content_types_part(parts, pictures_));
    archive_.finish();
  }

private:
  void write_section() {
    xml::Writer& xml = body_.xml;
    xml.start("w:sectPr");
    xml.start("w:pgSz");
    xml.attribute("w:w", page_width_twips);
    xml.attribute("w:h", page_height_twips);
    xml.end();
    xml.start("w:pgMar");
    for (const std::string_view side : {"w:top", "w:right", "w:bottom", "w:left"})
      xml.attribute(side, page_margin_twips);
    xml.attribute("w:header", page_margin_twips / 2);
    xml.attribute("w:footer", page_margin_twips / 2);
    xml.attribute("w:gutter", 0);
    xml.end();
    xml.end();
  }

  void add_fixed_relationships() {
    body_.relationships.to_part("styles", "styles.xml");
    body_.relationships.to_part("settings", "settings.xml");
    if (!numbering_.empty()) body_.relationships.to_part("numbering", "numbering.xml");
    if (!footnotes_.empty()) body_.relationships.to_part("footnotes", "footnotes.xml");
    if (!endnotes_.empty()) body_.relationships.to_part("endnotes", "endnotes.xml");
  }

  Metadata metadata_;
  Ids ids_;
  NumberingWriter numbering_;
  package::ArchiveWriter archive_;
  package::Pictures pictures_;
  PackedPart body_;
  BlockWriter blocks_;
  NotesPart footnotes_;
  NotesPart endnotes_;
};

} // namespace

std::unique_ptr<BlockSink> make_writer(Output& output, Context&) { return std::make_unique<Writer>(output); }

} // namespace doc::docx
