// Why Boost.Regex: std::regex in libstdc++ recurses once per character, so that a long text overflows the stack;
// Boost.Regex keeps its state on the heap, within bounds, and gives up on expressions that backtrack without end.
#include "schema/pattern.hpp"

#include <boost/regex.hpp>

namespace crank {
namespace {

// wchar_t holds a code point on every platform the host runs on.
std::wstring code_points(const std::string& text) {
  static_assert(sizeof(wchar_t) == 4);
  std::wstring result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i++]);
    unsigned following = 0;
    if (lead >= 0xf0) {
      following = 3;
    } else if (lead >= 0xe0) {
      following = 2;
    } else if (lead >= 0xc0) {
      following = 1;
    }
    auto point = static_cast<wchar_t>(following == 0 ? lead : lead & (0x3fu >> following));
    for (; following > 0 && i < text.size(); --following)
      point = (point << 6) | (static_cast<unsigned char>(text[i++]) & 0x3f);
    result.push_back(point);
  }
  return result;
}

} // namespace

struct Pattern::Compiled {
  boost::wregex expression;
};

Pattern::Pattern(std::shared_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}

std::optional<Pattern> Pattern::compile(const std::string& expression) {
  try {
    auto compiled = std::make_shared<Compiled>();
    compiled->expression.assign(code_points(expression), boost::regex_constants::ECMAScript);
    return Pattern(std::move(compiled));
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

bool Pattern::found_in(const std::string& text) const {
  // As in ECMA-262 without flags: ^ and $ are the ends of the text, and a dot is not a line end.
  const auto flags = boost::match_single_line | boost::match_not_dot_newline | boost::match_nosubs;
  try {
    return boost::regex_search(code_points(text), compiled_->expression, flags);
  } catch (const std::exception&) {
    return false;
  }
}

} // namespace crank
