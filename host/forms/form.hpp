// A body that is a form, read and checked against what its operation declared: what the plugin sees of it. Files stay
// where the body is, texts are in memory. Knows nothing of HTTP, plugins or jobs.
#pragma once

#include "base/request.hpp"
#include "manifest/manifest.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace crank {

struct FormPart {
  std::string name;
  bool is_file = false;
  std::string file_name;    // of a file, see plain_file_name(); until it is checked, empty where nobody chose one
  std::string media_type;   // type/subtype in lower case; never empty
  std::string charset;      // lower case; empty: none was said
  std::string text;         // of a text
  std::uint64_t offset = 0; // of a file, in the body
  std::uint64_t size = 0;   // bytes
};

struct Form {
  std::vector<FormPart> parts; // of declared fields, in the order of the body; then texts that nobody sent, with their
                               // defaults
};

inline constexpr std::uint64_t longest_text_unasked = 64 * 1024; // bytes of a text, where its field says nothing else

// The form in `body`, none of which was read. `content_type`: with its parameters. 415 for a type that is no form's,
// 400 for a body that is none, 413 over a limit, 422 with the fields that are wrong, 415 for a file of a type that is
// not taken; what RequestBody::read_at says where it cannot be read.
[[nodiscard]] Result<Form> read_form(const FormSpec& spec, std::string_view content_type, const RequestBody& body);

} // namespace crank
