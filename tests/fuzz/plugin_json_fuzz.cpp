// libFuzzer target for crank/json.h: foreign bytes of plugins' inputs. Checks what must hold between its functions.
#include <crank/json.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

crank_str slice(std::string_view text) { return {text.data(), text.size()}; }

std::string quoted(std::string_view text) {
  std::string out(crank_json_escape(text.data(), text.size(), nullptr, 0), '\0');
  must(out.size() <= 6 * text.size());
  must(crank_json_escape(text.data(), text.size(), out.data(), out.size()) == out.size());
  return '"' + out + '"';
}

// Unescaped and escaped again, a string means the same and is not longer.
void check_string(crank_str value) {
  std::string text(value.len, '\0'), again(value.len, '\0');
  std::size_t len = 0, again_len = 0;
  must(crank_json_string(value, text.data(), text.size(), &len) == 1);
  text.resize(len);
  const std::string form = quoted(text);
  must(form.size() <= value.len);
  must(crank_json_string(slice(form), again.data(), again.size(), &again_len) == 1);
  must(std::string_view(again.data(), again_len) == text);
}

void check_value(crank_str value) {
  std::int64_t number = 0;
  std::int32_t flag = 0;
  must(crank_json_valid(value));
  const int kind = crank_json_kind(value);
  must(kind != CRANK_JSON_NONE);
  if (kind == CRANK_JSON_STRING) check_string(value);
  if (crank_json_integer(value, &number)) {
    must(kind == CRANK_JSON_NUMBER);
    std::int64_t again = 0;
    must(crank_json_integer(slice(std::to_string(number)), &again) && again == number);
  }
  if (crank_json_bool(value, &flag)) must(kind == CRANK_JSON_BOOL);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size); // its own allocation, so that overreads are seen
  const bool valid = crank_json_valid(slice(text));
  crank_json_cursor cursor = crank_json_each(slice(text));
  crank_str key{}, value{}, found{};
  while (crank_json_next(&cursor, &key, &value)) {
    check_value(value);
    if (cursor.in_object) check_string(key);
  }
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  const bool container = begin != std::string::npos && (text[begin] == '{' || text[begin] == '[');
  if (container) must(valid == !cursor.malformed);
  if (crank_json_find(slice(text), "a", &found)) {
    must(valid);
    check_value(found);
  }
  must(crank_json_valid(slice(quoted(text))));
  std::int64_t number = 0;
  std::int32_t flag = 0;
  std::string out(size, '\0');
  std::size_t len = 0;
  crank_json_integer(slice(text), &number);
  crank_json_bool(slice(text), &flag);
  crank_json_string(slice(text), out.data(), out.size(), &len);
  return 0;
}
