// Markdown into blocks: md4c finds the structure, and its events go to the builder.
#include "markdown.hpp"

#include "../../model/error.hpp"
#include "../../text/encoding.hpp"
#include "../../text/utf8.hpp"
#include "../text/decoder.hpp"
#include "builder.hpp"
#include "raw_html.hpp"
#include "shift.hpp"
#include "source.hpp"

#include <algorithm>
#include <cctype>
#include <exception>
#include <limits>
#include <md4c.h>
#include <string>
#include <string_view>
#include <vector>

namespace doc::markdown {
namespace {

constexpr std::size_t most_bytes = std::size_t{1} << 30; // md4c counts in 32 bits

std::string attribute_text(const MD_ATTRIBUTE& attribute) {
  std::string out;
  for (std::size_t i = 0; attribute.text && attribute.substr_offsets[i] < attribute.size; ++i) {
    const std::string_view part(attribute.text + attribute.substr_offsets[i],
                                attribute.substr_offsets[i + 1] - attribute.substr_offsets[i]);
    if (attribute.substr_types[i] == MD_TEXT_ENTITY) {
      out += entity_text(part);
    } else if (attribute.substr_types[i] != MD_TEXT_NULLCHAR) {
      out += part;
    }
  }
  return out;
}

// The notes of a document. One that is referred to again and again would make a document far larger than its source:
// what repetitions cost is bounded.
class Notes {
public:
  explicit Notes(const Source& source) : source_(source), repetition_bytes_(source.text.size() + (1u << 20)) {}

  bool has(std::string_view label) const { return source_.footnotes.count(std::string(label)) > 0; }

  // Null where it must stay text.
  std::shared_ptr<const Blocks> take(std::string_view label, Context& context);

private:
  const Source& source_;
  std::unordered_map<std::string, std::shared_ptr<const Blocks>> parsed_;
  std::size_t repetition_bytes_;
};

class Parser {
public:
  // `notes`: null inside a note, where no further notes are looked for.
  Parser(std::string_view text, Context& context, const Source& source, Notes* notes, std::function<void(Block)> sink)
      : text_(text), context_(context), notes_(notes), builder_(context, source.targets, std::move(sink)),
        html_(builder_) {
    if (const std::size_t lines = empty_lines_before(text); lines > 0) {
      shifted_.reserve(lines + text.size());
      shifted_.append(lines, '\n').append(text);
      text_ = shifted_;
    }
  }

  void run() {
    MD_PARSER parser = {};
    parser.flags = MD_DIALECT_GITHUB;
    parser.enter_block = [](MD_BLOCKTYPE type, void* detail, void* self) {
      return guarded(self, [&](Parser& target) { target.enter_block(type, detail); });
    };
    parser.leave_block = [](MD_BLOCKTYPE type, void*, void* self) {
      return guarded(self, [&](Parser& target) { target.leave_block(type); });
    };
    parser.enter_span = [](MD_SPANTYPE type, void* detail, void* self) {
      return guarded(self, [&](Parser& target) { target.enter_span(type, detail); });
    };
    parser.leave_span = [](MD_SPANTYPE type, void*, void* self) {
      return guarded(self, [&](Parser& target) { target.leave_span(type); });
    };
    parser.text = [](MD_TEXTTYPE type, const MD_CHAR* text, MD_SIZE size, void* self) {
      return guarded(self, [&](Parser& target) { target.text(type, {text, size}); });
    };
    const int result = md_parse(text_.data(), static_cast<MD_SIZE>(text_.size()), &parser, this);
    if (failure_) std::rethrow_exception(failure_);
    if (result != 0) throw ConversionError(ErrorCode::conversion_failed, "out of memory while Markdown was parsed");
    builder_.finish();
  }

private:
  // md4c is C: no exception may pass through it.
  template <typename Action>
  static int guarded(void* self, Action action) {
    auto* parser = static_cast<Parser*>(self);
    try {
      action(*parser);
      return 0;
    } catch (...) {
      parser->failure_ = std::current_exception();
      return 1;
    }
  }

