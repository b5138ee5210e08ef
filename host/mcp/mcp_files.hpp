// Files of a caller's jobs as resources: listed, and read by those who cannot or may not fetch them themselves. Knows
// the service of jobs.
#pragma once

#include "mcp/artifact_contents.hpp"
#include "mcp/request.hpp"

#include <string_view>

namespace crank {

class McpFiles {
public:
  // It must outlive this, and has jobs.
  explicit McpFiles(const AnswerFiles& places) : places_(places) {}

  using Method = void (McpFiles::*)(const SharedRequest&);
  // Of resources/...; nullptr: there is none of that name.
  static Method method_of(std::string_view name);

private:
  void list(const SharedRequest& request);
  void templates(const SharedRequest& request);
  void read(const SharedRequest& request);

  const AnswerFiles& places_;
};

} // namespace crank
