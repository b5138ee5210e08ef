#include "abi/form.hpp"

#include "abi/call.hpp"
#include "abi/text.hpp"
#include "os/platform.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace crank {
namespace {

// At once, so that a call that is cancelled does not go on copying.
constexpr std::size_t copied_at_once = 64 * 1024 * 1024;

// Runs `use` with the call's form: nothing gets past here.
template <class Use>
auto with_form(crank_call* call, Use&& use) noexcept -> decltype(use(std::declval<CallForm&>())) try {
  if (!call) return CRANK_INVALID;
  crank_status status = CRANK_OK;
  CallForm* const form = PluginCall::form_of(call, status);
  return form ? use(*form) : status;
} catch (...) {
  return CRANK_EXHAUSTED;
}

crank_status count(crank_call* call, std::uint64_t* out) noexcept {
  if (!out) return CRANK_INVALID;
  return with_form(call, [&](CallForm& form) -> crank_status {
    *out = form.form().parts.size();
    return CRANK_OK;
  });
}

crank_status part(crank_call* call, std::uint64_t index, crank_form_part* out) noexcept {
  return with_form(call, [&](CallForm& form) -> crank_status {
    const auto& parts = form.form().parts;
    return index < parts.size() ? part_to_abi(parts[index], out) : CRANK_NOT_FOUND;
  });
}

crank_status find(crank_call* call, crank_str name, std::uint64_t from, std::uint64_t* index) noexcept {
  return with_form(call, [&](CallForm& form) { return find_part(form.form(), name, from, index); });
}

std::int64_t read(crank_call* call, std::uint64_t index, std::uint64_t offset, void* buffer,
                  std::size_t capacity) noexcept {
  if (!buffer && capacity > 0) return CRANK_INVALID;
  return with_form(call, [&](CallForm& form) { return form.read(index, offset, buffer, capacity); });
}

crank_status descriptor(crank_call* call, std::uint64_t index, std::int32_t* out) noexcept {
  if (!out) return CRANK_INVALID;
  return with_form(call, [&](CallForm& form) { return form.descriptor(index, *out); });
}

} // namespace

crank_status part_to_abi(const FormPart& part, crank_form_part* out) {
  if (!out || !CRANK_HAS_FIELD(crank_form_part, out, reserved)) return CRANK_INVALID;
  const std::size_t size = out->size; // of a later header, perhaps
  *out = {size,
          to_abi(part.name),
          part.is_file ? to_abi(part.file_name) : crank_str{nullptr, 0},
          to_abi(part.media_type),
          to_abi(part.charset),
          part.is_file ? crank_str{nullptr, 0} : to_abi(part.text),
          part.size,
          part.is_file ? CRANK_FORM_FILE : CRANK_FORM_TEXT,
          0};
  return CRANK_OK;
}

crank_status find_part(const Form& form, crank_str name, std::uint64_t from, std::uint64_t* index) {
  if (!index || !is_readable(name)) return CRANK_INVALID;
  for (std::uint64_t i = from; i < form.parts.size(); ++i) {
    if (form.parts[i].name != from_abi(name)) continue;
    *index = i;
    return CRANK_OK;
  }
  return CRANK_NOT_FOUND;
}

const crank_form* CallForm::table() {
  static const crank_form table{sizeof(crank_form), &crank::count, &crank::part,
                                &crank::find,       &crank::read,  &crank::descriptor};
  return &table;
}

std::int64_t CallForm::read(std::uint64_t index, std::uint64_t offset, void* buffer, std::size_t capacity) const {
  if (index >= form_.parts.size()) return CRANK_NOT_FOUND;
  const FormPart& part = form_.parts[index];
  if (offset >= part.size) return 0;
  capacity = static_cast<std::size_t>(std::min<std::uint64_t>(capacity, part.size - offset));
  if (part.is_file) return invocation_.body().read_at(part.offset + offset, buffer, capacity);
  return static_cast<std::int64_t>(part.text.copy(static_cast<char*>(buffer), capacity, offset));
}

// What is in a file is copied by the system, the rest, which is what a spool keeps in memory, by hand.
crank_status CallForm::copy(const FormPart& part, ScratchFile& file) const {
  if (!part.is_file) return file.write(part.text) ? CRANK_UNAVAILABLE : CRANK_OK;
  const RequestBody& body = invocation_.body();
  std::array<char, 65536> piece;
  bool by_hand = false;
  for (std::uint64_t done = 0; done < part.size;) {
    if (invocation_.cancelled()) return CRANK_CANCELLED;
    const std::uint64_t left = part.size - done;
    const FilePlace place = body.place_of(part.offset + done);
    if (place.descriptor >= 0 && !by_hand) {
      const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(left, copied_at_once));
      const std::int64_t copied = copy_in_kernel(place.descriptor, place.offset, file.descriptor(), most);
      by_hand = copied <= 0;
      done += by_hand ? 0 : static_cast<std::uint64_t>(copied);
      continue;
    }
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(left, piece.size()));
    const std::int64_t got = body.read_at(part.offset + done, piece.data(), want);
    if (got <= 0) return got < 0 ? static_cast<crank_status>(got) : CRANK_INTERNAL;
    if (file.write({piece.data(), static_cast<std::size_t>(got)})) return CRANK_UNAVAILABLE;
    done += static_cast<std::uint64_t>(got);
  }
  return CRANK_OK;
}

crank_status CallForm::descriptor(std::uint64_t index, std::int32_t& descriptor) {
  if (index >= form_.parts.size()) return CRANK_NOT_FOUND;
  auto found = files_.find(index);
  if (found == files_.end()) {
    auto file = invocation_.sink().make_file();
    if (!file) return file.error().status == CRANK_CANCELLED ? CRANK_CANCELLED : CRANK_UNAVAILABLE;
    if (const crank_status status = copy(form_.parts[index], *file); status != CRANK_OK) return status;
    file->rewind();
    found = files_.emplace(index, *std::move(file)).first;
  }
  descriptor = found->second.descriptor();
  return CRANK_OK;
}

} // namespace crank
