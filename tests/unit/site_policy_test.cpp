// Origin and Host: whose pages may call, and by which names.
#include "catch.hpp"

#include "http/site_policy.hpp"

using namespace crank;

namespace {

constexpr const char* absent = nullptr;

int verdict(const SitePolicy& policy, const char* host, const char* origin = absent) {
  RequestHead head;
  head.set_start("GET", "/", host ? 11 : 10);
  if (host) head.add_field("Host", host);
  if (origin) head.add_field("Origin", origin);
  const auto problem = policy.check(head);
  return problem ? problem->http_status : 0;
}

SitePolicy with(bool loopback, bool tls) {
  SitePolicy policy;
  policy.loopback = loopback;
  policy.tls = tls;
  return policy;
}

} // namespace

TEST_CASE("on plain-text loopback, who names no address and not localhost is foreign") {
  const SitePolicy policy = with(true, false);
  for (const char* home : {"localhost", "LocalHost:8500", "localhost.", "a.localhost:1", "127.0.0.1:8500", "127.9.9.9",
                           "[::1]:8500", "192.168.1.7:8500", "[fe80::1]", ""})
    CHECK(verdict(policy, home) == 0);
  CHECK(verdict(policy, absent) == 0);
  for (const char* foreign : {"evil.example", "evil.example:8500", "localhost.evil.example", "xlocalhost", ".localhost",
                              "127.0.0.1.evil.example", "127.1", "worker", "[evil]"})
    CHECK(verdict(policy, foreign) == 421);
}

TEST_CASE("elsewhere the name is not looked at") {
  for (const SitePolicy& policy : {with(true, true), with(false, false), with(false, true)})
    CHECK(verdict(policy, "evil.example") == 0);
}

TEST_CASE("names that the operator allows") {
  SitePolicy policy = with(true, false);
  policy.allowed_hosts = {"worker.internal"};
  CHECK(verdict(policy, "Worker.Internal:8500") == 0);
  CHECK(verdict(policy, "worker.internal.evil.example") == 421);
  policy.allowed_hosts = {"*"};
  CHECK(verdict(policy, "anything") == 0);
}

TEST_CASE("a page of the same host may call, others may not") {
  for (const bool tls : {true, false}) {
    const SitePolicy policy = with(false, tls);
    CHECK(verdict(policy, "a.example:8500") == 0); // no browser
    CHECK(verdict(policy, "a.example:8500", "") == 0);
    CHECK(verdict(policy, "a.example:8500", "https://A.example:8500") == 0);
    CHECK(verdict(policy, "a.example:8500", "http://a.example:8500") == 0);
    CHECK(verdict(policy, "a.example", "https://a.example:443") == 0);
    CHECK(verdict(policy, "a.example:443", "https://a.example") == 0);
    CHECK(verdict(policy, "a.example:80", "http://a.example") == 0);
    for (const char* foreign : {"https://b.example", "https://a.example:8501", "https://a.example.b.example:8500",
                                "https://a.example:8500, https://b.example", "null", "a.example:8500", "file://",
                                "http://localhost:3000", "https://b.example/?https://a.example:8500"})
      CHECK(verdict(policy, "a.example:8500", foreign) == 403);
  }
}

TEST_CASE("on loopback every page of this machine's may call") {
  for (const bool tls : {true, false}) {
    const SitePolicy policy = with(true, tls);
    for (const char* here : {"http://localhost:3000", "https://app.localhost", "http://127.0.0.1:3000", "http://[::1]"})
      CHECK(verdict(policy, "localhost:8500", here) == 0);
    for (const char* foreign : {"http://evil.example", "http://localhost.evil.example", "null", "http://192.168.1.7",
                                "http://localhost:1, http://evil.example", "http://localhost:1@evil.example",
                                "http://localhost/http://evil.example"})
      CHECK(verdict(policy, "localhost:8500", foreign) == 403);
  }
}

TEST_CASE("pages that the operator allows") {
  SitePolicy policy = with(true, true);
  policy.allowed_origins = {"https://app.example", "null"};
  CHECK(verdict(policy, "localhost", "https://App.example") == 0);
  CHECK(verdict(policy, "localhost", "null") == 0);
  CHECK(verdict(policy, "localhost", "http://app.example") == 403);
  CHECK(verdict(policy, "localhost", "https://app.example:8443") == 403);
  policy.allowed_origins = {"*"};
  CHECK(verdict(policy, "localhost", "https://evil.example") == 0);
}

TEST_CASE("what a browser asks for another site's page without an Origin is refused, but for a link") {
  const auto asked = [](const char* site, const char* mode, std::vector<std::string> allowed = {}) {
    SitePolicy policy = with(true, true);
    policy.allowed_origins = std::move(allowed);
    RequestHead head;
    head.set_start("GET", "/", 11);
    head.add_field("Host", "localhost:8500");
    head.add_field("Sec-Fetch-Site", site);
    head.add_field("Sec-Fetch-Mode", mode);
    const auto problem = policy.check(head);
    return problem ? problem->http_status : 0;
  };
  CHECK(asked("cross-site", "no-cors") == 403);
  CHECK(asked("cross-site", "no-cors", {"https://app.example.com"}) == 403); // it may be anybody's
  CHECK(asked("cross-site", "no-cors", {"*"}) == 0);
  CHECK(asked("cross-site", "navigate") == 0);
  CHECK(asked("same-origin", "no-cors") == 0);
  CHECK(asked("none", "navigate") == 0);
}
