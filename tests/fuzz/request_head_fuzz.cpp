// libFuzzer target for targets, queries and percent-decoding: foreign text that a plugin asks for by key.
#include "http/request_head.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace crank;

void must(bool holds) {
  if (!holds) std::abort();
}

std::string encode(std::string_view text) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

void check_decoding(std::string_view text) {
  must(percent_decode(text, false).size() <= text.size());
  must(percent_decode(encode(text), false) == text);
  must(percent_decode(encode(text), true) == text);
  if (text.find_first_of("%+") == std::string_view::npos) must(percent_decode(text, true) == text);
}

void check_target(std::string_view text) {
  RequestHead head;
  head.set_start("GET", text, 11);
  must(head.path().size() + (head.query().empty() ? 0 : 1) + head.query().size() <= head.target().size());
  must(head.path().find('?') == std::string_view::npos);
  static_cast<void>(head.get("query.a"));
  static_cast<void>(head.get("query."));
  head.add_path_parameter("id", text);
  must(head.get("path.id") == percent_decode(text, false));
}

// A parameter that was encoded comes back as it was.
void check_query(std::string_view text) {
  const std::string target = "/p?x=1&" + encode(text) + "=" + encode(text);
  RequestHead head;
  head.set_start("GET", target, 11);
  const std::string key = "query." + std::string(text);
  const auto value = head.get(key);
  must(value.has_value());
  must(*value == (text == "x" ? "1" : text));
}

void check_field(std::string_view text) {
  RequestHead head;
  head.add_field("Connection", text);
  must(head.field("connection") == text);
  static_cast<void>(head.field_has_token("connection", "upgrade"));
  RequestHead typed;
  typed.add_field("Content-Type", text);
  must(typed.media_type().size() <= text.size());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  check_decoding(text);
  check_target(text);
  check_query(text);
  check_field(text);
  if (is_traceparent(text)) must(text.size() == 55);
  return 0;
}
