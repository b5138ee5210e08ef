// Small PDFs for tests, written by hand.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace doc::test {

// Helvetica (F1) or its bold face (F2) at a place counted from the lower left corner of an A4 page.
inline std::string pdf_text(int x, int y, const std::string& text, int size = 10, const char* font = "F1") {
  return "BT /" + std::string(font) + " " + std::to_string(size) + " Tf " + std::to_string(x) + " " +
         std::to_string(y) + " Td (" + text + ") Tj ET\n";
}

class PdfFile {
public:
  void page(const std::string& content) { pages_.push_back({content, {}}); }
  // On the last page.
  void link(int x0, int y0, int x1, int y1, const std::string& target) {
    pages_.back().links += "<</Type/Annot/Subtype/Link/Rect[" + std::to_string(x0) + " " + std::to_string(y0) + " " +
                           std::to_string(x1) + " " + std::to_string(y1) + "]/A<</S/URI/URI(" + target + ")>>>>";
  }
  // The root of a structure tree, object 6; "@1" stands for the first page.
  void structure(const std::string& root) { structure_ = root; }
  void bookmark(const std::string& title, int page) { bookmarks_.emplace_back(title, page); }

  std::string bytes() const {
    std::vector<std::string> objects = {"<</Type/Catalog/Pages 2 0 R" +
                                            std::string(bookmarks_.empty() ? "" : "/Outlines 5 0 R") +
                                            (structure_.empty() ? "" : "/StructTreeRoot 6 0 R") + ">>",
                                        {},
                                        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
                                        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold>>",
                                        "null",
                                        "null"};
    std::string kids;
    std::vector<int> numbers;
    for (const Page& page : pages_) {
      objects.push_back("<</Length " + std::to_string(page.content.size()) + ">>stream\n" + page.content +
                        "\nendstream");
      objects.push_back("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents " + std::to_string(objects.size()) +
                        " 0 R/Resources<</Font<</F1 3 0 R/F2 4 0 R>>>>/Annots[" + page.links + "]>>");
      numbers.push_back(static_cast<int>(objects.size()));
      kids += std::to_string(objects.size()) + " 0 R ";
    }
    objects[1] = "<</Type/Pages/Count " + std::to_string(pages_.size()) + "/Kids[" + kids + "]>>";
    add_bookmarks(objects, numbers);
    if (!structure_.empty()) objects[5] = structure_;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const std::string sign = "@" + std::to_string(i + 1), page = std::to_string(numbers[i]) + " 0 R";
      for (std::size_t at; (at = objects[5].find(sign)) != std::string::npos;)
        objects[5].replace(at, sign.size(), page);
    }
    return written(objects);
  }

private:
  struct Page {
    std::string content, links;
  };

  void add_bookmarks(std::vector<std::string>& objects, const std::vector<int>& numbers) const {
    if (bookmarks_.empty()) return;
    const std::size_t first = objects.size() + 1, last = objects.size() + bookmarks_.size();
    objects[4] = "<</Type/Outlines/First " + std::to_string(first) + " 0 R/Last " + std::to_string(last) + " 0 R>>";
    for (std::size_t i = 0; i < bookmarks_.size(); ++i) {
      std::string entry = "<</Title(" + bookmarks_[i].first + ")/Parent 5 0 R/Dest[" +
                          std::to_string(numbers[static_cast<std::size_t>(bookmarks_[i].second) - 1]) + " 0 R/Fit]";
      if (first + i < last) entry += "/Next " + std::to_string(first + i + 1) + " 0 R";
      objects.push_back(entry + ">>");
    }
  }

  static std::string written(const std::vector<std::string>& objects) {
    std::string out = "%PDF-1.5\n", table;
    for (std::size_t i = 0; i < objects.size(); ++i) {
      std::string place = std::to_string(out.size());
      table += std::string(10 - place.size(), '0') + place + " 00000 n \n";
      out += std::to_string(i + 1) + " 0 obj\n" + objects[i] + "\nendobj\n";
    }
    const std::string start = std::to_string(out.size()), size = std::to_string(objects.size() + 1);
    return out + "xref\n0 " + size + "\n0000000000 65535 f \n" + table + "trailer<</Size " + size +
           "/Root 1 0 R>>\nstartxref\n" + start + "\n%%EOF\n";
  }

  std::vector<Page> pages_;
  std::string structure_;
  std::vector<std::pair<std::string, int>> bookmarks_;
};

} // namespace doc::test
