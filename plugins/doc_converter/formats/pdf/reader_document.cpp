#include "reader_document.hpp"

#include "../../model/error.hpp"
#include "../../text/utf8.hpp"
#include "reader_structure_tree.hpp"

#include <Annot.h>
#include <Catalog.h>
#include <Error.h>
#include <ErrorCodes.h>
#include <GlobalParams.h>
#include <Link.h>
#include <Outline.h>
#include <PDFDoc.h>
#include <Page.h>
#include <Stream.h>
#include <UTF.h>
#include <goo/gfile.h>
#include <goo/gmem.h>

#include <algorithm>
#include <fcntl.h>
#include <mutex>
#include <set>
#include <unistd.h>

namespace doc::pdf {
namespace {

// What a damaged document is complained of is of no use to anybody.
void say_nothing(ErrorCategory, Goffset, const char*) {}

void start_poppler() {
  static std::once_flag once;
  std::call_once(once, [] {
    globalParams = std::make_unique<GlobalParams>();
    globalParams->setErrQuiet(true);
    setErrorCallback(say_nothing);
  });
}

std::string utf8_of(const GooString* text) {
  if (!text) return {};
  Unicode* unicode = nullptr;
  const int length = TextStringToUCS4(text->toStr(), &unicode);
  std::string result;
  for (int i = 0; i < length && i < 10'000; ++i) append_utf8(result, unicode[i]);
  if (length > 0) gfree(unicode);
  return clean_text(result);
}

std::string collapsed(const GooString* text) { return collapse_blanks(utf8_of(text)); }

// poppler reads with pread(), so the descriptor's own copy disturbs nobody.
class OwnedFile {
public:
  static GooFile* of(const Input& input) {
    const int descriptor = fcntl(input.descriptor(), F_DUPFD_CLOEXEC, 3);
    if (descriptor < 0) throw ConversionError(ErrorCode::conversion_failed, "the document's file cannot be used twice");
    return GooFile::open(descriptor).release();
  }
};

// Owns the file that poppler's stream only borrows.
class DocumentStream : public FileStream {
public:
  DocumentStream(GooFile* given, Goffset size) : FileStream(given, 0, false, size, Object(objNull)), owned_(given) {}

private:
  std::unique_ptr<GooFile> owned_;
};

bool is_wanted_annotation(Annot* annot, void*) {
  switch (annot->getType()) {
  case Annot::typeLink: // whose borders look like a table's
  case Annot::typeText:
  case Annot::typePopup:
  case Annot::typeFileAttachment:
  case Annot::typeSound:
  case Annot::typeMovie: return false;
  default: return true;
  }
}

struct Target {
  int page = 0; // 0: none
  int y = 0;    // in the page's units, from below
};

Target target_in(PDFDoc& doc, const LinkAction* action) {
  if (!action || action->getKind() != actionGoTo) return {};
  const auto* go = static_cast<const LinkGoTo*>(action);
  std::unique_ptr<LinkDest> named;
  const LinkDest* dest = go->getDest();
  if (!dest && go->getNamedDest()) {
    named = doc.findDest(go->getNamedDest());
    dest = named.get();
  }
  if (!dest || !dest->isOk()) return {};
  Target target;
  target.page = dest->isPageRef() ? doc.findPage(dest->getPageRef()) : dest->getPageNum();
  const bool has_top = dest->getKind() == destXYZ || dest->getKind() == destFitH || dest->getKind() == destFitBH ||
                       dest->getKind() == destFitR;
  target.y =
      has_top && dest->getChangeTop() ? static_cast<int>(std::clamp(dest->getTop(), -20'000.0, 20'000.0)) : 20'000;
  return target;
}

int page_of(PDFDoc& doc, const LinkAction* action) { return target_in(doc, action).page; }

std::string name_of(int page, int y) {
  return "page-" + std::to_string(page) + (y >= 20'000 ? std::string() : "-" + std::to_string(y));
}

void add_bookmarks(PDFDoc& doc, const std::vector<OutlineItem*>* items, int level, Bookmarks& bookmarks,
                   std::size_t& budget, std::set<int>& seen) {
  if (!items || level > 20) return;
  for (OutlineItem* item : *items) {
    if (budget == 0 || !seen.insert(item->getRefNum()).second) return;
    --budget;
    std::string title;
    for (int i = 0; i < item->getTitleLength() && i < 1000; ++i) append_utf8(title, item->getTitle()[i]);
    bookmarks.add(page_of(doc, item->getAction()), collapse_blanks(clean_text(title)), level);
    item->open();
    if (item->hasKids()) add_bookmarks(doc, item->getKids(), level + 1, bookmarks, budget, seen);
  }
}

} // namespace

Document::Document(const Input& input, const Limits& limits) : pictures_(limits), device_(pictures_) {
  start_poppler();
  auto* stream = new DocumentStream(OwnedFile::of(input), static_cast<Goffset>(input.size()));
  doc_ = std::make_unique<PDFDoc>(stream);
  if (!doc_->isOk()) {
    if (doc_->getErrorCode() == errEncrypted)
      throw ConversionError(ErrorCode::encrypted_document, "the PDF is protected by a password");
    throw ConversionError(ErrorCode::corrupt_document, "the PDF is damaged: it has no readable table of its objects");
  }
}

Document::~Document() = default;

int Document::pages() { return doc_->getNumPages(); }

Metadata Document::metadata() {
  Metadata metadata;
  metadata.title = collapsed(doc_->getDocInfoTitle().get());
  metadata.author = collapsed(doc_->getDocInfoAuthor().get());
  metadata.subject = collapsed(doc_->getDocInfoSubject().get());
  metadata.keywords = collapsed(doc_->getDocInfoKeywords().get());
  const Object catalog = doc_->getXRef()->getCatalog();
  if (catalog.isDict()) {
    const Object language = catalog.dictLookup("Lang");
    if (language.isString()) metadata.language = collapsed(language.getString());
    if (metadata.language.size() > 35) metadata.language.clear();
  }
  return metadata;
}

Bookmarks Document::bookmarks() {
  Bookmarks bookmarks;
  Outline* outline = doc_->getOutline();
  if (!outline) return bookmarks;
  std::size_t budget = 50'000;
  std::set<int> seen;
  add_bookmarks(*doc_, outline->getItems(), 1, bookmarks, budget, seen);
  return bookmarks;
}

Structure Document::structure() { return read_structure(*doc_, pages()); }

Document::Destinations Document::destinations() {
  constexpr int most_pages = 2'000;
  Destinations result;
  if (pages() > most_pages) return result;
  std::size_t budget = 50'000;
  for (int number = 1; number <= pages() && budget > 0; ++number) {
    ::Page* page = doc_->getPage(number);
    if (!page) continue;
    const Object annotations = page->getAnnotsObject();
    if (!annotations.isArray()) continue;
    for (int i = 0; i < annotations.arrayGetLength() && budget > 0; ++i, --budget) {
      const Object one = annotations.arrayGet(i);
      if (!one.isDict() || !one.dictLookup("Subtype").isName("Link")) continue;
      const Object place = one.dictLookup("Dest"), does = one.dictLookup("A");
      const auto action = !place.isNull() ? LinkAction::parseDest(&place)
                          : does.isDict() ? LinkAction::parseAction(&does)
                                          : nullptr;
      const Target target = target_in(*doc_, action.get());
      if (target.page > 0 && target.page <= pages()) result[target.page].insert(target.y);
    }
  }
  return result;
}

std::string Document::target_of(const LinkAction& action) {
  if (action.getKind() == actionURI) return collapse_blanks(clean_text(static_cast<const LinkURI&>(action).getURI()));
  if (action.getKind() != actionGoTo || !destinations_) return {};
  const Target target = target_in(*doc_, &action);
  const auto known = destinations_->find(target.page);
  if (known == destinations_->end() || !known->second.contains(target.y)) return {};
  return "#" + name_of(target.page, target.y);
}

void Document::add_links(Page& page, int number) {
  double matrix[6];
  doc_->getPage(number)->getDefaultCTM(matrix, 72, 72, 0, false, true);
  if (destinations_) {
    if (const auto known = destinations_->find(number); known != destinations_->end()) {
      for (auto y = known->second.rbegin(); y != known->second.rend(); ++y)
        page.destinations.push_back(
            {*y >= 20'000 ? 0 : static_cast<float>(matrix[3] * *y + matrix[5]), name_of(number, *y)});
    }
  }
  const auto links = doc_->getLinks(number);
  if (!links) return;
  for (AnnotLink* link : links->getLinks()) {
    if (page.links.size() >= 30'000) break;
    const LinkAction* action = link->getAction();
    if (!action || !action->isOk()) continue;
    std::string target = target_of(*action);
    if (target.empty() || target.size() > 4'000) continue;
    double x1, y1, x2, y2;
    link->getRect(&x1, &y1, &x2, &y2);
    const double ax = matrix[0] * x1 + matrix[2] * y1 + matrix[4], ay = matrix[1] * x1 + matrix[3] * y1 + matrix[5];
    const double bx = matrix[0] * x2 + matrix[2] * y2 + matrix[4], by = matrix[1] * x2 + matrix[3] * y2 + matrix[5];
    const Box box{static_cast<float>(std::min(ax, bx)), static_cast<float>(std::min(ay, by)),
                  static_cast<float>(std::max(ax, bx)), static_cast<float>(std::max(ay, by))};
    page.links.push_back({box, std::move(target)});
  }
  if (!page.links.empty()) mark_links(page);
}

void Document::mark_links(Page& page) const {
  // By rows of the page, so that many links on it cost little.
  std::vector<std::vector<std::int16_t>> rows(64);
  const float row_height = std::max(1.0f, page.height / 64);
  for (std::size_t i = 0; i < page.links.size(); ++i) {
    const auto row = [&](float y) { return static_cast<std::size_t>(std::clamp(y / row_height, 0.0f, 63.0f)); };
    for (std::size_t r = row(page.links[i].box.y0); r <= row(page.links[i].box.y1); ++r)
      rows[r].push_back(static_cast<std::int16_t>(i));
  }
  for (Glyph& glyph : page.glyphs) {
    if (glyph.angle != 0) continue;
    const float x = (glyph.x0 + glyph.x1) / 2, y = glyph.base - 0.25f * glyph.size;
    const auto row = static_cast<std::size_t>(std::clamp(y / row_height, 0.0f, 63.0f));
    for (const std::int16_t i : rows[row]) {
      if (!page.links[static_cast<std::size_t>(i)].box.contains(x, y)) continue;
      glyph.link = i;
      break;
    }
  }
}

std::unique_ptr<Page> Document::draw(int number) {
  if (!doc_->getPage(number)) return nullptr;
  doc_->displayPage(&device_, number, 72, 72, 0, false, true, false, nullptr, nullptr, is_wanted_annotation, nullptr);
  auto page = device_.take();
  if (page) add_links(*page, number);
  return page;
}

} // namespace doc::pdf
