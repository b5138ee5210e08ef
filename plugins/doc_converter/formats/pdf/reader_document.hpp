// The document behind poppler: opened, asked for what it says of itself, and drawn page by page.
#pragma once

#include "../../io/input.hpp"
#include "../../model/context.hpp"
#include "../../model/document.hpp"
#include "reader_device.hpp"
#include "reader_layout.hpp"
#include "reader_outline.hpp"
#include "reader_structure.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>

class LinkAction;
class PDFDoc;

namespace doc::pdf {

// One thread; several may each have their own of one Input.
class Document {
public:
  // Throws CORRUPT_DOCUMENT, ENCRYPTED_DOCUMENT.
  Document(const Input& input, const Limits& limits);
  ~Document();
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;

  int pages();
  Metadata metadata();
  Bookmarks bookmarks();
  Structure structure();
  // The places that links inside the document lead to; nothing for large documents, where looking costs too much.
  using Destinations = std::map<int, std::set<int>>; // heights in the page's own units, by page
  Destinations destinations();
  void use(const Destinations& destinations) { destinations_ = &destinations; }

  // Null for a page that cannot be drawn.
  std::unique_ptr<Page> draw(int number);

private:
  void add_links(Page& page, int number);
  void mark_links(Page& page) const;
  std::string target_of(const LinkAction& action);

  std::unique_ptr<PDFDoc> doc_;
  Pictures pictures_;
  Device device_;
  const Destinations* destinations_ = nullptr;
};

} // namespace doc::pdf
