// Reads the package: finds the parts, and goes through the body.
#include "docx.hpp"

#include "../../model/error.hpp"
#include "../../text/utf8.hpp"
#include "notes_reader.hpp"
#include "numbering.hpp"
#include "parts_reader.hpp"
#include "story_reader.hpp"
#include "styles.hpp"
#include "web_archive.hpp"

#include <string>
#include <unordered_set>
#include <vector>

namespace doc::docx {
namespace {

// What has to be known of the body before it is read.
struct LinkCollector : pugi::xml_tree_walker {
  bool for_each(pugi::xml_node& node) override {
    const char* name = node.name();
    if (name[0] != 'w' || name[1] != ':') return true;
    const std::string_view rest = name + 2;
    if (rest == "hyperlink") {
      anchors.emplace(clean_text(xml::value_of(node, "w:anchor")));
    } else if (rest == "instrText" || rest == "fldSimple") {
      const std::string link = link_of_field(rest == "fldSimple" ? xml::value_of(node, "w:instr") : node.text().get());
      const std::size_t hash = link.find('#');
      if (hash != std::string::npos) anchors.emplace(link.substr(hash + 1));
    } else if (rest == "fldChar") {
      const std::string_view kind = xml::value_of(node, "w:fldCharType");
      if (kind == "begin") open_fields.push_back(node);
      if (kind == "end" && !open_fields.empty()) open_fields.pop_back();
    }
    return true;
  }
  std::unordered_set<std::string> anchors;
  std::vector<pugi::xml_node> open_fields;
};

// A field that never ends would take all that follows for its instruction.
void drop_open_fields(const std::vector<pugi::xml_node>& open) {
  for (pugi::xml_node node : open) node.parent().remove_child(node);
}

Metadata metadata_of(PartsReader& parts, const Relationships& package, const Styles& styles) {
  Metadata metadata;
  std::string part = target_of(package, "core-properties");
  if (const auto tree = parts.optional_tree(part.empty() ? "docProps/core.xml" : part)) {
    const auto text = [&](const char* name) {
      return collapse_blanks(clean_text(xml::text_of(tree->root().child(name))));
    };
    metadata.title = text("dc:title");
    metadata.author = text("dc:creator");
    metadata.subject = text("dc:subject");
    metadata.keywords = text("cp:keywords");
    metadata.language = text("dc:language");
  }
  if (metadata.language.empty()) metadata.language = styles.language();
  return metadata;
}

} // namespace

void read(const Input& input, BlockSink& sink, Context& context) {
  PartsReader parts(input, context);
  const Relationships package = parts.relationships_of({});
  std::string main = target_of(package, "officeDocument");
  if (main.empty()) main = "word/document.xml";
  const auto tree = parts.tree(main);
  if (!tree) throw ConversionError(ErrorCode::corrupt_document, "the document has no main part");
  const pugi::xml_node body = tree->root().child("w:body");
  if (!body) throw ConversionError(ErrorCode::corrupt_document, "the document's main part has no body");

  const Relationships relationships = parts.relationships_of(main);
  const auto part_of = [&](const char* type) {
    const std::string name = target_of(relationships, type);
    return name.empty() ? nullptr : parts.optional_tree(name);
  };
  Styles styles(part_of("styles"));
  NumberingReader numbering(part_of("numbering"), styles);
  LinkCollector found;
  pugi::xml_node(tree->root()).traverse(found);
  drop_open_fields(found.open_fields);
  const std::unordered_set<std::string> anchors = std::move(found.anchors);
  DrawingReader drawings(parts, relationships);
  NotesReader footnotes(parts, target_of(relationships, "footnotes"), "w:footnote");
  NotesReader endnotes(parts, target_of(relationships, "endnotes"), "w:endnote");
  Story story{context, styles, relationships, drawings, anchors, {}};
  std::uint32_t depth = 0;
  story.note = [&](std::string_view id, bool at_end) {
    return (at_end ? endnotes : footnotes).blocks(id, context, styles, numbering, anchors, depth);
  };

  story.chunk = [&](std::string_view id) -> Blocks {
    const auto part = relationships.find(std::string(id));
    if (part == relationships.end() || part->second.is_external) return {};
    std::string bytes = parts.bytes(part->second.target);
    if (auto page = page_of_web_archive(bytes)) return context.embedded(std::move(*page), "page.html");
    return context.embedded(std::move(bytes), part->second.target);
  };

  sink.begin(metadata_of(parts, package, styles));
  StoryReader reader(story, numbering, depth, [&sink](Block block) { sink.block(std::move(block)); });
  const auto count = static_cast<double>(std::distance(body.begin(), body.end()));
  std::size_t done = 0;
  for (const pugi::xml_node child : body.children()) {
    reader.read_one(child);
    if (++done % 100 == 0) context.progress(static_cast<double>(done) / count);
  }
  reader.finish();
  sink.end();
}

} // namespace doc::docx
