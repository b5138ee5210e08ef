#include "forms/urlencoded.hpp"

#include "base/text.hpp"
#include "forms/body_window.hpp"

#include <algorithm>

namespace crank {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

class Reader {
public:
  Reader(const RequestBody& body, const KeptBytes& kept, std::size_t most_parts)
      : window_(body), kept_(kept), most_parts_(most_parts) {}

  Result<std::vector<UrlEncodedField>> read() {
    for (std::uint64_t at = 0; at < window_.size();) {
      const std::string_view view = window_.at(at, std::min<std::uint64_t>(3, window_.size() - at));
      if (view.empty()) return Problem::of(static_cast<crank_status>(window_.failed()), "the body cannot be read");
      // An escape that the window cuts is left for the next one.
      const bool last = at + view.size() == window_.size();
      const std::size_t whole = last ? view.size() : view.size() - 2;
      const std::size_t taken = take(view, whole);
      if (problem_) return *std::move(problem_);
      at += taken;
    }
    end_field();
    if (problem_) return *std::move(problem_);
    return std::move(fields_);
  }

private:
  // Reads characters that begin in the first `most` bytes; returns how many bytes they had.
  std::size_t take(std::string_view view, std::size_t most) {
    std::size_t i = 0;
    while (i < most && !problem_) {
      const char c = view[i];
      if (c == '&') {
        end_field();
      } else if (c == '=' && !in_value_) {
        end_name();
      } else if (c == '%' && i + 2 < view.size() && hex_digit(view[i + 1]) >= 0 && hex_digit(view[i + 2]) >= 0) {
        add(static_cast<char>(hex_digit(view[i + 1]) * 16 + hex_digit(view[i + 2])));
        i += 2;
      } else {
        add(c == '+' ? ' ' : c);
      }
      ++i;
    }
    return i;
  }

  void add(char c) {
    begun_ = true;
    if (in_value_) {
      if (++field_.size <= most_) field_.value += c;
    } else if (field_.name.size() < longest_field_name) {
      field_.name += c;
    } else {
      problem_ = form_limit("has a field with a name of more than 255 bytes");
    }
  }

  void end_name() {
    begun_ = in_value_ = true;
    if (!is_utf8(field_.name))
      problem_ = invalid_form("has a field whose name is not UTF-8");
    else
      most_ = kept_(field_.name);
  }

  void end_field() {
    if (problem_ || !begun_) return; // nothing between two separators
    if (!in_value_) end_name();
    if (problem_) return;
    if (fields_.size() == most_parts_)
      problem_ = form_limit("has more than " + std::to_string(most_parts_) + " fields");
    else
      fields_.push_back(std::exchange(field_, {}));
    begun_ = in_value_ = false;
  }

  BodyWindow window_;
  const KeptBytes& kept_;
  const std::size_t most_parts_;
  UrlEncodedField field_; // that is being read
  bool begun_ = false, in_value_ = false;
  std::uint64_t most_ = 0; // of its value
  std::vector<UrlEncodedField> fields_;
  std::optional<Problem> problem_;
};

} // namespace

Result<std::vector<UrlEncodedField>> read_urlencoded(const RequestBody& body, const KeptBytes& kept,
                                                     std::size_t most_parts) {
  return Reader(body, kept, most_parts).read();
}

} // namespace crank
