// The form of a call, for conformance checks: made of what a field may hold, encoded and read as a client's would be.
#pragma once

#include "conformance/check_report.hpp"
#include "forms/form.hpp"
#include "os/scratch_file.hpp"

#include <crank/ext/form.h>

#include <map>
#include <string>
#include <string_view>

namespace crank {

// A body that the form takes, with its Content-Type: every field once, or those alone that are required. `content` is
// in every file, and in every text that can be anything.
struct SampleForm {
  std::string body;
  std::string content_type;
};
[[nodiscard]] SampleForm sample_form(const FormSpec& form, std::string_view content, bool all_fields);

// What a host makes of it.
[[nodiscard]] Result<Form> form_in(const FormSpec& form, const SampleForm& sample);

class RecordingForm {
public:
  static const crank_form* table();

  RecordingForm(CheckReport& report, const std::string& operation, const std::string& body, Form form)
      : report_(report), operation_(operation), body_(body), form_(std::move(form)) {}

  crank_status count(std::uint64_t* count) const;
  crank_status part(std::uint64_t index, crank_form_part* out) const;
  crank_status find(crank_str name, std::uint64_t from, std::uint64_t* index) const;
  std::int64_t read(std::uint64_t index, std::uint64_t offset, void* buffer, std::size_t capacity) const;
  crank_status descriptor(std::uint64_t index, std::int32_t* descriptor);

private:
  void fault(const std::string& what) const { report_.fail(operation_ + ": " + what); }
  std::string_view content_of(const FormPart& part) const;

  CheckReport& report_;
  const std::string& operation_;
  const std::string& body_;
  const Form form_;
  std::map<std::uint64_t, ScratchFile> files_;
};

} // namespace crank
