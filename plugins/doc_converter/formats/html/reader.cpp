#include "html.hpp"

#include "../../model/error.hpp"
#include "../../text/utf8.hpp"
#include "charset.hpp"
#include "walker.hpp"
#include "xhtml.hpp"

#include <cctype>
#include <string>

namespace doc::html {
namespace {

// Gumbo's tree is many times as large as the page.
constexpr std::uint64_t most_bytes = 256ull << 20;

std::string clean(const char* text) { return text ? collapse_blanks(clean_text(text)) : std::string(); }

void read_meta(const GumboNode* element, Metadata& metadata) {
  const char* given = attribute(element, "name");
  if (!given) return;
  std::string name = given;
  for (char& letter : name) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  std::string content = clean(attribute(element, "content"));
  const auto take = [&](std::string& field, const char* separator) {
    if (!field.empty() && separator)
      field.append(separator).append(content);
    else if (field.empty())
      field = std::move(content);
  };
  if (name == "author" || name == "dc.creator" || name == "dcterms.creator")
    take(metadata.author, ", ");
  else if (name == "description" || name == "dc.description")
    take(metadata.subject, nullptr);
  else if (name == "keywords" || name == "dc.subject")
    take(metadata.keywords, nullptr);
}

Metadata metadata_of(const GumboNode* root) {
  Metadata metadata;
  for (const char* name : {"lang", "xml:lang"}) {
    if (metadata.language.empty()) metadata.language = clean(attribute(root, name));
  }
  const GumboVector* all = children_of(root);
  for (unsigned i = 0; i < all->length; ++i) {
    const auto* head = static_cast<const GumboNode*>(all->data[i]);
    if (!is_html(head, GUMBO_TAG_HEAD)) continue;
    for (const GumboNode* node = head; node; node = next_in(head, node)) {
      if (is_html(node, GUMBO_TAG_META)) read_meta(node, metadata);
      if (is_html(node, GUMBO_TAG_TITLE) && metadata.title.empty())
        metadata.title = collapse_blanks(clean_text(text_of(node)));
    }
  }
  return metadata;
}

} // namespace

void read(const Input& input, BlockSink& sink, Context& context) {
  if (input.size() > most_bytes)
    throw ConversionError(ErrorCode::limit_exceeded,
                          "a page of HTML may have " + std::to_string(most_bytes >> 20) + " MiB");
  context.progress(0, "parsing");
  const Tree tree(close_empty_elements(decode(input.view())));
  const Index index(tree.root());
  const StyleSheet sheet(tree.root());
  sink.begin(metadata_of(tree.root()));
  Shared shared{context};
  std::uint64_t count = 0;
  Flow flow(shared, [&](Block block) {
    if (++count % 100 == 0) context.progress(-1);
    sink.block(std::move(block));
  });
  Walker walker(index, sheet, tree.text(), shared);
  const GumboVector* all = children_of(tree.root());
  for (unsigned i = 0; i < all->length; ++i) {
    const auto* child = static_cast<const GumboNode*>(all->data[i]);
    if (!is_html(child, GUMBO_TAG_HEAD)) walker.children(child, flow, {});
  }
  flow.end_paragraph();
  if (!shared.anchors.empty()) {
    Paragraph last;
    for (std::string& name : shared.anchors) last.inlines.push_back({Anchor{std::move(name)}, {}, {}});
    sink.block({std::move(last)});
  }
  sink.end();
}

} // namespace doc::html
