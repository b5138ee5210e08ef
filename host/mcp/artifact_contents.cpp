#include "mcp/artifact_contents.hpp"

#include "base/text.hpp"
#include "jobs/job_json.hpp"
#include "mcp/contents.hpp"
#include "mcp/json_rpc.hpp"
#include "os/descriptor_path.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace crank {
namespace {

// A message that is longer is dropped by official clients over stdio (10 MiB, in base 64).
constexpr std::uint64_t longest_inline = 4 * 1024 * 1024;
// What is asked for by name.
constexpr std::uint64_t longest_read = 32 * 1024 * 1024;

std::optional<std::string> bytes_of(int descriptor, std::uint64_t size) {
  std::string bytes(size, '\0');
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t got = ::pread(descriptor, bytes.data() + at, bytes.size() - at, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    at += static_cast<std::size_t>(got);
  }
  return bytes;
}

void append_block(std::string& blocks, const std::string& block) {
  if (!blocks.empty()) blocks += ',';
  blocks += block;
}

std::string too_long(const ArtifactFacts& facts) {
  return text_content(facts.name + " (" + facts.media_type + ", " + std::to_string(facts.bytes) +
                      " bytes) is too long for a message, and is not kept: the host needs jobs_dir for that");
}

std::string link_to(const ArtifactFacts& facts, const std::string& uri) {
  std::string block = R"({"type":"resource_link","uri":)" + json_string(uri) + R"(,"name":)" + json_string(facts.name);
  block += R"(,"mimeType":)" + json_string(facts.media_type) + R"(,"size":)" + std::to_string(facts.bytes);
  if (!facts.description.empty()) block += R"(,"description":)" + json_string(facts.description);
  return block + "}";
}

std::string uri_of(const Job& job, const ArtifactFacts& facts, const AnswerFiles& places, std::string_view base) {
  if (!base.empty()) return std::string(base) + address_of(job, facts);
  const auto stored = places.jobs->artifact(job, facts.name);
  const auto path = stored && stored->file ? path_of_descriptor(stored->file.get()) : std::nullopt;
  return path ? file_uri(*path) : "crank:" + address_of(job, facts);
}

} // namespace

Result<std::string> artifact_contents(std::vector<Artifact> artifacts, const NewJob& call, const AnswerFiles& places,
                                      std::string_view base) {
  std::string blocks;
  std::vector<Artifact> kept;
  for (Artifact& artifact : artifacts) {
    const ArtifactFacts& facts = artifact.facts;
    const bool fits = facts.bytes <= longest_inline && (facts.shown_inline || !places.jobs);
    if (!fits && places.jobs) {
      kept.push_back(std::move(artifact));
      continue;
    }
    const auto bytes = fits ? bytes_of(artifact.file->descriptor(), facts.bytes) : std::nullopt;
    append_block(blocks,
                 bytes ? file_content(facts.media_type, *bytes, "crank:artifact/" + facts.name) : too_long(facts));
  }
  if (kept.empty()) return blocks;
  const auto job = places.jobs->keep(call, std::move(kept));
  if (!job) return job.error();
  for (const ArtifactFacts& facts : job->artifacts)
    append_block(blocks, link_to(facts, uri_of(*job, facts, places, base)));
  return blocks;
}

std::optional<std::string> artifact_bytes(const Job& job, const ArtifactFacts& facts, const AnswerFiles& places) {
  if (facts.bytes > longest_read) return std::nullopt;
  const auto stored = places.jobs->artifact(job, facts.name);
  if (!stored) return std::nullopt;
  return stored->file ? bytes_of(stored->file.get(), stored->size) : stored->text;
}

std::string artifact_contents(const Job& job, const AnswerFiles& places, std::string_view base) {
  std::string blocks;
  for (const ArtifactFacts& facts : job.artifacts) {
    const auto bytes =
        facts.shown_inline && facts.bytes <= longest_inline ? artifact_bytes(job, facts, places) : std::nullopt;
    append_block(blocks, bytes ? file_content(facts.media_type, *bytes, "crank:" + address_of(job, facts))
                               : link_to(facts, uri_of(job, facts, places, base)));
  }
  return blocks;
}

} // namespace crank
