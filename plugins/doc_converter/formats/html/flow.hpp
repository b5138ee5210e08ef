// A stream of blocks being made of text and elements that come one after another: paragraphs from runs of text, and
// blanks collapsed as CSS does.
#pragma once

#include "cascade.hpp"

#include "../../model/context.hpp"
#include "../../model/document.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace doc::html {

// What the flows of one document share.
struct Shared {
  Context& context;
  std::vector<std::string> anchors = {}; // seen, and not yet in a paragraph
};

class Flow {
public:
  using Emit = std::function<void(Block)>;

  // The shared part outlives the flow.
  Flow(Shared& shared, Emit emit) : shared_(shared), emit_(std::move(emit)) {}

  void text(std::string_view text, const Look& look);
  void line_break(const Look& look);
  void add(Inline run); // a picture, a note
  void anchor(std::string name) { shared_.anchors.push_back(std::move(name)); }

  // The paragraph that is being written, if there is one, ends. Where only inlines can be, that is a blank.
  void end_paragraph();
  void block(Block block);

  // Paragraphs are headings of this level from now on; 0: paragraphs.
  void heading_level(int level) { heading_level_ = level; }
  // From now on nothing but inlines is made, which take_inlines() gives.
  void only_inlines() { only_inlines_ = true; }
  bool takes_blocks() const { return !only_inlines_; }
  Inlines take_inlines();

  bool is_empty() const { return pending_.empty() && !has_blocks_; }
  Shared& shared() { return shared_; }

private:
  void append(std::string_view text, const Look& look);
  void preserved(std::string_view text, const Look& look);
  void begin_run(const Look& look);
  void place_anchors();

  Shared& shared_;
  Emit emit_;
  Inlines pending_;
  Alignment alignment_ = Alignment::natural;
  int heading_level_ = 0;
  bool only_inlines_ = false;
  bool has_blocks_ = false;
  bool after_blank_ = true; // a blank here would be one too many
};

} // namespace doc::html
