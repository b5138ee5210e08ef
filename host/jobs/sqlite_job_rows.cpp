#include "jobs/sqlite_job_rows.hpp"

#include "jobs/sqlite_time.hpp"
#include "json/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace crank::sqlite {

namespace json = boost::json;

namespace {

Problem problem_of(std::string_view text) {
  const auto value = parse_json(text);
  if (!value || !value->is_object()) return Problem::of(CRANK_INTERNAL, "why it failed is not known any more");
  const json::object& object = value->get_object();
  Problem problem;
  problem.status = static_cast<crank_status>(object.at("status").as_int64());
  problem.http_status = static_cast<int>(object.at("http_status").as_int64());
  problem.code = object.at("code").as_string();
  problem.detail = object.at("detail").as_string();
  problem.retryable = object.at("retryable").as_bool();
  problem.details = object.at("details").as_string();
  for (const json::value& field : object.at("errors").as_array())
    problem.fields.push_back(
        {std::string(field.at("field").as_string()), std::string(field.at("message").as_string())});
  return problem;
}

} // namespace

std::string whose(const Caller& caller) { return std::to_string(static_cast<int>(caller.kind)) + ":" + caller.subject; }

std::string problem_text(const Problem& problem) {
  json::array fields;
  for (const FieldError& field : problem.fields)
    fields.push_back(json::object{{"field", field.pointer}, {"message", field.message}});
  return json_text(json::object{{"status", problem.status},
                                {"http_status", problem.http_status},
                                {"code", problem.code},
                                {"detail", problem.detail},
                                {"retryable", problem.retryable},
                                {"errors", std::move(fields)},
                                {"details", problem.details}});
}

Job job_of(const Statement& row) {
  Job job;
  job.id = row.text(0);
  job.operation = row.text(1);
  job.caller = {static_cast<CallerKind>(row.integer(2)), row.text(3), row.text(4), row.text(5)};
  job.request_id = row.text(6);
  job.traceparent = row.text(7);
  job.content_type = row.text(8);
  job.input_bytes = static_cast<std::uint64_t>(row.integer(9));
  job.repeatable = row.integer(10) != 0;
  job.state = static_cast<JobState>(row.integer(11));
  job.attempt = static_cast<unsigned>(row.integer(12));
  job.cancel_requested = row.integer(13) != 0;
  job.created = time_of(row.integer(14));
  if (!row.is_null(15)) job.started = time_of(row.integer(15));
  if (!row.is_null(16)) job.ended = time_of(row.integer(16));
  job.fraction = row.real(17);
  job.note = row.text(18);
  job.version = static_cast<std::uint64_t>(row.integer(19));
  if (!row.is_null(20)) job.result = JobResult{row.text(20), static_cast<std::uint64_t>(row.integer(21)), row.text(22)};
  if (!row.is_null(23)) job.problem = problem_of(row.text(23));
  // Then number and whose.
  if (!row.is_null(26)) {
    job.callback = JobCallback{row.text(26), static_cast<CallbackState>(row.integer(27)),
                               static_cast<unsigned>(row.integer(28)), row.text(29), std::nullopt};
    if (!row.is_null(30)) job.callback->next = time_of(row.integer(30));
  }
  return job;
}

std::int64_t artifacts_in(const Statement& row) { return row.integer(31); }
std::int64_t number_in(const Statement& row) { return row.integer(24); }

} // namespace crank::sqlite
