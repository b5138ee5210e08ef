#include "conformance/recording_form.hpp"

#include "abi/form.hpp"
#include "abi/text.hpp"
#include "base/text.hpp"
#include "conformance/recording_call.hpp"

#include <algorithm>

namespace crank {
namespace {

constexpr std::string_view boundary = "crank-verify-4jX0a7";

std::string text_for(const FormField& field, std::string_view content) {
  if (!field.choices.empty()) return field.choices.front();
  const auto most = static_cast<std::size_t>(field.max_bytes.value_or(longest_text_unasked));
  std::string text = as_utf8(shortened(content, most / 3)); // what is not UTF-8 grows
  return text.empty() && field.required ? "x" : text;
}

std::string file_for(const FormField& field, std::string_view content) {
  return std::string(content.substr(0, static_cast<std::size_t>(field.max_bytes.value_or(content.size()))));
}

std::string type_for(const FormField& field) {
  if (field.media_types.empty()) return "application/octet-stream";
  std::string type = field.media_types.front();
  if (type.back() == '*') type.replace(type.size() - 1, 1, "x-verify");
  return type;
}

// As browsers write a name; control characters are in none.
std::string escaped(std::string_view name) {
  std::string result;
  for (const char c : name) result.append(c == '"' ? "%22" : std::string(1, c));
  return result;
}

// A body in memory.
class TextBody : public RequestBody {
public:
  explicit TextBody(const std::string& text) : text_(text) {}
  std::uint64_t size() const override { return text_.size(); }
  std::optional<std::string_view> whole() const override { return text_; }
  std::int64_t read(void*, std::size_t) override { return CRANK_UNSUPPORTED; } // forms are read where they are
  void abort(std::int32_t) override {}

private:
  const std::string& text_;
};

} // namespace

Result<Form> form_in(const FormSpec& form, const SampleForm& sample) {
  return read_form(form, sample.content_type, TextBody(sample.body));
}

SampleForm sample_form(const FormSpec& form, std::string_view content, bool all_fields) {
  const std::string dashes = std::string("--").append(boundary);
  SampleForm sample;
  for (const FormField& field : form.fields) {
    if (!field.required && !all_fields) continue;
    const bool is_file = field.kind == FormField::Kind::file;
    sample.body.append(dashes)
        .append("\r\nContent-Disposition: form-data; name=\"")
        .append(escaped(field.name))
        .append("\"");
    if (is_file) sample.body.append("; filename=\"verify.bin\"\r\nContent-Type: ").append(type_for(field));
    sample.body.append("\r\n\r\n").append(is_file ? file_for(field, content) : text_for(field, content)).append("\r\n");
  }
  sample.body.append(dashes).append("--\r\n");
  sample.content_type = std::string("multipart/form-data; boundary=").append(boundary);
  return sample;
}

const crank_form* RecordingForm::table() {
  static const crank_form table{
      sizeof(crank_form),
      [](crank_call* call, std::uint64_t* count) noexcept -> crank_status {
        crank_status status = CRANK_OK;
        RecordingForm* const form = RecordingCall::form_of(call, "count()", status);
        return form ? form->count(count) : status;
      },
      [](crank_call* call, std::uint64_t index, crank_form_part* out) noexcept -> crank_status {
        crank_status status = CRANK_OK;
        RecordingForm* const form = RecordingCall::form_of(call, "part()", status);
        return form ? form->part(index, out) : status;
      },
      [](crank_call* call, crank_str name, std::uint64_t from, std::uint64_t* index) noexcept -> crank_status {
        crank_status status = CRANK_OK;
        RecordingForm* const form = RecordingCall::form_of(call, "find()", status);
        return form ? form->find(name, from, index) : status;
      },
      [](crank_call* call, std::uint64_t index, std::uint64_t offset, void* buffer,
         std::size_t capacity) noexcept -> std::int64_t {
        crank_status status = CRANK_OK;
        RecordingForm* const form = RecordingCall::form_of(call, "read() of a part", status);
        return form ? form->read(index, offset, buffer, capacity) : status;
      },
      [](crank_call* call, std::uint64_t index, std::int32_t* descriptor) noexcept -> crank_status {
        crank_status status = CRANK_OK;
        RecordingForm* const form = RecordingCall::form_of(call, "descriptor() of a part", status);
        return form ? form->descriptor(index, descriptor) : status;
      }};
  return &table;
}

crank_status RecordingForm::count(std::uint64_t* count) const {
  if (!count) {
    fault("count() without a place for the count");
    return CRANK_INVALID;
  }
  *count = form_.parts.size();
  return CRANK_OK;
}

crank_status RecordingForm::part(std::uint64_t index, crank_form_part* out) const {
  if (index >= form_.parts.size()) return CRANK_NOT_FOUND;
  const crank_status status = part_to_abi(form_.parts[index], out);
  if (status != CRANK_OK) fault("part() without a crank_form_part that has its size");
  return status;
}

crank_status RecordingForm::find(crank_str name, std::uint64_t from, std::uint64_t* index) const {
  const crank_status status = find_part(form_, name, from, index);
  if (status == CRANK_INVALID) fault("find() without a readable name, or a place for the index");
  return status;
}

std::string_view RecordingForm::content_of(const FormPart& part) const {
  if (!part.is_file) return part.text;
  return std::string_view(body_).substr(static_cast<std::size_t>(part.offset), static_cast<std::size_t>(part.size));
}

std::int64_t RecordingForm::read(std::uint64_t index, std::uint64_t offset, void* buffer, std::size_t capacity) const {
  if (index >= form_.parts.size()) return CRANK_NOT_FOUND;
  if (!buffer && capacity > 0) {
    fault("read() of a part with a NULL buffer");
    return CRANK_INVALID;
  }
  const std::string_view content = content_of(form_.parts[index]);
  if (offset >= content.size()) return 0;
  return static_cast<std::int64_t>(
      content.copy(static_cast<char*>(buffer), capacity, static_cast<std::size_t>(offset)));
}

crank_status RecordingForm::descriptor(std::uint64_t index, std::int32_t* descriptor) {
  if (index >= form_.parts.size()) return CRANK_NOT_FOUND;
  if (!descriptor) {
    fault("descriptor() of a part without a place for it");
    return CRANK_INVALID;
  }
  auto found = files_.find(index);
  if (found == files_.end()) {
    auto file = ScratchFile::nameless({});
    if (!file || file->write(content_of(form_.parts[index]))) return CRANK_UNAVAILABLE;
    file->rewind();
    found = files_.emplace(index, *std::move(file)).first;
  }
  *descriptor = found->second.descriptor();
  return CRANK_OK;
}

} // namespace crank
