// Files that a call left beside its answer, as content blocks: what is small and meant to be looked at goes into the
// message, all else as a link. Knows jobs, which keep them; knows no message.
#pragma once

#include "engine/artifact.hpp"
#include "jobs/answer_files.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crank {

// `base` stands in front of a path of the worker, for clients over HTTP: "https://host:port". Empty: they are on this
// machine, and are given the file itself.

// Content blocks of what a call left, separated by commas. `call` says whose they are. 507 where they cannot be kept.
[[nodiscard]] Result<std::string> artifact_contents(std::vector<Artifact> artifacts, const NewJob& call,
                                                    const AnswerFiles& places, std::string_view base);
// The bytes of one that is kept; nullopt: they are too many for a message, or gone.
[[nodiscard]] std::optional<std::string> artifact_bytes(const Job& job, const ArtifactFacts& facts,
                                                        const AnswerFiles& places);
// The same of a job that is over.
[[nodiscard]] std::string artifact_contents(const Job& job, const AnswerFiles& places, std::string_view base);

} // namespace crank
