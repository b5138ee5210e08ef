// Blocks in their order, where quoted paragraphs that follow each other become one quotation, and lines of code one
// piece.
#pragma once

#include "../../model/document.hpp"

#include <functional>
#include <optional>

namespace doc::odt {

enum class FlowKind { plain, quote, code };

class Flow {
public:
  using Emit = std::function<void(Block)>;
  explicit Flow(Emit emit) : emit_(std::move(emit)) {}

  void add(Block block, FlowKind kind = FlowKind::plain);
  // A list that may go on with the one before it: programs write an item of the second level as a list of its own,
  // whose first item has nothing but a list.
  void add_list(List list);
  void finish();

private:
  Emit emit_;
  std::optional<Block> pending_; // the last one, which may still grow
  FlowKind kind_ = FlowKind::plain;
};

} // namespace doc::odt
