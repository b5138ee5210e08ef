#include "run_writer.hpp"

#include "../../model/walk.hpp"
#include "../../text/utf8.hpp"

#include <cstdint>
#include <string_view>

namespace doc::odt {
namespace {

class RunWriter {
public:
  RunWriter(TextBody& body, package::ShownSize room) : body_(body), xml_(body.xml), room_(room) {}

  void write(const Inlines& inlines) {
    for (const Inline& run : inlines) {
      change_link(run.link);
      std::visit([&](const auto& content) { write(run, content); }, run.content);
    }
    change_link({});
  }

private:
  void change_link(const std::string& link) {
    if (link == link_) return;
    if (!link_.empty()) xml_.end();
    link_ = link;
    if (link_.empty()) return;
    xml_.start("text:a");
    xml_.attribute("xlink:type", "simple");
    xml_.attribute("xlink:href", link_);
    xml_.attribute("text:style-name", "Internet_20_link");
    xml_.attribute("text:visited-style-name", "Visited_20_Internet_20_Link");
  }

  void write(const Inline& run, const std::string& text) {
    const std::string style = body_.styles.text(run.style, !run.link.empty());
    if (!style.empty()) {
      xml_.start("text:span");
      xml_.attribute("text:style-name", style);
    }
    write_text(text);
    if (!style.empty()) xml_.end();
  }

  // Readers make one blank of several and none at the beginning (6.1.2): further ones are elements.
  void write_text(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
      if (text[i] == '\t') {
        xml_.element("text:tab");
        after_blank_ = false;
        ++i;
      } else if (text[i] == ' ' && after_blank_) {
        const std::size_t end = std::min(text.find_first_not_of(' ', i), text.size());
        xml_.element("text:s", "text:c", static_cast<std::int64_t>(end - i));
        i = end;
      } else {
        std::size_t end = i;
        while (end < text.size() && text[end] != '\t' && !(text[end] == ' ' && after_blank_)) {
          after_blank_ = text[end] == ' ';
          ++end;
        }
        xml_.text(text.substr(i, end - i));
        i = end;
      }
    }
  }

  void write(const Inline&, const LineBreak&) {
    xml_.element("text:line-break");
    after_blank_ = true;
  }

  void write(const Inline& run, const std::shared_ptr<const Image>& image) {
    const std::string name = body_.pictures.add(*image);
    if (name.empty()) { // no picture to show: what it says instead
      if (!image->alt.empty()) write(run, image->alt);
      return;
    }
    after_blank_ = false;
    const package::ShownSize size = package::shown_size(*image, room_);
    xml_.start("draw:frame");
    xml_.attribute("draw:style-name", "Picture");
    xml_.attribute("draw:name", "Picture " + std::to_string(++body_.pictures_shown));
    xml_.attribute("text:anchor-type", "as-char");
    xml_.attribute("svg:width", points_text(size.width));
    xml_.attribute("svg:height", points_text(size.height));
    xml_.start("draw:image");
    xml_.attribute("xlink:href", name);
    xml_.attribute("xlink:type", "simple");
    xml_.attribute("xlink:show", "embed");
    xml_.attribute("xlink:actuate", "onLoad");
    xml_.end();
    write_words("svg:title", image->title);
    write_words("svg:desc", image->alt);
    xml_.end();
  }

  void write_words(std::string_view element, const std::string& words) {
    if (words.empty()) return;
    xml_.start(element);
    xml_.text(clean_text(words));
    xml_.end();
  }

  void write(const Inline& run, const Note& note) {
    if (body_.in_note) {
      for (const Block& block : *note.blocks) {
        if (const auto* paragraph = std::get_if<Paragraph>(&block.content))
          write(run, " (" + plain_text(paragraph->inlines) + ")");
      }
      return;
    }
    const int number = note.at_end ? ++body_.endnotes : ++body_.footnotes;
    xml_.start("text:note");
    xml_.attribute("text:id", (note.at_end ? "edn" : "ftn") + std::to_string(number));
    xml_.attribute("text:note-class", note.at_end ? "endnote" : "footnote");
    xml_.start("text:note-citation");
    xml_.text(std::to_string(number));
    xml_.end();
    xml_.start("text:note-body");
    body_.in_note = true;
    body_.write_note_body(note);
    body_.in_note = false;
    xml_.end();
    xml_.end();
    after_blank_ = false;
  }

  void write(const Inline&, const Anchor& anchor) {
    if (!body_.bookmarks.insert(anchor.name).second) return;
    xml_.element("text:bookmark", "text:name", anchor.name);
  }

  TextBody& body_;
  xml::Writer& xml_;
  package::ShownSize room_;
  std::string link_;
  bool after_blank_ = true; // or at the beginning
};

} // namespace

void write_runs(TextBody& body, const Inlines& inlines, package::ShownSize room) {
  RunWriter(body, room).write(inlines);
}

} // namespace doc::odt
