// The files of a call, for conformance checks: in memory or the system's temporary files, and then gone.
#pragma once

#include "conformance/check_report.hpp"
#include "os/scratch_file.hpp"

#include <crank/ext/files.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace crank {

class RecordingFiles {
public:
  static const crank_files* table();

  RecordingFiles(CheckReport& report, const std::string& operation) : report_(report), operation_(operation) {}

  // `written`: the answer has begun.
  crank_status begin(const crank_artifact_spec* spec, std::uint64_t* id, bool written);
  crank_status write(std::uint64_t id, const void* data, std::size_t size);
  crank_status descriptor(std::uint64_t id, std::int32_t* descriptor);
  crank_status finish(std::uint64_t id, bool written);
  void discard(std::uint64_t id);
  crank_status digest(std::uint64_t id, crank_str* hex) const;
  crank_status body_descriptor(const std::string& body, std::int32_t* descriptor);

  std::size_t finished() const { return finished_; }

private:
  struct Open {
    std::string name;
    ScratchFile file;
  };
  void fault(const std::string& what) { report_.fail(operation_ + ": " + what); }

  CheckReport& report_;
  const std::string& operation_;
  std::map<std::uint64_t, Open> open_;
  std::map<std::uint64_t, std::string> digests_; // of those that are finished
  std::set<std::string> names_;
  std::optional<ScratchFile> body_;
  std::uint64_t next_ = 1;
  std::size_t finished_ = 0;
};

} // namespace crank
