// Blocks as a PDF: laid out by Flow, placed on pages by Pages.
#include "../../model/error.hpp"
#include "pdf.hpp"
#include "writer_flow.hpp"

namespace doc::pdf {
namespace {

class Writer final : public BlockSink {
public:
  Writer(Output& output, Context& context)
      : output_(output), images_(context), pages_(output, context), flow_(images_, context) {
    area_.left = pages_.size().left();
    area_.width = pages_.size().content_width();
    flow_.remaining = [this] { return pages_.remaining(); };
  }

  void begin(const Metadata& metadata) override { pages_.begin(metadata); }
  void block(Block block) override {
    flow_.add(block, area_, [this](Item item) { pages_.place(std::move(item)); });
  }
  void end() override {
    pages_.end();
    output_.flush();
  }

private:
  Output& output_;
  Images images_;
  Pages pages_;
  Flow flow_;
  Area area_;
};

} // namespace

std::unique_ptr<BlockSink> make_writer(Output& output, Context& context) {
  return std::make_unique<Writer>(output, context);
}

} // namespace doc::pdf
