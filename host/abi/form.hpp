// The form of one call: what crank.form/1 gives to plugins. Knows the invocation; knows nothing of how a form is
// encoded.
#pragma once

#include "engine/invocation.hpp"
#include "os/scratch_file.hpp"

#include <crank/ext/form.h>

#include <map>

namespace crank {

// As crank_form documents; one thread at a time.
class CallForm {
public:
  static const crank_form* table();

  // `invocation` has a form.
  explicit CallForm(Invocation& invocation) : invocation_(invocation), form_(*invocation.form()) {}

  const Form& form() const { return form_; }
  std::int64_t read(std::uint64_t index, std::uint64_t offset, void* buffer, std::size_t capacity) const;
  crank_status descriptor(std::uint64_t index, std::int32_t& descriptor);

private:
  crank_status copy(const FormPart& part, ScratchFile& file) const;

  Invocation& invocation_;
  const Form& form_;
  std::map<std::uint64_t, ScratchFile> files_; // by the index of the part that is in it
};

// What the bridge and the host of `verify` share. The text of *out lives as long as `part`.
crank_status part_to_abi(const FormPart& part, crank_form_part* out);
crank_status find_part(const Form& form, crank_str name, std::uint64_t from, std::uint64_t* index);

} // namespace crank
