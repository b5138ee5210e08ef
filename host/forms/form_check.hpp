// What came in a form against what its operation declared. Knows nothing of how a body is encoded.
#pragma once

#include "base/problem.hpp"
#include "forms/form.hpp"

#include <map>
#include <optional>
#include <string_view>
#include <vector>

namespace crank {

class FormCheck {
public:
  explicit FormCheck(const FormSpec& spec) : spec_(spec) {}

  // The field of that name; nullptr: it is not to be looked at, and noted if it must not be there.
  const FormField* field(std::string_view name);
  // Bytes that a text of the field may have.
  static std::uint64_t most_bytes(const FormField& field);

  // One part of a declared field, in the order of the body. A text's bytes need only be there where they are not too
  // many.
  void add(const FormField& field, FormPart part);
  // The part of a field is longer than it may be. 413
  static Problem too_long(const FormField& field, std::uint64_t most);

  // The form, when everything was added, or all that is wrong with it.
  Result<Form> finish();

private:
  void fault(const FormField& field, std::string message);
  void fault(std::string_view name, std::string message);
  void check_text(const FormField& field, const std::string& text);

  const FormSpec& spec_;
  Form form_;
  std::map<std::string_view, std::size_t> seen_; // names of declared fields: parts of them
  std::vector<FieldError> faults_;
  std::optional<Problem> over_limit_;   // wins over what else is wrong
  std::optional<Problem> type_refused_; // comes after all
};

} // namespace crank
