#include "writer_pages.hpp"

#include "../../model/error.hpp"

#include <algorithm>
#include <cairo-pdf.h>
#include <cctype>
#include <cstdio>
#include <utility>

namespace doc::pdf {
namespace {

constexpr double note_gap = 14;       // above the notes, with the line
constexpr double most_notes = 0.6;    // of a page, for notes that come from the page before
constexpr std::size_t most_kept = 64; // items that keep together
constexpr const char* document_tag = "Document";

// Parentheses that cairo may write between parentheses.
bool is_balanced(const std::string& text) {
  int depth = 0;
  for (const char c : text) {
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (depth < 0) return false;
  }
  return depth == 0;
}

// As a URI is written (RFC 3986): what is no character of one is encoded. cairo writes it between parentheses as it
// is, and takes it from between apostrophes.
std::string uri_text(const std::string& url) {
  const bool encodes_parentheses = !is_balanced(url);
  std::string out;
  for (const char c : url) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_parenthesis = encodes_parentheses && (c == '(' || c == ')');
    if (byte > 0x20 && byte < 0x7f && c != '\'' && c != '\\' && !is_parenthesis) {
      out += c;
      continue;
    }
    char code[4];
    std::snprintf(code, sizeof code, "%%%02X", byte);
    out += code;
  }
  return out;
}

double notes_height_of(const Items& notes) {
  double height = 0;
  for (const Item& note : notes) height += note.before + note.height;
  return height;
}

} // namespace

void draw_item(Pages& pages, const Item& item, double y, double gap) {
  for (const Bar& bar : item.bars) {
    const double top = bar.begins ? y : y - gap;
    cairo_set_source_rgb(pages.cairo(), 0.8, 0.8, 0.8);
    cairo_rectangle(pages.cairo(), bar.x, top, 2, y + item.height - top);
    cairo_fill(pages.cairo());
  }
  if (item.draw) item.draw(pages, y);
}

Pages::Pages(Output& output, Context& context) : output_(output), context_(context) {}

Pages::~Pages() {
  if (cairo_) cairo_destroy(cairo_);
  if (surface_) cairo_surface_destroy(surface_);
}

cairo_status_t Pages::write(void* self, const unsigned char* bytes, unsigned length) {
  auto* pages = static_cast<Pages*>(self);
  if (pages->failure_) return CAIRO_STATUS_WRITE_ERROR;
  try {
    pages->output_.write({reinterpret_cast<const char*>(bytes), length});
    return CAIRO_STATUS_SUCCESS;
  } catch (...) {
    pages->failure_ = std::current_exception();
    return CAIRO_STATUS_WRITE_ERROR;
  }
}

void Pages::begin(const Metadata& metadata) {
  surface_ = cairo_pdf_surface_create_for_stream(write, this, size_.width, size_.height);
  const auto set = [this](cairo_pdf_metadata_t field, const std::string& value) {
    if (!value.empty()) cairo_pdf_surface_set_metadata(surface_, field, value.c_str());
  };
  set(CAIRO_PDF_METADATA_TITLE, metadata.title);
  set(CAIRO_PDF_METADATA_AUTHOR, metadata.author);
  set(CAIRO_PDF_METADATA_SUBJECT, metadata.subject);
  set(CAIRO_PDF_METADATA_KEYWORDS, metadata.keywords);
  set(CAIRO_PDF_METADATA_CREATOR, "crank-host doc-convert");
  cairo_ = cairo_create(surface_);
  // cairo 1.16 writes a damaged file where there are links and no structure around them.
  cairo_tag_begin(cairo_, document_tag, nullptr);
  check();
  begin_page();
}

void Pages::check() {
  if (failure_) std::rethrow_exception(failure_);
  const cairo_status_t status = cairo_status(cairo_);
  if (status == CAIRO_STATUS_SUCCESS) return;
  if (status == CAIRO_STATUS_NO_MEMORY) throw std::bad_alloc();
  throw ConversionError(ErrorCode::conversion_failed,
                        std::string("cannot write PDF: ").append(cairo_status_to_string(status)));
}

bool Pages::fits(double height, double notes) const {
  const double foot = notes_height_ + notes > 0 ? notes_height_ + notes + note_gap : 0;
  return y_ + height + foot <= size_.height - size_.margin_bottom + 0.01;
}

double Pages::remaining() {
  place_pending();
  const double foot = notes_height_ > 0 ? notes_height_ + note_gap : 0;
  return size_.height - size_.margin_bottom - foot - y_;
}

void Pages::place(Item item) {
  const bool keeps = item.keep && pending_.size() < most_kept;
  pending_.push_back(std::move(item));
  if (!keeps) place_pending();
}

void Pages::place_pending() {
  if (pending_.empty()) return;
  Items items = std::exchange(pending_, {});
  double height = 0, notes = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    height += items[i].height + (i == 0 && is_empty_ ? 0 : items[i].before);
    notes += notes_height_of(items[i].notes);
  }
  const bool fits_page = height + notes < size_.content_height() * 0.9;
  const bool breaks = items[0].new_page || (fits_page && !fits(height, notes));
  if (breaks && !is_empty_) {
    end_page(false);
    begin_page();
  }
  for (Item& item : items) place_now(item);
}

void Pages::place_now(Item& item) {
  const double notes = notes_height_of(item.notes);
  // A note longer than half a page begins where its mark is, and goes on.
  const double needed = notes > size_.content_height() / 2 ? 40 : notes;
  while ((!is_empty_ || notes_height_ > 0) && !fits((is_empty_ ? 0 : item.before) + item.height, needed)) {
    end_page(false);
    begin_page();
  }
  const double gap = is_empty_ ? 0 : item.before;
  y_ += gap;
  draw_item(*this, item, y_, gap);
  y_ += item.height;
  is_empty_ = false;
  take_notes(item);
}

