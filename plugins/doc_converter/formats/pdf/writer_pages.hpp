// Pages of a PDF that is written: what is placed on them one below the other, and at their foot the notes. A page goes
// out as soon as the next one begins. Lengths are points, from the page's upper left corner.
#pragma once

#include "../../io/output.hpp"
#include "../../model/context.hpp"
#include "../../model/document.hpp"
#include "writer_images.hpp"

#include <cairo.h>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace doc::pdf {

class Pages;

// Beside a quote.
struct Bar {
  double x = 0;
  bool begins = false; // with this item: nothing above it
};

// A line, a picture or a table's row: what stands on one page.
struct Item {
  double before = 0; // to the item above; none at the top of a page
  double height = 0;
  double baseline = 0; // of a line's text, from its upper edge
  bool keep = false;   // on the page of the next item
  bool new_page = false;
  std::function<void(Pages&, double y)> draw; // may be empty
  std::vector<Item> notes;                    // at the foot of the page
  std::vector<Bar> bars;
};
using Items = std::vector<Item>;

// At y, which is `gap` below the item above.
void draw_item(Pages& pages, const Item& item, double y, double gap);

// A4, with margins that leave lines of some 90 characters.
struct PageSize {
  double width = 595.28;
  double height = 841.89;
  double margin_x = 68;
  double margin_top = 64;
  double margin_bottom = 70;

  double left() const { return margin_x; }
  double content_width() const { return width - 2 * margin_x; }
  double content_height() const { return height - margin_top - margin_bottom; }
};

class Pages {
public:
  Pages(Output& output, Context& context);
  ~Pages();
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;

  void begin(const Metadata& metadata);
  void place(Item item);
  void end();

  const PageSize& size() const { return size_; }
  // What is left of the page for an item that is placed next.
  double remaining();

  // For Item::draw.
  cairo_t* cairo() { return cairo_; }
  // What to paint for the picture on this page: cairo 1.16 names one that is painted twice twice among the page's
  // resources, which is an error in a PDF.
  Surface to_paint(const Surface& picture);
  void link(double x, double y, double width, double height, const std::string& url);
  void anchor(const std::string& name, double x, double y);
  void bookmark(int level, const std::string& title, double y);

private:
  static cairo_status_t write(void* self, const unsigned char* bytes, unsigned length);

  void place_pending();
  void place_now(Item& item);
  void take_notes(Item& item);
  void begin_page();
  void end_page(bool is_last);
  void draw_notes();
  void draw_number();
  void check();
  std::string destination(const std::string& name);
  bool fits(double height, double notes) const;

  PageSize size_;
  Output& output_;
  Context& context_;
  std::exception_ptr failure_; // of output_, which cairo must not see
  cairo_surface_t* surface_ = nullptr;
  cairo_t* cairo_ = nullptr;
  Items pending_; // kept together with what comes next
  Items notes_;   // of this page
  Items carried_; // notes that this page has no place for
  double y_ = 0;
  double notes_height_ = 0;
  std::uint64_t page_ = 0; // from 1
  bool is_empty_ = true;
  std::unordered_map<std::string, std::uint32_t> destinations_; // their numbers
  std::unordered_set<std::uint32_t> placed_;
  struct Bookmark {
    int level;
    int id;
  };
  std::vector<Bookmark> bookmarks_;              // that are open
  std::unordered_set<cairo_surface_t*> painted_; // on this page
};

} // namespace doc::pdf