  void enter_block(MD_BLOCKTYPE type, void* detail) {
    depths_.push_back(builder_.depth());
    switch (type) {
    case MD_BLOCK_DOC:
    case MD_BLOCK_THEAD:
    case MD_BLOCK_TBODY: break;
    case MD_BLOCK_QUOTE: builder_.open(Container::quote, false); break;
    case MD_BLOCK_UL: builder_.open(Container::list, false); break;
    case MD_BLOCK_OL: enter_numbered(*static_cast<MD_BLOCK_OL_DETAIL*>(detail)); break;
    case MD_BLOCK_LI: enter_item(*static_cast<MD_BLOCK_LI_DETAIL*>(detail)); break;
    case MD_BLOCK_HR:
      builder_.end_paragraph();
      builder_.add(Block{Rule{}});
      break;
    case MD_BLOCK_H:
      builder_.begin_heading(static_cast<int>(static_cast<MD_BLOCK_H_DETAIL*>(detail)->level), false);
      break;
    case MD_BLOCK_CODE:
      builder_.end_paragraph();
      verbatim_.clear();
      in_verbatim_ = true;
      language_ = clean_text(attribute_text(static_cast<MD_BLOCK_CODE_DETAIL*>(detail)->lang));
      break;
    case MD_BLOCK_HTML:
      verbatim_.clear();
      in_verbatim_ = true;
      break;
    case MD_BLOCK_P: builder_.end_paragraph(); break;
    case MD_BLOCK_TABLE: builder_.open(Container::table, false); break;
    case MD_BLOCK_TR: builder_.open(Container::row, false); break;
    case MD_BLOCK_TH:
    case MD_BLOCK_TD: enter_cell(type == MD_BLOCK_TH, *static_cast<MD_BLOCK_TD_DETAIL*>(detail)); break;
    }
    if ((++count_ & 0x3ff) == 0) context_.progress(-1);
  }

  void enter_numbered(const MD_BLOCK_OL_DETAIL& detail) {
    builder_.open(Container::list, false);
    if (builder_.depth() == depths_.back()) return;
    builder_.top().list.numbering = Numbering::decimal;
    builder_.top().list.start = static_cast<std::int32_t>(std::min(detail.start, 999'999'999u));
  }

  void enter_item(const MD_BLOCK_LI_DETAIL& detail) {
    builder_.open(Container::item, false);
    if (detail.is_task && builder_.depth() > depths_.back()) builder_.top().checked = detail.task_mark != ' ';
  }

  void enter_cell(bool is_header, const MD_BLOCK_TD_DETAIL& detail) {
    builder_.open(Container::cell, false);
    in_cell_ = true;
    if (builder_.depth() == depths_.back()) return;
    if (is_header) builder_.frame(builder_.depth() - 2).row.header = true;
    constexpr Alignment alignments[] = {Alignment::natural, Alignment::left, Alignment::center, Alignment::right};
    builder_.top().cell.alignment = alignments[detail.align];
  }

  void leave_block(MD_BLOCKTYPE type) {
    flush_tag();
    const std::size_t depth = depths_.back();
    depths_.pop_back();
    switch (type) {
    case MD_BLOCK_CODE: leave_code(); return;
    case MD_BLOCK_HTML:
      in_verbatim_ = false;
      html_.block(verbatim_);
      return; // what it opened stays open
    case MD_BLOCK_P:
    case MD_BLOCK_H: builder_.end_paragraph(); return;
    case MD_BLOCK_HR:
    case MD_BLOCK_THEAD:
    case MD_BLOCK_TBODY: return;
    case MD_BLOCK_TH:
    case MD_BLOCK_TD:
      in_cell_ = false;
      builder_.close_to(depth);
      return;
    default: builder_.close_to(depth);
    }
  }

  void leave_code() {
    in_verbatim_ = false;
    CodeBlock code;
    code.language = std::move(language_);
    std::string_view rest = verbatim_;
    if (!rest.empty() && rest.back() == '\n') rest.remove_suffix(1);
    for (bool is_first = true; !rest.empty(); is_first = false) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      if (!is_first) code.text += '\n';
      code.text += clean_text(rest.substr(0, end));
      if (end + 1 == rest.size()) code.text += '\n';
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    builder_.add(Block{std::move(code)});
  }

