// libFuzzer target for forms: a Content-Type on the first line, a body behind it. What is found must not depend on
// where the body is, must lie in it, and must come out the same when it is sent again.
#include "base/text.hpp"
#include "forms/file_name.hpp"
#include "forms/form.hpp"
#include "forms/multipart.hpp"
#include "forms/parameters.hpp"
#include "forms/urlencoded.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace crank;

void must(bool holds) {
  if (!holds) std::abort();
}

class Body : public RequestBody {
public:
  Body(std::string_view text, bool near) : text_(text), near_(near) {}
  std::uint64_t size() const override { return text_.size(); }
  std::optional<std::string_view> whole() const override { return near_ ? std::optional(text_) : std::nullopt; }
  std::int64_t read(void*, std::size_t) override { return CRANK_UNSUPPORTED; }
  std::int64_t read_at(std::uint64_t offset, void* buffer, std::size_t capacity) const override {
    if (offset >= text_.size()) return 0;
    return static_cast<std::int64_t>(text_.copy(static_cast<char*>(buffer), capacity, offset));
  }
  void abort(std::int32_t) override {}

private:
  const std::string_view text_;
  const bool near_;
};

bool same(const RawPart& a, const RawPart& b) {
  return a.name == b.name && a.file_name == b.file_name && a.media_type == b.media_type && a.charset == b.charset &&
         a.offset == b.offset && a.size == b.size;
}

// As a browser writes it.
std::string escaped(std::string_view name) {
  std::string result;
  for (const char c : name)
    result += c == '"' ? "%22" : c == '\r' ? "%0D" : c == '\n' ? "%0A" : c == '\\' ? "\\\\" : std::string(1, c);
  return result;
}

// What was read, sent again and read again, is the same; a name that would be escaped twice is another.
void check_again(const std::vector<RawPart>& parts, std::string_view body, const std::string& boundary) {
  std::string again;
  for (const RawPart& part : parts) {
    if (part.name.find('%') != std::string::npos || part.name.find('\0') != std::string::npos) return;
    again.append("--").append(boundary).append("\r\nContent-Disposition: form-data; name=\"");
    again.append(escaped(part.name)).append("\"\r\n\r\n").append(body.substr(part.offset, part.size)).append("\r\n");
  }
  again.append("--").append(boundary).append("--");
  const auto read = read_multipart(Body(again, true), boundary, 1000);
  must(static_cast<bool>(read));
  must(read->size() == parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    must((*read)[i].name == parts[i].name);
    must(again.substr((*read)[i].offset, (*read)[i].size) == body.substr(parts[i].offset, parts[i].size));
  }
}

void check_multipart(std::string_view body, const std::string& boundary) {
  const auto near = read_multipart(Body(body, true), boundary, 1000);
  const auto far = read_multipart(Body(body, false), boundary, 1000);
  must(static_cast<bool>(near) == static_cast<bool>(far));
  if (!near) return must(near.error().detail == far.error().detail);
  must(near->size() == far->size());
  std::uint64_t end = 0;
  for (std::size_t i = 0; i < near->size(); ++i) {
    const RawPart& part = (*near)[i];
    must(same(part, (*far)[i]));
    must(part.offset >= end && part.offset + part.size <= body.size());
    end = part.offset + part.size;
    must(is_utf8(part.name) && part.name.size() <= 255);
    const std::string_view content = body.substr(part.offset, part.size);
    must(content.find("\r\n--" + boundary + "\r\n") == std::string_view::npos);
    must(content.find("\r\n--" + boundary + "--") == std::string_view::npos);
  }
  check_again(*near, body, boundary);
}

void check_pairs(std::string_view body) {
  const auto some = [](std::string_view name) -> std::uint64_t { return name.size() % 2 == 0 ? 1'000'000 : 3; };
  const auto near = read_urlencoded(Body(body, true), some, 1000);
  const auto far = read_urlencoded(Body(body, false), some, 1000);
  must(static_cast<bool>(near) == static_cast<bool>(far));
  if (!near) return must(near.error().detail == far.error().detail);
  must(near->size() == far->size());
  for (std::size_t i = 0; i < near->size(); ++i) {
    const UrlEncodedField& field = (*near)[i];
    must(field.name == (*far)[i].name && field.value == (*far)[i].value && field.size == (*far)[i].size);
    must(field.value.size() == std::min(field.size, some(field.name)));
  }
}

FormSpec spec() {
  FormSpec form;
  for (const std::string_view name : {"a", "b", "file", ""}) {
    FormField field;
    field.name = name;
    field.kind = name == "file" ? FormField::Kind::file : FormField::Kind::text;
    field.multiple = name == "b";
    if (name == "a") field.otherwise = "otherwise";
    form.fields.push_back(std::move(field));
  }
  return form;
}

void check_form(std::string_view type, std::string_view body) {
  static const FormSpec declared = spec();
  const auto form = read_form(declared, type, Body(body, false));
  if (!form) {
    const int status = form.error().http_status;
    return must((status == 400 || status == 413 || status == 415 || status == 422) && is_utf8(form.error().detail));
  }
  for (const FormPart& part : form->parts) {
    must(!part.media_type.empty() && is_utf8(part.text));
    if (part.is_file) must(part.offset + part.size <= body.size() && plain_file_name(part.file_name) == part.file_name);
    if (!part.is_file) must(part.text.size() == part.size && part.file_name.empty());
  }
}

void check_name(std::string_view given) {
  const std::string name = plain_file_name(given);
  must(!name.empty() && name.size() <= 255 && is_utf8(name) && name != "." && name != "..");
  must(name.find_first_of("/\\\r\n\t") == std::string::npos && name.find('\0') == std::string::npos);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t line = std::min(text.find('\n'), text.size());
  const std::string_view type = text.substr(0, line);
  const std::string_view body = text.substr(std::min(line + 1, text.size()));
  if (const auto parsed = parse_form_type(type); parsed && parsed->boundary) check_multipart(body, *parsed->boundary);
  check_pairs(body);
  check_form(type, body);
  check_name(type);
  static_cast<void>(parse_parameters(text));
  return 0;
}
