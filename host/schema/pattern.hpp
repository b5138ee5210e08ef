// A regular expression from a schema, matched against text that a stranger sent.
// Wraps Boost.Regex; knows nothing of schemas.
#pragma once

#include <memory>
#include <optional>
#include <string>

namespace crank {

// Cheap to copy; thread-safe.
class Pattern {
public:
  // Nothing when `expression` (UTF-8; the ECMA-262 subset that Perl shares) is malformed.
  static std::optional<Pattern> compile(const std::string& expression);

  // Whether the expression matches anywhere in `text` (UTF-8), one code point being one character. False also when the
  // match would take too long.
  [[nodiscard]] bool found_in(const std::string& text) const;

private:
  struct Compiled;
  explicit Pattern(std::shared_ptr<const Compiled> compiled);
  std::shared_ptr<const Compiled> compiled_;
};

} // namespace crank
