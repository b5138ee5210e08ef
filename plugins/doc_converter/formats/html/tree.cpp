#include "tree.hpp"

#include "../../model/error.hpp"
#include "arena.hpp"

#include <algorithm>
#include <csetjmp>
#include <cstring>
#include <iterator>

namespace doc::html {
namespace {

// Gumbo walks its stack of open elements at most tags, and destroys nodes by recursion.
constexpr std::size_t most_open = 400;
// Those that are not closed are opened again in each paragraph that follows.
constexpr std::size_t most_open_formatting = 60;

char lower(char letter) { return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter; }
bool is_letter(char letter) { return lower(letter) >= 'a' && lower(letter) <= 'z'; }

// Elements that have no end, or that end by themselves where the next of their kind begins.
bool ends_itself(std::string_view name) {
  static constexpr std::string_view names[] = {
      "a",    "area", "base",   "body",  "br",   "col",   "colgroup", "dd",       "dt",     "embed", "head",  "hr",
      "html", "img",  "input",  "li",    "link", "meta",  "nobr",     "optgroup", "option", "p",     "param", "path",
      "rp",   "rt",   "source", "tbody", "td",   "tfoot", "th",       "thead",    "tr",     "track", "wbr"};
  return std::binary_search(std::begin(names), std::end(names), name);
}

bool is_formatting(std::string_view name) {
  static constexpr std::string_view names[] = {"b", "big",   "code",   "em",     "font", "i",
                                               "s", "small", "strike", "strong", "tt",   "u"};
  return std::binary_search(std::begin(names), std::end(names), name);
}

// Runs over the tags of a text, roughly: it counts those in comments and scripts too, which harms nothing below the
// bound.
class Flattener {
public:
  explicit Flattener(std::string& text) : text_(text) {}

  void run() {
    for (std::size_t at = text_.find('<'); at != std::string::npos; at = text_.find('<', at + 1)) tag(at);
  }

private:
  void tag(std::size_t at) {
    const bool is_end = at + 1 < text_.size() && text_[at + 1] == '/';
    const std::size_t begin = at + (is_end ? 2 : 1);
    if (begin >= text_.size() || !is_letter(text_[begin])) return;
    char name[12];
    std::size_t length = 0;
    for (std::size_t i = begin; i < text_.size() && length < sizeof name; ++i, ++length) {
      const char letter = lower(text_[i]);
      if (letter == ' ' || letter == '>' || letter == '/' || (letter >= '\t' && letter <= '\r')) break;
      name[length] = letter;
    }
    const std::string_view found(name, length);
    // A frameset destroys the body, by recursion; its noframes is what can be read. As unknown elements, both are
    // walked through.
    if (found == "frameset" || found == "noframes") text_[begin] = 'x';
    if (found == "svg" || found == "math") foreign_ += is_end ? (foreign_ > 0 ? -1 : 0) : 1;
    if (ends_itself(found)) return;
    Count& count = is_formatting(found) ? formatting_ : others_;
    if (is_end) {
      end(at, count);
    } else if (foreign_ == 0 || !is_closed(begin)) {
      start(at, count);
    }
  }

  bool is_closed(std::size_t at) const {
    const std::string_view near = std::string_view(text_).substr(at, 4096);
    const std::size_t close = near.find('>');
    return close != std::string_view::npos && close > 0 && near[close - 1] == '/';
  }

  struct Count {
    std::size_t most, open = 0, dropped = 0;
  };

  // "<!" begins a comment, which ends at the next ">".
  void start(std::size_t at, Count& count) {
    if (count.open < count.most) {
      ++count.open;
    } else {
      text_[at + 1] = '!';
      ++count.dropped;
    }
  }

  void end(std::size_t at, Count& count) {
    if (count.dropped > 0) {
      text_[at + 1] = '!';
      --count.dropped;
    } else if (count.open > 0) {
      --count.open;
    }
  }

  std::string& text_;
  Count others_{most_open}, formatting_{most_open_formatting};
  int foreign_ = 0;
};

} // namespace

Tree::Tree(std::string text) : text_(std::move(text)), arena_(std::make_unique<Arena>()) {
  Flattener(text_).run();
  parse();
}

Tree::~Tree() = default;

void Tree::parse() {
  GumboOptions options = kGumboDefaultOptions;
  options.max_errors = 0;
  options.userdata = arena_.get();
  options.allocator = [](void* arena, std::size_t size) { return static_cast<Arena*>(arena)->allocate(size); };
  options.deallocator = [](void* arena, void* block) { static_cast<Arena*>(arena)->release(block); };
  // Gumbo takes no refusal from its allocator, and has nothing but the arena's memory: the way out is past it.
  if (setjmp(arena_->exhausted) != 0) {
    throw ConversionError(ErrorCode::limit_exceeded,
                          arena_->is_late() ? "the page's tags are too tangled to be read in reasonable time"
                                            : "the page needs more memory than a conversion may use");
  }
  // The output goes with the arena.
  root_ = gumbo_parse_with_options(&options, text_.data(), text_.size())->root;
}

const GumboVector* children_of(const GumboNode* node) {
  if (node->type == GUMBO_NODE_ELEMENT || node->type == GUMBO_NODE_TEMPLATE) return &node->v.element.children;
  if (node->type == GUMBO_NODE_DOCUMENT) return &node->v.document.children;
  return nullptr;
}

const char* attribute(const GumboNode* node, const char* name) {
  const GumboVector& attributes = node->v.element.attributes;
  for (unsigned i = 0; i < attributes.length; ++i) {
    const auto* one = static_cast<const GumboAttribute*>(attributes.data[i]);
    if (std::strcmp(one->name, name) == 0) return one->value;
  }
  return nullptr;
}

bool has_class(const GumboNode* node, std::string_view name) {
  const char* classes = attribute(node, "class");
  if (!classes) return false;
  const std::string_view all = classes;
  for (std::size_t at = all.find(name); at != std::string_view::npos; at = all.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    if ((at == 0 || all[at - 1] <= ' ') && (end == all.size() || all[end] <= ' ')) return true;
  }
  return false;
}

const GumboNode* next_in(const GumboNode* top, const GumboNode* node, bool inside) {
  const GumboVector* children = inside ? children_of(node) : nullptr;
  if (children && children->length > 0) return static_cast<const GumboNode*>(children->data[0]);
  while (node != top) {
    const GumboNode* parent = node->parent;
    if (!parent) return nullptr;
    const GumboVector* siblings = children_of(parent);
    const std::size_t next = node->index_within_parent + 1;
    if (next < siblings->length) return static_cast<const GumboNode*>(siblings->data[next]);
    node = parent;
  }
  return nullptr;
}

std::string text_of(const GumboNode* top) {
  std::string out;
  for (const GumboNode* node = top; node;) {
    const bool is_hidden =
        is_html(node, GUMBO_TAG_SCRIPT) || is_html(node, GUMBO_TAG_STYLE) || node->type == GUMBO_NODE_TEMPLATE;
    if (is_text(node)) out += node->v.text.text;
    if (is_html(node, GUMBO_TAG_BR)) out += '\n';
    node = next_in(top, node, !is_hidden);
  }
  return out;
}

} // namespace doc::html
