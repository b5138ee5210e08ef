#include "forms/form.hpp"

#include "base/text.hpp"
#include "forms/file_name.hpp"
#include "forms/form_check.hpp"
#include "forms/multipart.hpp"
#include "forms/parameters.hpp"
#include "forms/urlencoded.hpp"

namespace crank {
namespace {

constexpr std::string_view multipart_type = "multipart/form-data";
constexpr std::string_view urlencoded_type = "application/x-www-form-urlencoded";

// A text as long as it may be is read; what is longer is only measured.
Result<std::string> text_at(const RequestBody& body, std::uint64_t offset, std::uint64_t size) {
  std::string text(static_cast<std::size_t>(size), '\0');
  const std::int64_t got = body.read_at(offset, text.data(), text.size());
  if (got < 0) return Problem::of(static_cast<crank_status>(got), "the body cannot be read");
  text.resize(static_cast<std::size_t>(got));
  return text;
}

// A file whose name was left out is one all the same where a file is expected (RFC 7578 4.2: it is optional).
FormPart part_of(const FormField& field, RawPart raw) {
  FormPart part;
  part.name = std::move(raw.name);
  part.is_file = raw.file_name || field.kind == FormField::Kind::file;
  const std::string given = raw.file_name.value_or(std::string());
  if (part.is_file && !(given.empty() && raw.size == 0)) part.file_name = plain_file_name(given);
  part.media_type = std::move(raw.media_type);
  if (part.media_type.empty()) part.media_type = part.is_file ? "application/octet-stream" : "text/plain";
  part.charset = std::move(raw.charset);
  part.offset = raw.offset;
  part.size = raw.size;
  return part;
}

Result<Form> read_parts(const FormSpec& spec, std::string_view boundary, const RequestBody& body) {
  auto raw = read_multipart(body, boundary, spec.most_parts);
  if (!raw) return std::move(raw).error();
  FormCheck check(spec);
  for (RawPart& one : *raw) {
    const FormField* const field = check.field(one.name);
    if (!field) continue;
    FormPart part = part_of(*field, std::move(one));
    if (!part.is_file && part.size <= FormCheck::most_bytes(*field)) {
      auto text = text_at(body, part.offset, part.size);
      if (!text) return std::move(text).error();
      part.text = *std::move(text);
    }
    check.add(*field, std::move(part));
  }
  return check.finish();
}

Result<Form> read_pairs(const FormSpec& spec, const RequestBody& body) {
  FormCheck check(spec);
  const auto kept = [&spec](std::string_view name) -> std::uint64_t {
    for (const FormField& field : spec.fields) {
      if (field.name == name && field.kind == FormField::Kind::text) return FormCheck::most_bytes(field);
    }
    return 0;
  };
  auto fields = read_urlencoded(body, kept, spec.most_parts);
  if (!fields) return std::move(fields).error();
  for (UrlEncodedField& one : *fields) {
    const FormField* const field = check.field(one.name);
    if (!field) continue;
    FormPart part;
    part.name = std::move(one.name);
    part.media_type = "text/plain";
    part.text = std::move(one.value);
    part.size = one.size;
    check.add(*field, std::move(part));
  }
  return check.finish();
}

} // namespace

Result<Form> read_form(const FormSpec& spec, std::string_view content_type, const RequestBody& body) {
  if (trim(content_type).empty() && body.size() == 0) return FormCheck(spec).finish();
  const auto type = parse_form_type(content_type);
  if (type && type->essence == urlencoded_type) return read_pairs(spec, body);
  if (type && type->essence == multipart_type) {
    if (type->boundary) return read_parts(spec, *type->boundary, body);
    return invalid_form("has no boundary in its Content-Type, or one that is none (RFC 2046 5.1.1)");
  }
  const std::string_view essence = trim(content_type.substr(0, content_type.find(';')));
  if (!type && equal_ignoring_case(essence, multipart_type))
    return invalid_form("has a Content-Type whose parameters are malformed");
  return Problem::http(415, "UNSUPPORTED_MEDIA_TYPE",
                       "the body must be multipart/form-data or application/x-www-form-urlencoded" +
                           (essence.empty() ? std::string() : ", not " + as_utf8(shortened(essence, 100))));
}

} // namespace crank
