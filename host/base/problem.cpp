#include "base/problem.hpp"

namespace crank {
namespace {

struct Mapping {
  crank_status status;
  int http_status;
  std::string_view code;
  bool retryable;
};

constexpr Mapping mappings[] = {
    {CRANK_BUSY, 429, "BUSY", true},
    {CRANK_INVALID, 422, "INVALID_INPUT", false},
    {CRANK_NOT_FOUND, 404, "NOT_FOUND", false},
    {CRANK_CANCELLED, 499, "CANCELLED", true}, // 499: nginx's number for "client closed request"
    {CRANK_DEADLINE, 504, "DEADLINE_EXCEEDED", true},
    {CRANK_EXHAUSTED, 413, "LIMIT_EXCEEDED", false},
    {CRANK_UNAVAILABLE, 503, "UNAVAILABLE", true},
    {CRANK_UNSUPPORTED, 415, "UNSUPPORTED", false},
    {CRANK_INTERNAL, 500, "INTERNAL", false},
};

const Mapping& mapping_of(crank_status status) {
  for (const Mapping& mapping : mappings) {
    if (mapping.status == status) return mapping;
  }
  return mappings[std::size(mappings) - 1];
}

} // namespace

Problem Problem::of(crank_status status, std::string detail) {
  const Mapping& mapping = mapping_of(status);
  Problem problem;
  problem.status = mapping.status;
  problem.http_status = mapping.http_status;
  problem.code = mapping.code;
  problem.detail = std::move(detail);
  problem.retryable = mapping.retryable;
  return problem;
}

Problem Problem::http(int http_status, std::string code, std::string detail) {
  Problem problem;
  problem.status = http_status >= 500 ? CRANK_INTERNAL : CRANK_INVALID;
  problem.http_status = http_status;
  problem.code = std::move(code);
  problem.detail = std::move(detail);
  problem.retryable = http_status == 408 || http_status == 429 || http_status == 503 || http_status == 504;
  return problem;
}

Problem Problem::of_fields(std::vector<FieldError> fields) {
  Problem problem = of(CRANK_INVALID, {});
  for (const FieldError& field : fields) {
    if (!problem.detail.empty()) problem.detail += "; ";
    problem.detail.append(field.pointer.empty() ? "the body" : field.pointer).append(" ").append(field.message);
  }
  problem.fields = std::move(fields);
  return problem;
}

} // namespace crank
