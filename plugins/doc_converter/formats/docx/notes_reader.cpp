#include "notes_reader.hpp"

#include "story_reader.hpp"

namespace doc::docx {

NotesReader::NotesReader(PartsReader& parts, const std::string& part, const char* element)
    : drawings_(parts, relationships_) {
  if (part.empty()) return;
  tree_ = parts.optional_tree(part);
  if (!tree_) return;
  relationships_ = parts.relationships_of(part);
  for (const pugi::xml_node node : tree_->root().children(element)) {
    const std::string_view type = xml::value_of(node, "w:type");
    if (type.empty() || type == "normal") notes_.emplace(xml::value_of(node, "w:id"), node);
  }
}

std::shared_ptr<const Blocks> NotesReader::blocks(std::string_view id, Context& context, Styles& styles,
                                                  NumberingReader& numbering,
                                                  const std::unordered_set<std::string>& anchors,
                                                  std::uint32_t& depth) {
  const auto note = notes_.find(std::string(id));
  if (note == notes_.end()) return nullptr;
  auto& kept = read_[note->first];
  if (kept) return kept;
  Story story{context, styles, relationships_, drawings_, anchors, {}};
  kept = std::make_shared<const Blocks>(StoryReader::blocks_of(story, numbering, depth, note->second));
  return kept;
}

} // namespace doc::docx
