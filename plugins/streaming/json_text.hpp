// Small pieces of JSON in and out, as std::string. Knows crank/json.h and nothing of streams.
#pragma once

#include <crank/json.h>

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

namespace streaming {

inline crank_str slice(std::string_view text) noexcept { return {text.data(), text.size()}; }
inline std::string_view view(crank_str text) noexcept {
  return text.len ? std::string_view(text.ptr, text.len) : std::string_view();
}

// False if the value is no string.
inline bool to_string(crank_str value, std::string& out) {
  std::size_t len = 0;
  out.resize(value.len);
  const bool ok = crank_json_string(value, out.data(), out.size(), &len);
  out.resize(len);
  return ok;
}

// False if the value is no whole number, or negative; `out` stays then.
inline bool to_count(crank_str value, std::uint64_t& out) noexcept {
  std::int64_t number = 0;
  if (!crank_json_integer(value, &number) || number < 0) return false;
  out = static_cast<std::uint64_t>(number);
  return true;
}

// A JSON text in the making. `raw` is JSON already, `escaped` is the inside of a string. Both are called so often that
// inlining them would cost a tenth of the plugin's size.
class JsonText {
public:
  [[gnu::noinline]] JsonText& raw(std::string_view json) {
    text_.append(json);
    return *this;
  }
  [[gnu::noinline]] JsonText& escaped(std::string_view text) {
    const std::size_t size = crank_json_escape(text.data(), text.size(), nullptr, 0), before = text_.size();
    text_.resize(before + size);
    crank_json_escape(text.data(), text.size(), text_.data() + before, size);
    return *this;
  }
  JsonText& number(std::uint64_t value) { return number(value, 1); }
  // The time, as ISO 8601 in UTC with microseconds: 2025-11-16T09:30:00.123456+00:00
  JsonText& now() {
    std::timespec time{};
    std::tm utc{};
    clock_gettime(CLOCK_REALTIME, &time);
    gmtime_r(&time.tv_sec, &utc);
    number(static_cast<std::uint64_t>(utc.tm_year) + 1900, 4)
        .raw("-")
        .number(static_cast<std::uint64_t>(utc.tm_mon) + 1, 2);
    const struct {
      const char* before;
      int value;
    } rest[] = {{"-", utc.tm_mday}, {"T", utc.tm_hour}, {":", utc.tm_min}, {":", utc.tm_sec}};
    for (const auto& part : rest) raw(part.before).number(static_cast<std::uint64_t>(part.value), 2);
    return raw(".").number(static_cast<std::uint64_t>(time.tv_nsec) / 1000, 6).raw("+00:00");
  }
  std::string_view view() const noexcept { return text_; }

private:
  // In decimal, at least `digits` of them.
  JsonText& number(std::uint64_t value, int digits) {
    char text[20];
    char* const end = text + sizeof(text);
    char* begin = end;
    for (; value || end - begin < digits; value /= 10) *--begin = static_cast<char>('0' + value % 10);
    return raw(std::string_view(begin, static_cast<std::size_t>(end - begin)));
  }

  std::string text_;
};

} // namespace streaming