  void enter_span(MD_SPANTYPE type, void* detail) {
    flush_tag();
    is_tilde_ = false;
    if (image_depth_ > 0 || type == MD_SPAN_IMG) {
      if (type == MD_SPAN_IMG && ++image_depth_ == 1) {
        const auto& image = *static_cast<MD_SPAN_IMG_DETAIL*>(detail);
        image_source_ = attribute_text(image.src);
        image_title_ = attribute_text(image.title);
        image_alt_.clear();
      }
      return;
    }
    builder_.begin_span(span_name(type), false);
    TextStyle& style = builder_.style();
    if (type == MD_SPAN_EM) style.italic = true;
    if (type == MD_SPAN_STRONG) style.bold = true;
    if (type == MD_SPAN_CODE) style.code = true;
    if (type == MD_SPAN_DEL) style.strikethrough = is_tilde_ = true;
    if (type == MD_SPAN_A) builder_.set_link(link_target(attribute_text(static_cast<MD_SPAN_A_DETAIL*>(detail)->href)));
  }

  void leave_span(MD_SPANTYPE type) {
    flush_tag();
    is_tilde_ = false;
    if (type == MD_SPAN_IMG) {
      if (--image_depth_ == 0)
        builder_.add(Inline{picture(image_source_, std::move(image_alt_), std::move(image_title_)), {}, {}});
    } else if (image_depth_ == 0) {
      builder_.end_span(span_name(type), false);
    }
  }

  static std::string_view span_name(MD_SPANTYPE type) {
    switch (type) {
    case MD_SPAN_EM: return "em";
    case MD_SPAN_STRONG: return "strong";
    case MD_SPAN_CODE: return "code";
    case MD_SPAN_DEL: return "del";
    case MD_SPAN_A: return "a";
    default: return "other";
    }
  }

  void text(MD_TEXTTYPE type, std::string_view text) {
    if (in_verbatim_) return verbatim(type, text);
    if (type == MD_TEXT_HTML) {
      tag_ += text;
      if (!tag_.empty() && tag_.back() == '>') flush_tag();
      return;
    }
    flush_tag();
    if (is_tilde_) lower_subscript(text);
    switch (type) {
    case MD_TEXT_BR: image_depth_ > 0 ? void(image_alt_ += ' ') : builder_.line_break(); break;
    case MD_TEXT_SOFTBR: words(" "); break;
    case MD_TEXT_NULLCHAR: words("\xef\xbf\xbd"); break;
    case MD_TEXT_ENTITY: words(entity_text(text)); break;
    case MD_TEXT_NORMAL: image_depth_ > 0 ? words(text) : normal(text); break;
    case MD_TEXT_CODE: in_cell_ ? words(without_pipe_escapes(text)) : words(text); break;
    default: words(text); break;
    }
  }

  // In a table's code the pipe is escaped for the table's sake (GFM, example 200), and md4c leaves that to us.
  static std::string without_pipe_escapes(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == '|') continue;
      out += text[i];
    }
    return out;
  }

  void verbatim(MD_TEXTTYPE type, std::string_view text) {
    if (type == MD_TEXT_NULLCHAR) {
      verbatim_ += "\xef\xbf\xbd";
    } else {
      verbatim_ += text;
    }
  }

  void words(std::string_view text) {
    if (image_depth_ > 0) {
      image_alt_ += text;
    } else {
      builder_.text(text);
    }
  }

  void flush_tag() {
    if (tag_.empty()) return;
    const std::string tag = std::move(tag_);
    tag_.clear();
    if (image_depth_ == 0) html_.inline_tag(tag);
  }

  // "H~2~O": to md4c that is struck out as "~~2~~" is. With one tilde, and no blank inside, it is a subscript.
  void lower_subscript(std::string_view text) {
    is_tilde_ = false;
    const bool is_source = text.data() > text_.data() + 1 && text.data() + text.size() < text_.data() + text_.size();
    if (!is_source || text.data()[-1] != '~' || text.data()[-2] == '~' || text.find(' ') != std::string_view::npos)
      return;
    if (text.data()[text.size()] != '~') return;
    builder_.style().strikethrough = false;
    builder_.style().subscript = true;
  }

  // md4c begins a text of its own behind a backslash that escapes, and the text stands where it was read.
  bool is_escaped(std::string_view text) const {
    return text.data() > text_.data() && text.data() < text_.data() + text_.size() && text.data()[-1] == '\\';
  }

