// Puts a document's blocks together from what a parser meets in order: containers that open and close, text, marks.
// Markdown's own containers and those of the HTML in it nest in one stack, so that a table in HTML may have Markdown in
// its cells. What stands at the top goes out as soon as it is complete.
#pragma once

#include "../../model/context.hpp"
#include "../../model/document.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace doc::markdown {

enum class Container { document, quote, list, item, table, row, cell };

struct Frame {
  Container container = Container::document;
  bool is_html = false; // opened by a tag: open until a tag closes it, or what is around it ends
  Blocks blocks;        // of quotes, items and cells; of tables what stood outside its cells
  List list;
  std::optional<bool> checked;
  Table table;
  Row row;
  Cell cell;
};

class Builder {
public:
  // `targets`: the names that links lead to; other headings get no anchors. Both outlive this.
  Builder(Context& context, const std::unordered_set<std::string>& targets, std::function<void(Block)> sink);

  // How many containers are open; close_to() closes those beyond.
  std::size_t depth() const { return frames_.size(); }
  // Beyond the depth that is allowed nothing is opened: what is inside joins what is around it.
  void open(Container container, bool is_html);
  void close_to(std::size_t depth);
  Frame& top() { return frames_.back(); }
  Frame& frame(std::size_t at) { return frames_[at]; }
  // The innermost of these that a tag opened and no container of Markdown's has opened since; 0: none.
  std::size_t html_frame(Container container) const;

  void begin_heading(int level, bool is_html);
  void end_paragraph(); // the text so far, as a paragraph or as the heading that was begun
  void add(Block block);

  void text(std::string_view text);
  void add(Inline run); // in the style and with the link of this place
  void line_break() { add(Inline{LineBreak{}, {}, {}}); }
  bool has_text() const { return !inlines_.empty(); }
  bool ends_with_blank() const;

  // Styles and links nest: `tag` is what ends them again. A tag of HTML does not end what Markdown began.
  void begin_span(std::string_view tag, bool is_html);
  void end_span(std::string_view tag, bool is_html);
  TextStyle& style() { return style_; }
  void set_link(std::string link) { link_ = std::move(link); }
  bool has_target(const std::string& name) const { return targets_.count(name) > 0; }

  void finish() { close_to(1); }

private:
  struct Span {
    std::string tag;
    bool is_html;
    TextStyle style; // before it
    std::string link;
  };

  void close();
  void name_heading(Heading& heading, std::string name); // `name`: as it was written, or empty
  void limit_cells();

  Context& context_;
  const std::unordered_set<std::string>& targets_;
  std::function<void(Block)> sink_;
  std::vector<Frame> frames_;
  std::vector<Span> spans_;
  Inlines inlines_;
  TextStyle style_;
  std::string link_;
  int heading_ = 0; // the level; 0: a paragraph
  bool is_html_heading_ = false;
  std::uint32_t cells_ = 0;
  std::unordered_map<std::string, int> slugs_;
};

} // namespace doc::markdown
