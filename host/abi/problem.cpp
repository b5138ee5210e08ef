#include "abi/problem.hpp"

#include "abi/text.hpp"
#include "base/text.hpp"
#include "json/json.hpp"

#include <algorithm>

namespace crank {
namespace {

constexpr std::uint32_t most_fields = 1000;
constexpr std::uint64_t longest_retry_s = 86'400; // who should come again later than tomorrow need not be told when

void declare(Problem& problem, std::string_view code, const Operation& operation, const LogContext& context) {
  if (const DeclaredError* declared = operation.declared_error(code)) {
    problem.code = declared->code;
    problem.http_status = declared->http_status;
    problem.retryable = declared->retryable;
    return;
  }
  log(LogLevel::warn, context,
      operation.spec().name + " failed with a code its manifest does not declare: " + as_utf8(shortened(code, 100)));
}

bool is_object(std::string_view text) {
  const auto value = parse_json(text);
  return value && value->is_object();
}

} // namespace

Problem problem_from_abi(const crank_problem* given, const Operation* operation, const LogContext& context) {
  if (!given || !CRANK_HAS_FIELD(crank_problem, given, text)) {
    log(LogLevel::error, context, "a plugin failed with a problem that is NULL or too short");
    return Problem::of(CRANK_INTERNAL, "the operation failed in a way it did not explain");
  }
  const crank_status status = given->status;
  Problem problem =
      Problem::of(status < 0 || status == CRANK_BUSY ? status : CRANK_INTERNAL, std::string(from_abi(given->text)));
  if (const auto code = from_abi(given->code); !code.empty() && operation) declare(problem, code, *operation, context);
  if (CRANK_HAS_FIELD(crank_problem, given, retry_after_ms) && given->retry_after_ms != CRANK_UNKNOWN) {
    const std::uint64_t seconds = given->retry_after_ms / 1000 + (given->retry_after_ms % 1000 != 0);
    problem.retry_after = static_cast<unsigned>(std::clamp<std::uint64_t>(seconds, 1, longest_retry_s));
    problem.retryable = true;
  }
  if (CRANK_HAS(crank_problem, given, fields)) {
    for (std::uint32_t i = 0; i < std::min(given->field_count, most_fields); ++i)
      problem.fields.push_back(
          {std::string(from_abi(given->fields[i].pointer)), std::string(from_abi(given->fields[i].message))});
  }
  if (CRANK_HAS_FIELD(crank_problem, given, details) && given->details.len > 0) {
    if (is_object(from_abi(given->details)))
      problem.details = from_abi(given->details);
    else
      log(LogLevel::warn, context, "a plugin failed with details that are no JSON object; they are left out");
  }
  return problem;
}

} // namespace crank
