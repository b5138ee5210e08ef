// The HTML that stands in Markdown: its tags as what the builder knows. No parser of HTML documents.
#pragma once

#include "builder.hpp"

#include <string>
#include <string_view>

namespace doc::markdown {

// "&nbsp;", "&#228;" as text; what is no entity stays as it is.
std::string entity_text(std::string_view entity);
std::string with_entities(std::string_view text);

// A picture by its address: data URIs carry one, others name a picture that the document does not have.
std::shared_ptr<const Image> picture(const std::string& source, std::string alt, std::string title);

// Where a link leads; empty for what must not be followed from a document ("javascript:").
std::string link_target(std::string url);

class RawHtml {
public:
  explicit RawHtml(Builder& builder) : builder_(builder) {}

  // A tag, or a comment, in the middle of Markdown's text.
  void inline_tag(std::string_view html);
  // Lines of HTML between Markdown's blocks: tags and text.
  void block(std::string_view html);

private:
  struct Tag {
    std::string name; // lower case
    bool is_end = false;
    std::string_view attributes;
  };

  // The tag at `position`, which moves behind it; what is none of ours has no name.
  static Tag next_tag(std::string_view html, std::size_t& position);
  static std::string attribute(const Tag& tag, std::string_view name);

  void handle(const Tag& tag);
  bool handle_style(const Tag& tag);
  bool handle_block(const Tag& tag);
  bool handle_container(const Tag& tag);
  void open_list(const Tag& tag);
  void open_cell(const Tag& tag);
  void leave(Container container);
  void anchor(const Tag& tag);
  void block_text(std::string_view text);
  std::size_t skip_verbatim(const Tag& tag, std::string_view html, std::size_t position);

  Builder& builder_;
};

} // namespace doc::markdown
