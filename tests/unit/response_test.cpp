// Response heads and problem bodies as they go onto the wire.
#include "catch.hpp"

#include "http/response.hpp"
#include "json/json.hpp"

#include <boost/json.hpp>

using namespace crank;

TEST_CASE("a head with a length") {
  std::string out = "before";
  append_head(out, {.status = 200, .content_type = "application/json", .content_length = 12, .request_id = "r1",
                    .date = "Fri, 07 Jun 2024 10:00:00 GMT", .extra = "X-A: b\r\n"});
  CHECK(out == "beforeHTTP/1.1 200 OK\r\nServer: crank-host\r\nDate: Fri, 07 Jun 2024 10:00:00 GMT\r\n"
               "Content-Type: application/json\r\nContent-Length: 12\r\nX-Request-Id: r1\r\nX-A: b\r\n\r\n");
}

TEST_CASE("the framing and persistence lines of a head") {
  const auto head = [](ResponseHead wanted) {
    std::string out;
    append_head(out, wanted);
    return out;
  };
  const auto has = [](const std::string& text, const char* line) { return text.find(line) != std::string::npos; };
  const std::string chunked = head({.framing = Framing::chunked, .request_id = {}, .date = "d", .extra = {}});
  CHECK(has(chunked, "Transfer-Encoding: chunked\r\n"));
  CHECK_FALSE(has(chunked, "Content-Length"));
  CHECK_FALSE(has(chunked, "Connection"));
  CHECK_FALSE(has(chunked, "Content-Type"));
  CHECK_FALSE(has(chunked, "X-Request-Id"));
  const std::string until_close = head({.framing = Framing::until_close, .keep_alive = false, .http_1_0 = true, .request_id = {}, .date = "d", .extra = {}});
  CHECK_FALSE(has(until_close, "Transfer-Encoding"));
  CHECK_FALSE(has(until_close, "Content-Length"));
  CHECK(has(until_close, "Connection: close\r\n"));
  CHECK(has(head({.content_length = 0, .http_1_0 = true, .request_id = {}, .date = "d", .extra = {}}), "Connection: keep-alive\r\n"));
  CHECK(has(head({.content_length = UINT64_MAX, .request_id = {}, .date = "d", .extra = {}}), "Content-Length: 18446744073709551615\r\n"));
}

TEST_CASE("chunks begin with their size in hexadecimal") {
  std::string out;
  append_chunk_start(out, 1);
  append_chunk_start(out, 255);
  append_chunk_start(out, 65536);
  CHECK(out == "1\r\nff\r\n10000\r\n");
}

TEST_CASE("every status that the host sends has a reason") {
  for (const int status : {101, 200, 400, 404, 405, 408, 413, 415, 417, 422, 426, 429, 431, 499, 500, 501, 503, 504, 505, 507}) {
    INFO(status);
    CHECK(reason_phrase(status) != "Unknown");
    CHECK_FALSE(reason_phrase(status).empty());
  }
  CHECK(reason_phrase(299) == "Unknown");
}

TEST_CASE("a problem is one of RFC 9457") {
  Problem problem = Problem::of(CRANK_INVALID, "/a \"b\" is wrong");
  problem.fields = {{"/a", "must be a string"}, {"", "lacks c"}};
  const Response response = problem_response(problem, "r1");
  CHECK(response.status == 422);
  CHECK(response.content_type == "application/problem+json");
  CHECK(response.extra.empty());
  const auto body = parse_json(response.body);
  REQUIRE(body);
  const auto& members = body->as_object();
  CHECK(members.at("type") == "about:blank");
  CHECK(members.at("title") == "Unprocessable Content");
  CHECK(members.at("status") == 422);
  CHECK(members.at("detail") == "/a \"b\" is wrong");
  CHECK(members.at("code") == "INVALID_INPUT");
  CHECK(members.at("retryable") == false);
  CHECK(members.at("request_id") == "r1");
  REQUIRE(members.at("errors").as_array().size() == 2);
  CHECK(members.at("errors").as_array()[0].as_object().at("field") == "/a");
  CHECK(members.at("errors").as_array()[0].as_object().at("message") == "must be a string");
}

TEST_CASE("a problem without fields has no errors; one that says when to come back has Retry-After") {
  Problem problem = Problem::of(CRANK_BUSY, "busy");
  problem.retry_after = 7;
  const Response response = problem_response(problem, "");
  CHECK(response.status == 429);
  CHECK(response.extra == "Retry-After: 7\r\n");
  const auto body = parse_json(response.body);
  REQUIRE(body);
  CHECK_FALSE(body->as_object().contains("errors"));
  CHECK(body->as_object().at("retryable") == true);
}