void Pages::take_notes(Item& item) {
  for (Item& note : item.notes) {
    const double height = note.before + note.height;
    if (carried_.empty() && fits(0, height)) {
      notes_height_ += height;
      notes_.push_back(std::move(note));
    } else {
      carried_.push_back(std::move(note));
    }
  }
}

void Pages::begin_page() {
  if (++page_ > context_.limits().pages)
    throw ConversionError(ErrorCode::limit_exceeded, "the document has more pages than are allowed");
  if (page_ % 16 == 0) context_.progress(-1, "page " + std::to_string(page_));
  y_ = size_.margin_top;
  is_empty_ = true;
  painted_.clear();
  notes_.clear();
  notes_height_ = 0;
  std::size_t count = 0;
  while (count < carried_.size()) {
    const double height = carried_[count].before + carried_[count].height;
    if (count > 0 && notes_height_ + height > size_.content_height() * most_notes) break;
    notes_height_ += height;
    ++count;
  }
  const auto end = carried_.begin() + static_cast<std::ptrdiff_t>(count);
  std::move(carried_.begin(), end, std::back_inserter(notes_));
  carried_.erase(carried_.begin(), end);
}

void Pages::draw_notes() {
  if (notes_.empty()) return;
  double y = size_.height - size_.margin_bottom - notes_height_;
  cairo_set_source_rgb(cairo_, 0.5, 0.5, 0.5);
  cairo_set_line_width(cairo_, 0.5);
  cairo_move_to(cairo_, size_.left(), y - note_gap / 2);
  cairo_line_to(cairo_, size_.left() + size_.content_width() / 3, y - note_gap / 2);
  cairo_stroke(cairo_);
  for (Item& note : notes_) {
    y += note.before;
    draw_item(*this, note, y, note.before);
    y += note.height;
  }
}

void Pages::draw_number() {
  const std::string text = std::to_string(page_);
  cairo_set_source_rgb(cairo_, 0.4, 0.4, 0.4);
  cairo_select_font_face(cairo_, "Liberation Serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(cairo_, 9);
  cairo_text_extents_t extents;
  cairo_text_extents(cairo_, text.c_str(), &extents);
  cairo_move_to(cairo_, (size_.width - extents.x_advance) / 2, size_.height - size_.margin_bottom / 2);
  cairo_show_text(cairo_, text.c_str());
}

void Pages::end_page(bool is_last) {
  draw_notes();
  if (!is_last || page_ > 1) draw_number(); // a single page needs none
  if (!is_last) cairo_show_page(cairo_);
  check();
}

void Pages::end() {
  place_pending();
  while (!carried_.empty()) {
    end_page(false);
    begin_page();
  }
  // Links that lead nowhere in the document lead to its end: cairo leaves no choice.
  for (const auto& [name, number] : destinations_) {
    if (placed_.count(number) == 0) anchor(name, size_.left(), y_);
  }
  end_page(true);
  cairo_show_page(cairo_);
  cairo_tag_end(cairo_, document_tag);
  check();
  cairo_destroy(std::exchange(cairo_, nullptr));
  cairo_surface_finish(surface_);
  if (failure_) std::rethrow_exception(failure_);
  const cairo_status_t status = cairo_surface_status(surface_);
  if (status != CAIRO_STATUS_SUCCESS)
    throw ConversionError(ErrorCode::conversion_failed,
                          std::string("cannot write PDF: ").append(cairo_status_to_string(status)));
}

Surface Pages::to_paint(const Surface& picture) {
  return painted_.insert(picture.get()).second ? picture : twin_of(picture);
}

std::string Pages::destination(const std::string& name) {
  const auto [place, is_new] = destinations_.try_emplace(name, static_cast<std::uint32_t>(destinations_.size()));
  return "d" + std::to_string(place->second);
}

void Pages::link(double x, double y, double width, double height, const std::string& url) {
  char rectangle[160];
  std::snprintf(rectangle, sizeof rectangle, "rect=[%.2f %.2f %.2f %.2f] ", x, y, width, height);
  std::string attributes = rectangle;
  if (url[0] == '#') {
    attributes += "dest='" + destination(url.substr(1)) + "'";
  } else {
    attributes += "uri='" + uri_text(url) + "'";
  }
  cairo_tag_begin(cairo_, CAIRO_TAG_LINK, attributes.c_str());
  cairo_tag_end(cairo_, CAIRO_TAG_LINK);
}

void Pages::anchor(const std::string& name, double x, double y) {
  const std::string id = destination(name);
  if (!placed_.insert(destinations_[name]).second) return; // the first one holds
  char place[64];
  std::snprintf(place, sizeof place, "' x=%.2f y=%.2f", x, y);
  cairo_tag_begin(cairo_, CAIRO_TAG_DEST, ("name='" + id + place).c_str());
  cairo_tag_end(cairo_, CAIRO_TAG_DEST);
}

void Pages::bookmark(int level, const std::string& title, double y) {
  while (!bookmarks_.empty() && bookmarks_.back().level >= level) bookmarks_.pop_back();
  const int parent = bookmarks_.empty() ? CAIRO_PDF_OUTLINE_ROOT : bookmarks_.back().id;
  char place[64];
  std::snprintf(place, sizeof place, "page=%llu pos=[%.2f %.2f]", static_cast<unsigned long long>(page_), size_.left(),
                y);
  const int id = cairo_pdf_surface_add_outline(surface_, parent, title.c_str(), place, CAIRO_PDF_OUTLINE_FLAG_OPEN);
  bookmarks_.push_back({level, id});
}

} // namespace doc::pdf
