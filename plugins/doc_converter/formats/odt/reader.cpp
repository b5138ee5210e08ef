// Reads the package: whether it may be read, its metadata, and the text.
#include "odt.hpp"

#include "../../model/error.hpp"
#include "../../package/archive_reader.hpp"
#include "../../package/picture_reader.hpp"
#include "../../text/utf8.hpp"
#include "block_reader.hpp"
#include "styles.hpp"

#include <memory>
#include <string>

namespace doc::odt {
namespace {

std::unique_ptr<xml::Tree> tree_of(package::ArchiveReader& archive, const char* part, Context& context,
                                   bool is_optional) {
  try {
    auto bytes = archive.read(part, context.limits().xml_bytes);
    if (!bytes) return nullptr;
    return std::make_unique<xml::Tree>(std::move(*bytes), part);
  } catch (const ConversionError& error) {
    if (!is_optional || error.code() != ErrorCode::corrupt_document) throw;
    return nullptr;
  }
}

// Part 2, 4.3: the manifest says how entries are encrypted; newer files encrypt the package as a whole.
void refuse_encrypted(package::ArchiveReader& archive, Context& context) {
  const auto refuse = [] {
    throw ConversionError(ErrorCode::encrypted_document, "the document is protected by a password");
  };
  if (archive.has("encrypted-package") && !archive.has("content.xml")) refuse();
  const auto manifest = tree_of(archive, "META-INF/manifest.xml", context, true);
  if (!manifest) return;
  for (const pugi::xml_node entry : manifest->root().children("manifest:file-entry")) {
    if (entry.child("manifest:encryption-data")) refuse();
  }
}

struct LinkCollector : pugi::xml_tree_walker {
  bool for_each(pugi::xml_node& node) override {
    if (!xml::is(node, "text:a")) return true;
    const std::string target = clean_text(xml::value_of(node, "xlink:href"));
    if (target.size() > 1 && target[0] == '#') anchors.emplace(target.substr(1));
    return true;
  }
  std::unordered_set<std::string> anchors;
};

Metadata metadata_of(package::ArchiveReader& archive, Context& context, const Styles& styles) {
  Metadata metadata;
  if (const auto tree = tree_of(archive, "meta.xml", context, true)) {
    const pugi::xml_node meta = tree->root().child("office:meta");
    const auto text = [&](const char* name) { return collapse_blanks(clean_text(xml::text_of(meta.child(name)))); };
    metadata.title = text("dc:title");
    metadata.author = text("meta:initial-creator");
    if (metadata.author.empty()) metadata.author = text("dc:creator");
    metadata.subject = text("dc:subject");
    metadata.language = text("dc:language");
    for (const pugi::xml_node keyword : meta.children("meta:keyword")) {
      if (!metadata.keywords.empty()) metadata.keywords += ", ";
      metadata.keywords += collapse_blanks(clean_text(xml::text_of(keyword)));
    }
  }
  if (metadata.language.empty()) metadata.language = styles.language();
  return metadata;
}

} // namespace

void read(const Input& input, BlockSink& sink, Context& context) {
  package::ArchiveReader archive(input, context);
  package::PictureReader pictures(archive, context);
  refuse_encrypted(archive, context);
  const auto content = tree_of(archive, "content.xml", context, false);
  if (!content) throw ConversionError(ErrorCode::corrupt_document, "the document has no content");
  const pugi::xml_node text = content->root().child("office:body").child("office:text");
  if (!text) throw ConversionError(ErrorCode::invalid_format, "this OpenDocument file is not a text document");
  const auto common = tree_of(archive, "styles.xml", context, true);
  Styles styles(content->root(), common ? common->root() : pugi::xml_node());

  Source source{context, styles, archive, pictures};
  LinkCollector links;
  pugi::xml_node(text).traverse(links);
  source.linked_anchors = std::move(links.anchors);
  BlockReader reader(source);
  source.blocks_of = [&reader](pugi::xml_node node) { return reader.blocks_of(node); };

  sink.begin(metadata_of(archive, context, styles));
  Flow flow([&sink](Block block) { sink.block(std::move(block)); });
  const auto count = static_cast<double>(std::distance(text.begin(), text.end()));
  std::size_t done = 0;
  for (const pugi::xml_node child : text.children()) {
    reader.read_one(child, flow);
    if (++done % 100 == 0) context.progress(static_cast<double>(done) / count);
  }
  reader.finish(flow);
  sink.end();
}

} // namespace doc::odt
