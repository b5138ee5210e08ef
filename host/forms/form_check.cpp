#include "forms/form_check.hpp"

#include "base/text.hpp"
#include "json/json.hpp"

#include <algorithm>

namespace crank {
namespace {

std::string list_of(const std::vector<std::string>& words, std::string_view quote) {
  std::string list;
  for (const std::string& word : words) {
    if (!list.empty()) list += &word == &words.back() ? " or " : ", ";
    list.append(quote).append(word).append(quote);
  }
  return list;
}

// "image/*" takes every image.
bool takes(const FormField& field, std::string_view media_type) {
  if (field.media_types.empty()) return true;
  return std::any_of(field.media_types.begin(), field.media_types.end(), [media_type](std::string_view allowed) {
    if (allowed.back() != '*') return allowed == media_type;
    allowed.remove_suffix(1);
    return media_type.substr(0, allowed.size()) == allowed;
  });
}

// As HTML forms send a field that nobody filled in.
bool is_left_empty(const FormField& field, const FormPart& part) {
  if (part.size > 0 || field.multiple) return false;
  return !part.is_file || part.file_name.empty();
}

} // namespace

const FormField* FormCheck::field(std::string_view name) {
  const auto found = std::find_if(spec_.fields.begin(), spec_.fields.end(),
                                  [name](const FormField& field) { return field.name == name; });
  if (found != spec_.fields.end()) return &*found;
  if (spec_.refuses_others) fault(name, "is not a field of this form");
  return nullptr;
}

std::uint64_t FormCheck::most_bytes(const FormField& field) {
  return field.max_bytes.value_or(field.kind == FormField::Kind::text ? longest_text_unasked : UINT64_MAX);
}

void FormCheck::fault(const FormField& field, std::string message) { fault(field.name, std::move(message)); }

void FormCheck::fault(std::string_view name, std::string message) {
  const std::string pointer = json_pointer("", name);
  const bool known = std::any_of(faults_.begin(), faults_.end(), [&](const FieldError& error) {
    return error.pointer == pointer && error.message == message;
  });
  if (!known) faults_.push_back({pointer, std::move(message)});
}

Problem FormCheck::too_long(const FormField& field, std::uint64_t most) {
  std::vector<FieldError> fields{{json_pointer("", field.name), "must be at most " + std::to_string(most) + " bytes"}};
  Problem problem = Problem::of(CRANK_EXHAUSTED, fields.front().pointer + " " + fields.front().message);
  problem.fields = std::move(fields);
  return problem;
}

void FormCheck::check_text(const FormField& field, const std::string& text) {
  if (!is_utf8(text)) return fault(field, "must be text in UTF-8");
  if (field.choices.empty() || std::find(field.choices.begin(), field.choices.end(), text) != field.choices.end())
    return;
  fault(field, "must be " + list_of(field.choices, "\""));
}

void FormCheck::add(const FormField& field, FormPart part) {
  const bool wants_file = field.kind == FormField::Kind::file;
  if (is_left_empty(field, part)) return;
  if (part.is_file != wants_file) return fault(field, wants_file ? "must be a file" : "must be a text, not a file");
  if (seen_[field.name]++ > 0 && !field.multiple) return fault(field, "may be given only once");
  if (part.size > most_bytes(field)) {
    if (!over_limit_) over_limit_ = too_long(field, most_bytes(field));
    return;
  }
  if (!wants_file) check_text(field, part.text);
  if (wants_file && !takes(field, part.media_type) && !type_refused_) {
    type_refused_ = Problem::http(415, "UNSUPPORTED_MEDIA_TYPE", "");
    type_refused_->fields = {{json_pointer("", field.name), "must be " + list_of(field.media_types, "") + ", not " +
                                                                std::string(shortened(part.media_type, 100))}};
    type_refused_->detail = type_refused_->fields.front().pointer + " " + type_refused_->fields.front().message;
  }
  form_.parts.push_back(std::move(part));
}

Result<Form> FormCheck::finish() {
  if (over_limit_) return *std::move(over_limit_);
  for (const FormField& field : spec_.fields) {
    if (seen_.count(field.name)) continue;
    if (field.required) fault(field, "is required");
    if (!field.otherwise) continue;
    FormPart part;
    part.name = field.name;
    part.media_type = "text/plain";
    part.text = *field.otherwise;
    part.size = part.text.size();
    form_.parts.push_back(std::move(part));
  }
  if (!faults_.empty()) return Problem::of_fields(std::move(faults_));
  if (type_refused_) return *std::move(type_refused_);
  return std::move(form_);
}

} // namespace crank
