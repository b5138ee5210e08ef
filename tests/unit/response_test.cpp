// Response heads and problem bodies as they go onto the wire.
#include "catch.hpp"

#include "http/response.hpp"
#include "json/json.hpp"

#include <boost/json.hpp>

using namespace crank;

TEST_CASE("a head with a length") {
  std::string out = "before";
  append_head(out, {.status = 200,
                    .content_type = "application/json",
                    .content_length = 12,
                    .request_id = "r1",
                    .date = "Fri, 07 Jun 2024 10:00:00 GMT",
                    .extra = "X-A: b\r\n"});
  CHECK(out == "beforeHTTP/1.1 200 OK\r\nServer: crank-host\r\nDate: Fri, 07 Jun 2024 10:00:00 GMT\r\n"
               "Content-Type: application/json\r\nContent-Length: 12\r\nX-Request-Id: r1\r\nX-A: b\r\n\r\n");
}

TEST_CASE("the framing and persistence lines of a head") {
  ResponseHead wanted;
  wanted.date = "d";
  const auto head = [&] {
    std::string out;
    append_head(out, wanted);
    return out;
  };
  const auto has = [&](const char* line) { return head().find(line) != std::string::npos; };
  SECTION("chunked") {
    wanted.framing = Framing::chunked;
    CHECK(has("Transfer-Encoding: chunked\r\n"));
    for (const char* absent : {"Content-Length", "Connection", "Content-Type", "X-Request-Id"})
      CHECK_FALSE(has(absent));
  }
  SECTION("until the connection closes") {
    wanted.framing = Framing::until_close;
    wanted.keep_alive = false;
    wanted.http_1_0 = true;
    CHECK(has("Connection: close\r\n"));
    for (const char* absent : {"Content-Length", "Transfer-Encoding", "keep-alive"}) CHECK_FALSE(has(absent));
  }
  SECTION("HTTP/1.0 that stays") {
    wanted.http_1_0 = true;
    CHECK(has("Connection: keep-alive\r\n"));
    CHECK(has("Content-Length: 0\r\n"));
  }
  SECTION("the longest") {
    wanted.content_length = UINT64_MAX;
    CHECK(has("Content-Length: 18446744073709551615\r\n"));
    CHECK_FALSE(has("Connection"));
  }
}

TEST_CASE("chunks begin with their size in hexadecimal") {
  std::string out;
  append_chunk_start(out, 1);
  append_chunk_start(out, 255);
  append_chunk_start(out, 65536);
  CHECK(out == "1\r\nff\r\n10000\r\n");
}

TEST_CASE("every status that the host sends has a reason") {
  for (const int status :
       {101, 200, 400, 404, 405, 408, 413, 415, 417, 422, 426, 429, 431, 499, 500, 501, 503, 504, 505, 507}) {
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

TEST_CASE("a problem brings the header fields that its status calls for") {
  Problem problem = Problem::http(415, "UNSUPPORTED_MEDIA_TYPE", "no");
  problem.headers = {{"Accept-Encoding", "identity"}, {"X-A", "b"}};
  problem.retry_after = 1;
  CHECK(problem_response(problem, "").extra == "Retry-After: 1\r\nAccept-Encoding: identity\r\nX-A: b\r\n");
}
