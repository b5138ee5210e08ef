#include "jobs/kept_files.hpp"

#include "base/text.hpp"
#include "jobs/job_json.hpp"
#include "os/descriptor_path.hpp"

#include <fcntl.h>

#include <algorithm>

namespace crank {
namespace {

constexpr std::string_view root = "/v1/jobs/";

Problem no_such_file() { return Problem::of(CRANK_NOT_FOUND, "there is no such file"); }

// The path of "https://host/v1/jobs/...", "crank:/v1/jobs/..." and "/v1/jobs/...".
std::string_view path_of(std::string_view address) {
  const std::size_t begin = address.find(root);
  return begin == std::string_view::npos ? std::string_view() : address.substr(begin);
}

// What is in the store's own rows gets a file, too.
Result<Descriptor> file_of(StoredBytes bytes) {
  if (bytes.lost) return *std::move(bytes.lost);
  if (bytes.file) return std::move(bytes.file);
  auto file = ScratchFile::nameless({});
  if (!file) return file.error();
  if (auto problem = file->write(bytes.text)) return *std::move(problem);
  Descriptor copy(::fcntl(file->descriptor(), F_DUPFD_CLOEXEC, 0)); // the file goes with its object
  if (!copy) return Problem::of(CRANK_UNAVAILABLE, "the host has no file descriptor left");
  return copy;
}

// What a server over stdio has called the file by.
Result<KeptFile> open_by_file(JobStore& store, std::string_view uri, const Caller& caller) {
  const auto place = store.artifact_in(uri.substr(uri.rfind('/') + 1));
  if (!place) return no_such_file();
  const auto job = store.find(place->id);
  if (!job) return no_such_file();
  for (const ArtifactFacts& facts : job->artifacts) {
    if (facts.name != place->name) continue;
    auto kept = open_kept(store, address_of(*job, facts), caller);
    const auto path = kept ? path_of_descriptor(kept->file.get()) : std::nullopt;
    if (!kept || (path && file_uri(*path) == uri)) return kept;
  }
  return no_such_file();
}

} // namespace

bool is_same(const Caller& a, const Caller& b) { return a.kind == b.kind && a.subject == b.subject; }

Result<KeptFile> open_kept(JobStore& store, std::string_view address, const Caller& caller) {
  if (address.substr(0, 7) == "file://") return open_by_file(store, address, caller);
  const std::string_view path = path_of(address);
  const std::string_view rest = path.substr(std::min(path.size(), root.size()));
  const std::string_view id = rest.substr(0, rest.find('/'));
  if (!is_job_id(id)) return no_such_file();
  const auto job = store.find(id);
  if (!job || !is_same(job->caller, caller)) return no_such_file();
  const auto facts = std::find_if(job->artifacts.begin(), job->artifacts.end(),
                                  [&](const ArtifactFacts& one) { return address_of(*job, one) == path; });
  if (facts == job->artifacts.end()) return no_such_file();
  auto bytes = store.artifact(job->id, facts->name);
  if (!bytes) return bytes.error();
  auto file = file_of(*std::move(bytes));
  if (!file) return file.error();
  return KeptFile{*facts, *std::move(file)};
}

} // namespace crank
