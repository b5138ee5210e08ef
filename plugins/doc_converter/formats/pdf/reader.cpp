// Reads a PDF: pages are drawn and laid out by threads of their own, and composed in order.
#include "pdf.hpp"

#include "../../model/error.hpp"
#include "reader_composer.hpp"
#include "reader_document.hpp"
#include "reader_furniture.hpp"
#include "reader_pages.hpp"

#include <deque>
#include <string>

namespace doc::pdf {
namespace {

constexpr std::size_t pages_ahead = 24; // that are looked at before the first one is composed

void learn_looks(const std::deque<PageLayout>& pages, Looks& looks) {
  for (const PageLayout& page : pages) {
    for (const Piece& piece : page.pieces) {
      const auto* region = std::get_if<Region>(&piece);
      if (!region) continue;
      for (const Line& line : region->lines) looks.learn(text_line(*page.page, line));
    }
  }
  looks.settle();
}

} // namespace

void read(const Input& input, BlockSink& sink, Context& context) {
  Document document(input, context.limits());
  const int count = document.pages();
  if (count <= 0)
    throw ConversionError(ErrorCode::corrupt_document, "the PDF is damaged: it has no page that can be read");
  if (static_cast<std::uint64_t>(count) > context.limits().pages)
    throw ConversionError(ErrorCode::limit_exceeded,
                          "the document has more pages than are allowed: " + std::to_string(count));
  context.progress(0, "page 0 of " + std::to_string(count));
  sink.begin(document.metadata());
  const Bookmarks bookmarks = document.bookmarks();
  Looks looks;
  const Structure structure = document.structure();
  Composer composer(sink, context, bookmarks, looks, structure);
  const Document::Destinations destinations = document.destinations();
  LaidOutPages source(input, context.limits(), document, count, destinations);
  std::deque<PageLayout> window;
  Furniture furniture(count);
  bool learned = false;
  for (int done = 0; done < count; ++done) {
    while (window.size() < pages_ahead && source.more()) {
      window.push_back(source.next());
      furniture.note(window.back());
    }
    if (!learned) learn_looks(window, looks);
    learned = true;
    furniture.remove(window.front());
    composer.page(window.front());
    window.pop_front();
    const std::string number = std::to_string(done + 1);
    context.progress(static_cast<double>(done + 1) / count,
                     std::string("page ").append(number).append(" of ").append(std::to_string(count)));
  }
  composer.finish();
  sink.end();
}

} // namespace doc::pdf
