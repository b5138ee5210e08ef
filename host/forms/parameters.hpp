// Values with parameters, `type/subtype; name=value; name="value"`, as the header fields of forms have them (RFC 9110
// 5.6.6, RFC 7578 4.2). Knows nothing of what the parameters mean.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace crank {

struct ParameterizedValue {
  std::string value;                                           // what stands before the first parameter, in lower case
  std::vector<std::pair<std::string, std::string>> parameters; // names in lower case, values without their quotes

  // The parameter of that (lower-case) name, or nullptr.
  const std::string* find(std::string_view name) const;
};

// nullopt for what is not of that form, and for two parameters of one name. In quotes a backslash goes with a quote or
// a backslash behind it, and stands for itself before anything else: some senders escape with it, and others send a
// Windows path as it is.
[[nodiscard]] std::optional<ParameterizedValue> parse_parameters(std::string_view text);

// `type/subtype` in lower case, and the boundary (RFC 2046 5.1.1) of a multipart type.
struct FormType {
  std::string essence;
  std::optional<std::string> boundary; // where it can be one: 1 to 70 printable characters, the last not a space
};
// nullopt for what is not of the form of a media type.
[[nodiscard]] std::optional<FormType> parse_form_type(std::string_view content_type);

} // namespace crank