  void normal(std::string_view text) {
    if (text.substr(0, 1) == "{" && is_escaped(text)) { // a piece of its own, so that it begins no name of a heading
      builder_.text(text.substr(0, 1));
      text.remove_prefix(1);
    }
    with_notes(text);
  }

  // Text that may refer to footnotes, "[^label]".
  void with_notes(std::string_view text) {
    std::size_t search = text.substr(0, 2) == "[^" && is_escaped(text) ? 1 : 0;
    while (notes_) {
      const std::size_t begin = text.find("[^", search);
      if (begin == std::string_view::npos) break;
      const std::size_t end = text.find_first_of("] [", begin + 2);
      search = begin + 2;
      if (end == std::string_view::npos || text[end] != ']') continue;
      const std::string_view label = text.substr(begin + 2, end - begin - 2);
      if (!notes_->has(label)) continue;
      const std::shared_ptr<const Blocks> blocks = notes_->take(label, context_);
      if (!blocks) continue;
      with_superscripts(text.substr(0, begin));
      builder_.add(Inline{Note{blocks, false}, {}, {}});
      text.remove_prefix(end + 1);
      search = 0;
    }
    with_superscripts(text);
  }

  // "x^2^": not GitHub's, but what many write. An escaped "^" begins a text of its own, and so is none of these.
  void with_superscripts(std::string_view text) {
    constexpr std::size_t longest = 16;
    for (std::size_t begin = text.find('^', 1); begin < text.size(); begin = text.find('^', begin + 1)) {
      std::size_t end = begin + 1;
      while (end < text.size() && end - begin <= longest && is_exponent(text[end])) ++end;
      const bool is_raised = end > begin + 1 && end < text.size() && text[end] == '^' && is_exponent(text[begin - 1]);
      if (!is_raised) continue;
      builder_.text(text.substr(0, begin));
      builder_.begin_span("raised", false);
      builder_.style().superscript = true;
      builder_.text(text.substr(begin + 1, end - begin - 1));
      builder_.end_span("raised", false);
      text.remove_prefix(end + 1);
      begin = 0;
    }
    builder_.text(text);
  }

  static bool is_exponent(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '+' || c == '-'; }

  std::string shifted_; // the text, where it has to stand elsewhere
  std::string_view text_;
  Context& context_;
  Notes* notes_;
  Builder builder_;
  RawHtml html_;
  std::exception_ptr failure_;
  std::vector<std::size_t> depths_; // of the builder, before each open block of md4c's
  std::string verbatim_;            // of a block of code or HTML
  std::string language_;
  std::string tag_; // a part of one, in the middle of text
  std::string image_source_, image_title_, image_alt_;
  int image_depth_ = 0;
  std::uint64_t count_ = 0;
  bool in_verbatim_ = false;
  bool in_cell_ = false;  // of a table of Markdown's
  bool is_tilde_ = false; // a struck out span begins here
};

std::shared_ptr<const Blocks> Notes::take(std::string_view label, Context& context) {
  const std::string& text = source_.footnotes.at(std::string(label));
  auto& known = parsed_[std::string(label)];
  if (known) {
    const std::size_t cost = text.size() + 64;
    if (cost > repetition_bytes_) return nullptr;
    repetition_bytes_ -= cost;
    return known;
  }
  auto blocks = std::make_shared<Blocks>();
  Parser(text, context, source_, nullptr, [&blocks](Block block) { blocks->push_back(std::move(block)); }).run();
  known = blocks;
  return known;
}

} // namespace

void read(const Input& input, BlockSink& sink, Context& context) {
  if (input.size() > most_bytes)
    throw ConversionError(ErrorCode::limit_exceeded, "the document is larger than Markdown may be, one gigabyte");
  std::string decoded;
  std::string_view whole = input.view();
  if (text::encoding_of(input) != code_page_utf8) {
    decoded = text::decoded(input);
    whole = decoded;
  } else if (whole.substr(0, 3) == "\xef\xbb\xbf") {
    whole.remove_prefix(3);
  }
  Source source;
  prepare(whole, source);
  sink.begin(source.metadata);
  Notes notes(source);
  Parser(source.text, context, source, source.footnotes.empty() ? nullptr : &notes, [&sink](Block block) {
    sink.block(std::move(block));
  }).run();
  sink.end();
}

} // namespace doc::markdown
