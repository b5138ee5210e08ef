// The files of one call: what crank.files/1 gives to plugins. Knows the invocation; knows nothing of where files go.
#pragma once

#include "base/digest.hpp"
#include "engine/invocation.hpp"

#include <crank/ext/files.h>

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace crank {

// As crank_files documents; one thread at a time.
class CallFiles {
public:
  static const crank_files* table();

  explicit CallFiles(Invocation& invocation) : invocation_(invocation) {}

  crank_status begin(const crank_artifact_spec* spec, std::uint64_t& id);
  crank_status write(std::uint64_t id, std::string_view data);
  crank_status descriptor(std::uint64_t id, std::int32_t& descriptor);
  crank_status finish(std::uint64_t id);
  void discard(std::uint64_t id);
  crank_status digest(std::uint64_t id, crank_str& hex) const;
  crank_status body_descriptor(std::int32_t& descriptor);
  crank_status open(std::string_view address, crank_kept_file& out);
  bool has_body() const { return body_given_; } // as a file

private:
  struct Open {
    ArtifactFacts facts;
    ScratchFile file;
    Sha256 digest;
    bool lent = false; // others may write, too
    crank_status failure = CRANK_OK;
  };

  crank_status measure(Open& open);

  Invocation& invocation_;
  std::map<std::uint64_t, Open> open_;
  std::map<std::uint64_t, std::string> digests_; // of those that are finished
  std::set<std::string> names_;                  // of all, finished ones too
  std::uint64_t next_ = 1;
  std::uint64_t bytes_ = 0;   // of all that was written
  std::deque<KeptFile> kept_; // those that were opened
  std::optional<ScratchFile> body_;
  bool body_given_ = false;
};

} // namespace crank
