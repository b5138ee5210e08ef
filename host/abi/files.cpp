#include "abi/files.hpp"

#include "abi/call.hpp"
#include "abi/text.hpp"
#include "base/text.hpp"
#include "engine/reply_head.hpp"

#include <array>

namespace crank {
namespace {

constexpr std::size_t most_artifacts = 1000;
constexpr std::size_t longest_description = 1000;

crank_status status_of(const Problem& problem) {
  return problem.status == CRANK_CANCELLED ? CRANK_CANCELLED : CRANK_UNAVAILABLE;
}

// Runs `use` with the call's files, where it has any yet to make: nothing gets past here.
template <class Use>
crank_status with_files(crank_call* call, Use&& use) noexcept try {
  if (!call) return CRANK_INVALID;
  CallFiles* const files = PluginCall::files_of(call);
  return files ? use(*files) : CRANK_CANCELLED;
} catch (...) {
  return CRANK_EXHAUSTED;
}

crank_status begin(crank_call* call, const crank_artifact_spec* spec, std::uint64_t* id) noexcept {
  if (!call || !id) return CRANK_INVALID;
  if (PluginCall::has_written(call)) return CRANK_INVALID;
  return with_files(call, [&](CallFiles& files) { return files.begin(spec, *id); });
}

crank_status write(crank_call* call, std::uint64_t id, const void* data, std::size_t len) noexcept {
  if (!data && len > 0) return CRANK_INVALID;
  const crank_status status = with_files(call, [&](CallFiles& files) {
    return files.write(id, {static_cast<const char*>(data), len});
  });
  if (call && (status == CRANK_EXHAUSTED || status == CRANK_UNAVAILABLE)) PluginCall::note_write_failure(call, status);
  return status;
}

crank_status descriptor(crank_call* call, std::uint64_t id, std::int32_t* out) noexcept {
  if (!out) return CRANK_INVALID;
  return with_files(call, [&](CallFiles& files) { return files.descriptor(id, *out); });
}

crank_status finish(crank_call* call, std::uint64_t id) noexcept {
  if (!call || PluginCall::has_written(call)) return CRANK_INVALID;
  const crank_status status = with_files(call, [&](CallFiles& files) { return files.finish(id); });
  if (status == CRANK_EXHAUSTED || status == CRANK_UNAVAILABLE) PluginCall::note_write_failure(call, status);
  return status;
}

void discard(crank_call* call, std::uint64_t id) noexcept {
  static_cast<void>(with_files(call, [&](CallFiles& files) {
    files.discard(id);
    return CRANK_OK;
  }));
}

crank_status body_descriptor(crank_call* call, std::int32_t* out) noexcept {
  if (!call || !out || PluginCall::has_read(call) || PluginCall::has_form(call)) return CRANK_INVALID;
  return with_files(call, [&](CallFiles& files) { return files.body_descriptor(*out); });
}

crank_status digest(crank_call* call, std::uint64_t id, crank_str* hex) noexcept {
  if (!hex) return CRANK_INVALID;
  return with_files(call, [&](CallFiles& files) { return files.digest(id, *hex); });
}

crank_status open(crank_call* call, crank_str address, crank_kept_file* out) noexcept {
  if (!is_readable(address) || !out || !CRANK_HAS_FIELD(crank_kept_file, out, reserved)) return CRANK_INVALID;
  return with_files(call, [&](CallFiles& files) { return files.open(from_abi(address), *out); });
}

} // namespace

const crank_files* CallFiles::table() {
  static const crank_files table{sizeof(crank_files),     &crank::begin,  &crank::write,
                                 &crank::descriptor,      &crank::finish, &crank::discard,
                                 &crank::body_descriptor, &crank::digest, &crank::open};
  return &table;
}

crank_status CallFiles::begin(const crank_artifact_spec* spec, std::uint64_t& id) {
  if (!spec || !CRANK_HAS_FIELD(crank_artifact_spec, spec, reserved)) return CRANK_INVALID;
  if (!is_readable(spec->name) || !is_readable(spec->media_type) || !is_readable(spec->description))
    return CRANK_INVALID;
  ArtifactFacts facts;
  facts.name = from_abi(spec->name);
  facts.media_type = from_abi(spec->media_type);
  facts.description = as_utf8(shortened(from_abi(spec->description), longest_description));
  facts.shown_inline = (spec->flags & CRANK_ARTIFACT_INLINE) != 0;
  if (!is_artifact_name(facts.name) || !is_media_type(facts.media_type)) return CRANK_INVALID;
  if (names_.size() >= most_artifacts) return CRANK_EXHAUSTED;
  if (!names_.insert(facts.name).second) return CRANK_INVALID;
  auto file = invocation_.sink().make_file();
  if (!file) {
    names_.erase(facts.name);
    return status_of(file.error());
  }
  id = next_++;
  open_.emplace(id, Open{std::move(facts), *std::move(file), Sha256(), false, CRANK_OK});
  return CRANK_OK;
}

crank_status CallFiles::write(std::uint64_t id, std::string_view data) {
  const auto found = open_.find(id);
  if (found == open_.end()) return CRANK_NOT_FOUND;
  if (invocation_.answered()) return CRANK_CANCELLED;
  Open& open = found->second;
  if (open.failure != CRANK_OK) return open.failure;
  if (bytes_ + data.size() > invocation_.sink().most_file_bytes()) return open.failure = CRANK_EXHAUSTED;
  if (open.file.write(data)) return open.failure = CRANK_UNAVAILABLE;
  bytes_ += data.size();
  open.facts.bytes += data.size();
  if (!open.lent) open.digest.update(data);
  return CRANK_OK;
}

crank_status CallFiles::descriptor(std::uint64_t id, std::int32_t& descriptor) {
  const auto found = open_.find(id);
  if (found == open_.end()) return CRANK_NOT_FOUND;
  found->second.lent = true;
  descriptor = found->second.file.descriptor();
  return CRANK_OK;
}

// What others wrote is known when it is read again.
crank_status CallFiles::measure(Open& open) {
  const auto size = open.file.size();
  if (!size) return CRANK_UNAVAILABLE;
  bytes_ += *size - std::min(*size, open.facts.bytes);
  if (bytes_ > invocation_.sink().most_file_bytes()) return CRANK_EXHAUSTED;
  open.facts.bytes = 0;
  open.digest = Sha256();
  std::array<char, 65536> piece;
  while (open.facts.bytes < *size) {
    const std::int64_t got = open.file.read_at(open.facts.bytes, piece.data(), piece.size());
    if (got <= 0) return CRANK_UNAVAILABLE;
    open.digest.update({piece.data(), static_cast<std::size_t>(got)});
    open.facts.bytes += static_cast<std::uint64_t>(got);
    if (invocation_.cancelled()) return CRANK_CANCELLED;
  }
  return CRANK_OK;
}

crank_status CallFiles::finish(std::uint64_t id) {
  const auto found = open_.find(id);
  if (found == open_.end()) return CRANK_NOT_FOUND;
  if (invocation_.answered()) return CRANK_CANCELLED;
  Open& open = found->second;
  if (open.failure == CRANK_OK && open.lent) open.failure = measure(open);
  if (open.failure != CRANK_OK) return open.failure;
  open.facts.sha256 = open.digest.hex();
  digests_.emplace(id, open.facts.sha256);
  invocation_.sink().artifact({std::move(open.facts), std::make_shared<ScratchFile>(std::move(open.file))});
  open_.erase(found);
  return CRANK_OK;
}

void CallFiles::discard(std::uint64_t id) {
  const auto found = open_.find(id);
  if (found == open_.end()) return;
  names_.erase(found->second.facts.name);
  bytes_ -= std::min(bytes_, found->second.facts.bytes);
  open_.erase(found);
}

crank_status CallFiles::digest(std::uint64_t id, crank_str& hex) const {
  const auto found = digests_.find(id);
  if (found == digests_.end()) return CRANK_NOT_FOUND;
  hex = to_abi(found->second);
  return CRANK_OK;
}

crank_status CallFiles::open(std::string_view address, crank_kept_file& out) {
  auto kept = invocation_.sink().open_kept(address, invocation_.caller());
  if (!kept) return kept.error().status < 0 ? kept.error().status : CRANK_UNAVAILABLE;
  const KeptFile& file = kept_.emplace_back(*std::move(kept));
  out.name = to_abi(file.facts.name);
  out.media_type = to_abi(file.facts.media_type);
  out.sha256 = to_abi(file.facts.sha256);
  out.bytes = file.facts.bytes;
  out.descriptor = file.file.get();
  out.reserved = 0;
  return CRANK_OK;
}

crank_status CallFiles::body_descriptor(std::int32_t& descriptor) {
  RequestBody& body = invocation_.body();
  body_given_ = true;
  if (!body_ && body.descriptor() >= 0) {
    descriptor = body.descriptor();
    return CRANK_OK;
  }
  if (!body_) {
    auto file = invocation_.sink().make_file();
    if (!file) return status_of(file.error());
    std::array<char, 65536> piece;
    if (const auto whole = body.whole()) { // stays where it is, for crank_call.body
      if (file->write(*whole)) return CRANK_UNAVAILABLE;
    } else
      while (const std::int64_t got = body.read(piece.data(), piece.size())) {
        if (got < 0) return static_cast<crank_status>(got);
        if (file->write({piece.data(), static_cast<std::size_t>(got)})) return CRANK_UNAVAILABLE;
      }
    file->rewind();
    body_ = *std::move(file);
  }
  descriptor = body_->descriptor();
  return CRANK_OK;
}

} // namespace crank
