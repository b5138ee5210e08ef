#include "conformance/recording_files.hpp"

#include "abi/text.hpp"
#include "base/digest.hpp"
#include "conformance/recording_call.hpp"
#include "engine/artifact.hpp"
#include "engine/reply_head.hpp"

#include <array>

namespace crank {
namespace {

std::string digest_of(const ScratchFile& file) {
  Sha256 digest;
  std::array<char, 65536> piece;
  std::uint64_t position = 0;
  for (std::int64_t got = 0; (got = file.read_at(position, piece.data(), piece.size())) > 0;
       position += static_cast<std::uint64_t>(got)) {
    digest.update({piece.data(), static_cast<std::size_t>(got)});
  }
  return digest.hex();
}

} // namespace

const crank_files* RecordingFiles::table() {
  static const crank_files table{
      sizeof(crank_files),
      [](crank_call* call, const crank_artifact_spec* spec, std::uint64_t* id) noexcept -> crank_status {
        bool written = false;
        RecordingFiles* const files = RecordingCall::files_of(call, "begin()", written);
        return files ? files->begin(spec, id, written) : CRANK_CANCELLED;
      },
      [](crank_call* call, std::uint64_t id, const void* data, std::size_t size) noexcept -> crank_status {
        bool written = false;
        RecordingFiles* const files = RecordingCall::files_of(call, "write() to an artefact", written);
        return files ? files->write(id, data, size) : CRANK_CANCELLED;
      },
      [](crank_call* call, std::uint64_t id, std::int32_t* descriptor) noexcept -> crank_status {
        bool written = false;
        RecordingFiles* const files = RecordingCall::files_of(call, "descriptor()", written);
        return files ? files->descriptor(id, descriptor) : CRANK_CANCELLED;
      },
      [](crank_call* call, std::uint64_t id) noexcept -> crank_status {
        bool written = false;
        RecordingFiles* const files = RecordingCall::files_of(call, "finish() of an artefact", written);
        return files ? files->finish(id, written) : CRANK_CANCELLED;
      },
      [](crank_call* call, std::uint64_t id) noexcept {
        bool written = false;
        if (RecordingFiles* const files = RecordingCall::files_of(call, "discard()", written)) files->discard(id);
      },
      [](crank_call* call, std::int32_t* descriptor) noexcept -> crank_status {
        bool written = false;
        RecordingFiles* const files = RecordingCall::files_of(call, "body_descriptor()", written);
        return files ? files->body_descriptor(RecordingCall::body_of(call), descriptor) : CRANK_CANCELLED;
      },
      [](crank_call* call, std::uint64_t id, crank_str* hex) noexcept -> crank_status {
        bool written = false;
        RecordingFiles* const files = RecordingCall::files_of(call, "digest()", written);
        return files ? files->digest(id, hex) : CRANK_CANCELLED;
      },
      [](crank_call* call, crank_str address, crank_kept_file* out) noexcept -> crank_status {
        bool written = false;
        RecordingFiles* const files = RecordingCall::files_of(call, "open()", written);
        if (!files) return CRANK_CANCELLED;
        return is_readable(address) && out ? CRANK_NOT_FOUND : CRANK_INVALID; // nothing is kept here
      }};
  return &table;
}

crank_status RecordingFiles::begin(const crank_artifact_spec* spec, std::uint64_t* id, bool written) {
  if (written) {
    fault("an artefact is begun after the first write() of the answer");
    return CRANK_INVALID;
  }
  if (!spec || !id || !CRANK_HAS_FIELD(crank_artifact_spec, spec, reserved) || !is_readable(spec->name) ||
      !is_readable(spec->media_type) || !is_readable(spec->description)) {
    fault("an artefact is begun without a spec of its size, a readable text, or a place for the id");
    return CRANK_INVALID;
  }
  const std::string name(from_abi(spec->name));
  if (!is_artifact_name(name) || !is_media_type(from_abi(spec->media_type))) {
    fault("an artefact's name or media type is none: \"" + name + "\", \"" + std::string(from_abi(spec->media_type)) +
          "\"");
    return CRANK_INVALID;
  }
  if (!names_.insert(name).second) {
    fault("two artefacts have the name " + name);
    return CRANK_INVALID;
  }
  auto file = ScratchFile::nameless({});
  if (!file) return CRANK_UNAVAILABLE;
  *id = next_++;
  open_.emplace(*id, Open{name, *std::move(file)});
  return CRANK_OK;
}

crank_status RecordingFiles::write(std::uint64_t id, const void* data, std::size_t size) {
  const auto found = open_.find(id);
  if (found == open_.end()) return CRANK_NOT_FOUND;
  if (!data && size > 0) {
    fault("write() to an artefact with a NULL pointer and " + std::to_string(size) + " bytes");
    return CRANK_INVALID;
  }
  return found->second.file.write({static_cast<const char*>(data), size}) ? CRANK_UNAVAILABLE : CRANK_OK;
}

crank_status RecordingFiles::descriptor(std::uint64_t id, std::int32_t* descriptor) {
  const auto found = open_.find(id);
  if (found == open_.end()) return CRANK_NOT_FOUND;
  *descriptor = found->second.file.descriptor();
  return CRANK_OK;
}

crank_status RecordingFiles::finish(std::uint64_t id, bool written) {
  if (written) {
    fault("an artefact is finished after the first write() of the answer");
    return CRANK_INVALID;
  }
  const auto found = open_.find(id);
  if (found == open_.end()) return CRANK_NOT_FOUND;
  digests_.emplace(id, digest_of(found->second.file));
  open_.erase(found);
  ++finished_;
  return CRANK_OK;
}

void RecordingFiles::discard(std::uint64_t id) {
  const auto found = open_.find(id);
  if (found == open_.end()) return;
  names_.erase(found->second.name);
  open_.erase(found);
}

crank_status RecordingFiles::digest(std::uint64_t id, crank_str* hex) const {
  const auto found = digests_.find(id);
  if (found == digests_.end()) return CRANK_NOT_FOUND;
  *hex = to_abi(found->second);
  return CRANK_OK;
}

crank_status RecordingFiles::body_descriptor(const std::string& body, std::int32_t* descriptor) {
  if (!body_) {
    auto file = ScratchFile::nameless({});
    if (!file || file->write(body)) return CRANK_UNAVAILABLE;
    file->rewind();
    body_ = *std::move(file);
  }
  *descriptor = body_->descriptor();
  return CRANK_OK;
}

} // namespace crank
