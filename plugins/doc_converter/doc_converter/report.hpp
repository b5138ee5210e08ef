// What doc-convert says while it works, for a person or as JSON lines:
//   {"progress":0.25,"note":"page 3 of 12"}
//   {"converted":{"from":"pdf","to":"docx","bytes":12345}}
//   {"refused":{"code":"CORRUPT_DOCUMENT","message":"…"}}
#pragma once

#include "../model/error.hpp"
#include "../model/format.hpp"

#include <chrono>
#include <cstdint>
#include <string_view>

namespace doc {

class Report {
public:
  explicit Report(bool json) : json_(json) {}

  void progress(double fraction, std::string_view note); // at most ten lines a second
  void converted(Format from, Format to, std::uint64_t bytes);
  void refused(ErrorCode code, std::string_view sentence);

private:
  bool json_;
  std::chrono::steady_clock::time_point next_ = {};
};

} // namespace doc
