// Callbacks of jobs: URLs, where they may go, signatures, schedule and what they say.
#include "catch.hpp"

#include "jobs/callback_http.hpp"
#include "jobs/callback_payload.hpp"
#include "jobs/callback_policy.hpp"
#include "jobs/callback_schedule.hpp"
#include "jobs/callback_secrets.hpp"
#include "jobs/callback_signature.hpp"
#include "scratch.hpp"
#include "json/json.hpp"

#include <boost/json/object.hpp>

#include <fstream>
#include <sys/stat.h>

using namespace crank;
using namespace crank::test;
using std::chrono::seconds;

namespace {

std::string use_of(const char* address) { return std::string(special_use(asio::ip::make_address(address))); }

std::string refused(const CallbackPolicy& policy, const std::string& text) {
  const auto url = parse_callback_url(text);
  REQUIRE(url);
  return policy.refusal(*url).value_or("");
}

JobTime at(std::int64_t s) { return JobTime(seconds(s)); }

} // namespace

TEST_CASE("callbacks: addresses that are none of the Internet's") {
  for (const char* address : {"0.0.0.0",
                              "0.1.2.3",
                              "10.0.0.1",
                              "10.255.255.255",
                              "100.64.0.1",
                              "100.100.100.200",
                              "100.127.255.255",
                              "127.0.0.1",
                              "127.255.255.254",
                              "168.63.129.16",
                              "169.254.169.254",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.0.0.192",
                              "192.0.2.7",
                              "192.88.99.1",
                              "192.168.0.1",
                              "198.18.0.1",
                              "198.19.255.255",
                              "198.51.100.9",
                              "203.0.113.255",
                              "224.0.0.1",
                              "239.255.255.255",
                              "240.0.0.1",
                              "255.255.255.255",
                              "::",
                              "::1",
                              "::2",
                              "::7f00:1",
                              "::ffff:127.0.0.1",
                              "::ffff:10.1.2.3",
                              "::ffff:169.254.169.254",
                              "64:ff9b::127.0.0.1",
                              "64:ff9b::a00:1",
                              "64:ff9b:1::1",
                              "100::1",
                              "2001::1",
                              "2001:0:4136:e378:8000:63bf:3fff:fdd2",
                              "2001:2::1",
                              "2001:20::1",
                              "2001:db8::1",
                              "2002:7f00:1::1",
                              "2002:808:808::1",
                              "3fff::1",
                              "4000::1",
                              "5f00::1",
                              "fc00::1",
                              "fd00:ec2::254",
                              "fe80::1",
                              "febf::1",
                              "fec0::1",
                              "ff02::1",
                              "ff0e::1",
                              "fe80::1%1",
                              "2606:4700::1%3"}) {
    INFO(address);
    CHECK_FALSE(use_of(address).empty());
  }
  for (const char* address : {"1.1.1.1",        "8.8.8.8",         "9.255.255.255",        "11.0.0.0",
                              "100.63.255.255", "100.128.0.0",     "126.255.255.255",      "128.0.0.0",
                              "168.63.129.17",  "169.253.255.255", "169.255.0.0",          "172.15.255.255",
                              "172.32.0.0",     "192.0.1.0",       "192.167.255.255",      "192.169.0.0",
                              "198.17.255.255", "198.20.0.0",      "223.255.255.255",      "2000::1",
                              "2606:4700::1",   "2001:200::1",     "2001:4860:4860::8888", "2003::1",
                              "3ffe::1",        "::ffff:8.8.8.8",  "64:ff9b::808:808"}) {
    INFO(address);
    CHECK(use_of(address) == "");
  }
  CHECK(use_of("::ffff:127.0.0.1") == "loopback (RFC 1122)");
}

TEST_CASE("callbacks: ranges of addresses") {
  const auto contains = [](const char* range, const char* address) {
    const auto parsed = AddressRange::parse(range);
    REQUIRE(parsed);
    return parsed->contains(asio::ip::make_address(address));
  };
  CHECK(contains("10.0.0.0/8", "10.255.0.1"));
  CHECK_FALSE(contains("10.0.0.0/8", "11.0.0.0"));
  CHECK(contains("192.168.4.0/22", "192.168.7.255"));
  CHECK_FALSE(contains("192.168.4.0/22", "192.168.8.0"));
  CHECK(contains("127.0.0.1", "127.0.0.1"));
  CHECK_FALSE(contains("127.0.0.1", "127.0.0.2"));
  CHECK(contains("127.0.0.1", "::ffff:127.0.0.1"));
  CHECK(contains("::ffff:127.0.0.1", "127.0.0.1"));
  CHECK(contains("fd00::/8", "fd12::1"));
  CHECK_FALSE(contains("fd00::/8", "fc00::1"));
  CHECK(contains("::1", "::1"));
  CHECK_FALSE(contains("::1", "::3"));
  CHECK(contains("0.0.0.0/0", "203.0.113.1"));
  CHECK_FALSE(contains("0.0.0.0/0", "::1"));
  for (const char* text :
       {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10/8", "010.0.0.0/8", "1.2.3",
        "0x7f.0.0.1", "2130706433", "fd00::/129", "fe80::1%eth0", "::ffff:10.0.0.0/8", "10.0.0.0 /8", "example.com"}) {
    INFO(text);
    CHECK_FALSE(AddressRange::parse(text));
  }
}

TEST_CASE("callbacks: a URL in its usual spelling is taken apart") {
  const auto url = parse_callback_url("HTTPS://Hooks.Example.COM:8443/a/b?token=x&y=/");
  REQUIRE(url);
  CHECK(url->tls);
  CHECK(url->host == "hooks.example.com");
  CHECK(url->port == 8443);
  CHECK(url->target == "/a/b?token=x&y=/");
  CHECK(url->destination() == "hooks.example.com:8443");
  CHECK(url->authority() == "hooks.example.com:8443");
  CHECK(url->place() == "https://hooks.example.com:8443/a/b");
  CHECK_FALSE(url->address);
  CHECK(parse_callback_url("https://a.example?q")->target == "/?q");
  CHECK(parse_callback_url("https://a.example")->target == "/");
  CHECK(parse_callback_url("https://a.example:443")->authority() == "a.example");
  CHECK(parse_callback_url("http://a.example")->port == 80);
  const auto v6 = parse_callback_url("http://[2001:DB8:0::1]:81/x");
  REQUIRE(v6);
  CHECK(v6->host == "2001:db8::1");
  CHECK(v6->authority() == "[2001:db8::1]:81");
  CHECK(v6->address == asio::ip::make_address("2001:db8::1"));
  CHECK(parse_callback_url("https://192.0.2.1/")->address == asio::ip::make_address("192.0.2.1"));
}

TEST_CASE("callbacks: what somebody could read as another address is no URL here") {
  for (const char* text : {"",
                           "x",
                           "//a.example/",
                           "ftp://a.example/",
                           "file:///etc/passwd",
                           "javascript:alert(1)",
                           "https:/a.example/",
                           "https://",
                           "https:///x",
                           "https://user@a.example/",
                           "https://user:pw@a.example/",
                           "https://a.example@127.0.0.1/",
                           "https://a.example#@127.0.0.1/",
                           "https://a.example/#x",
                           "https://a.example\\@127.0.0.1/",
                           "https://a b/",
                           "https://a.example/\r\nX: y",
                           "https://a.example/ x",
                           "https://a.example/\x7f",
                           "https://b\xc3\xbc.example/",
                           "https://a.example:0/",
                           "https://a.example:65536/",
                           "https://a.example:/",
                           "https://a.example:x/",
                           "https://a.example:443:444/",
                           "https://%31%32%37.0.0.1/",
                           "https://127.0.0.1./",
                           "https://a.example./",
                           "https://2130706433/",
                           "https://0x7f000001/",
                           "https://0x7F.1/",
                           "https://127.1/",
                           "https://127.0.1/",
                           "https://0177.0.0.1/",
                           "https://127.0.0.01/",
                           "https://127.0.0.0x1/",
                           "https://017700000001/",
                           "https://1.2.3.4.5/",
                           "https://256.1.1.1/",
                           "https://a.0x7f/",
                           "https://a.1/",
                           "https://[::1/",
                           "https://::1/",
                           "https://[::1]x/",
                           "https://[fe80::1%25eth0]/",
                           "https://[fe80::1%eth0]/",
                           "https://[127.0.0.1]/",
                           "https://[a.example]/",
                           "https://[]/",
                           "https://-a.example/",
                           "https://a-.example/",
                           "https://a..example/",
                           "https://.example/",
                           "https://a_b!.example/",
                           "https://\xe2\x91\xa0.example/"}) {
    INFO(text);
    CHECK_FALSE(parse_callback_url(text));
  }
  CHECK_FALSE(parse_callback_url("https://a.example/" + std::string(longest_callback_url, 'x')));
  CHECK_FALSE(parse_callback_url(std::string("https://a.example/\0x", 20)));
  CHECK_FALSE(parse_callback_url("https://" + std::string(64, 'a') + ".example/"));
}

TEST_CASE("callbacks: go to the Internet with https, and elsewhere where it is allowed") {
  const CallbackPolicy none({});
  CHECK(refused(none, "https://a.example/") == "");
  CHECK(refused(none, "https://8.8.8.8/") == "");
  CHECK(refused(none, "http://a.example/").find("must begin with https://") == 0);
  CHECK(refused(none, "http://8.8.8.8/").find("must begin with https://") == 0);
  for (const char* url : {"https://127.0.0.1/", "http://127.0.0.1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/",
                          "https://169.254.169.254/latest", "https://10.0.0.1:8443/", "https://[fd00::1]/"}) {
    INFO(url);
    CHECK(refused(none, url).find("leads to where no callback may go") == 0);
  }
  const CallbackPolicy some({"10.1.0.0/16", "Receiver.internal", "::1"});
  CHECK(refused(some, "http://10.1.2.3/") == "");
  CHECK(refused(some, "https://10.1.2.3/") == "");
  CHECK(refused(some, "https://10.2.0.1/") != "");
  CHECK(refused(some, "http://receiver.internal/") == "");
  CHECK(refused(some, "http://[::1]:80/") == "");
  CHECK(refused(some, "http://8.8.8.8/") != "");
  const auto reaches = [&](const char* url, const char* address) {
    return !some.refusal(*parse_callback_url(url), asio::ip::make_address(address));
  };
  CHECK(reaches("https://a.example/", "8.8.8.8"));
  CHECK(reaches("https://a.example/", "10.1.2.3"));
  CHECK_FALSE(reaches("https://a.example/", "10.2.2.3"));
  CHECK_FALSE(reaches("https://a.example/", "127.0.0.1"));
  CHECK(reaches("http://a.example/", "10.1.2.3"));
  CHECK_FALSE(reaches("http://a.example/", "8.8.8.8"));
  CHECK(reaches("http://receiver.internal/", "127.0.0.1")); // its name is allowed, wherever it is
  CHECK_FALSE(reaches("http://x.receiver.internal/", "127.0.0.1"));
  for (const char* text : {"10.0.0.0/8", "::1", "a", "a.example", "a_b.example"})
    CHECK(CallbackPolicy::is_allowance(text));
  for (const char* text : {"", "*", "a.example:80", "https://a", "10.0.0.0/40", "127.1", "a b", "*.example"})
    CHECK_FALSE(CallbackPolicy::is_allowance(text));
}

// Computed with Python: base64(hmac.new(secret, b"ID.TIMESTAMP.BODY", hashlib.sha256).digest()). The first is the
// example of the Standard Webhooks libraries.
TEST_CASE("callbacks: are signed as Standard Webhooks has it") {
  const std::string first = parse_callback_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
                    second = parse_callback_secret("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
  REQUIRE(first.size() == 24);
  REQUIRE(second.size() == 32);
  const char* const id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
  const char* const body = "{\"test\": 2432232314}";
  CHECK(callback_signature({first}, id, 1614265330, body) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  CHECK(callback_signature({second, first}, id, 1614265330, body) ==
        "v1,O4Gjv1HqPqsMrjmczoggs/sWA8gZD0VyHG+fLh4+ktI= v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  CHECK(callback_signature({first}, id, 1614265331, body) != callback_signature({first}, id, 1614265330, body));
}

TEST_CASE("callbacks: secrets are 24 to 64 bytes") {
  const std::string made = new_callback_secret();
  CHECK(parse_callback_secret(made).size() == 32);
  CHECK(made != new_callback_secret());
  for (const char* text :
       {"", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa==",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa-_",
        "whsec_====", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2Lb Lb=", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9="}) {
    INFO(text);
    CHECK(parse_callback_secret(text).empty());
  }
  CHECK(parse_callback_secret("whsec_" + std::string(84, 'A') + "AA==").size() == 64);
  CHECK(parse_callback_secret("whsec_" + std::string(88, 'A')).empty());
  const auto two = parse_callback_secrets("# new\n" + made + "\r\n\n  whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  REQUIRE(two);
  CHECK(two->size() == 2);
  CHECK(parse_callback_secrets("\n#\n").error() == "it has no secret");
  const auto wrong = parse_callback_secrets(made + "\nwhsec_hunter2\n");
  CHECK(wrong.error().find("line 2") == 0);
  CHECK(wrong.error().find("hunter2") == std::string::npos);
}

TEST_CASE("callbacks: the file of secrets is private, and followed") {
  ScratchDirectory scratch;
  const auto file = scratch.path() / "secrets";
  CHECK(read_callback_secrets(file).error().message.find("crank-host callbacks secret") != std::string::npos);
  const auto first = add_callback_secret(file);
  REQUIRE(first);
  struct stat facts {};
  REQUIRE(::stat(file.c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0600);
  const auto secrets = CallbackSecrets::open(file);
  REQUIRE(secrets);
  CHECK((*secrets)->current() == std::vector{parse_callback_secret(*first)});
  const auto second = add_callback_secret(file);
  CHECK((*secrets)->current() == std::vector{parse_callback_secret(*second), parse_callback_secret(*first)});
  // While it is not sound, what was known holds.
  std::ofstream(file) << "nothing\n";
  CHECK((*secrets)->current().size() == 2);
  CHECK_FALSE(add_callback_secret(file));
  std::ofstream(file) << *second << "\n";
  CHECK((*secrets)->current().size() == 1);
  REQUIRE(::chmod(file.c_str(), 0640) == 0);
  const auto open = CallbackSecrets::open(file);
  REQUIRE_FALSE(open);
  CHECK(open.error().exit_code == 2);
  CHECK(open.error().message.find("chmod 600") != std::string::npos);
}

TEST_CASE("callbacks: what an answer means") {
  const auto outcome = [](int status) { return outcome_of({status, "", std::nullopt, false}); };
  for (const int status : {200, 201, 202, 204, 299}) CHECK(outcome(status) == CallbackOutcome::delivered);
  for (const int status : {0, 301, 302, 307, 308, 400, 401, 404, 408, 409, 429, 500, 502, 503, 599})
    CHECK(outcome(status) == CallbackOutcome::again);
  CHECK(outcome(410) == CallbackOutcome::abandoned);
  CHECK(error_of({204, "", std::nullopt, false}) == "");
  CHECK(error_of({302, "", std::nullopt, false}) == "the receiver answered 302, and redirects are not followed");
  CHECK(error_of({0, "no answer in time", std::nullopt, false}) == "no answer in time");
}

TEST_CASE("callbacks: come again at growing intervals for a day, and not after") {
  const CallbackAnswer failed{500, "", std::nullopt, false};
  const auto wait = [&](unsigned attempt, double spread) {
    return *next_attempt(attempt, at(0), at(100), failed, spread) - at(100);
  };
  const std::array expected = {5, 30, 120, 600, 1800, 3600, 7200, 7200};
  for (unsigned i = 0; i < expected.size(); ++i) {
    CHECK(wait(i + 1, 0) == seconds(expected.at(i)));
    CHECK(wait(i + 1, 1) == seconds(expected.at(i)) * 6 / 5);
    CHECK(wait(i + 1, -1) == seconds(expected.at(i)) * 4 / 5);
  }
  CHECK(wait(1000, 0) == seconds(7200));
  const JobTime end = at(24 * 3600);
  CHECK(next_attempt(20, at(0), end - seconds(60), failed, 0) == end); // a last one
  CHECK_FALSE(next_attempt(20, at(0), end, failed, 0));
  CHECK_FALSE(next_attempt(1, at(0), end + seconds(1), failed, 0));
}

TEST_CASE("callbacks: a receiver may say when, within limits") {
  const auto wait = [](int status, std::int64_t asked) {
    return *next_attempt(1, at(0), at(100), {status, "", seconds(asked), false}, 0) - at(100);
  };
  CHECK(wait(503, 60) == seconds(60));
  CHECK(wait(429, 60) == seconds(60));
  CHECK(wait(500, 60) == seconds(5));
  CHECK(wait(503, 1) == seconds(5)); // not sooner than by itself
  CHECK(wait(503, 1'000'000) == std::chrono::hours(6));
  CHECK(parse_retry_after("120", at(0)) == seconds(120));
  CHECK(parse_retry_after("0", at(0)) == seconds(0));
  CHECK(parse_retry_after("99999999999999999999999", at(0)) == std::chrono::hours(6));
  CHECK(parse_retry_after("Thu, 01 Jan 1970 00:02:00 GMT", at(60)) == seconds(60));
  CHECK(parse_retry_after("Thu, 01 Jan 1970 00:02:00 GMT", at(600)) == seconds(0));
  for (const char* text : {"", "-1", "1.5", "soon", "12 s", "Thu, 01 Jan 1970 00:02:00"})
    CHECK_FALSE(parse_retry_after(text, at(0)));
}

TEST_CASE("callbacks: say how a job ended, and nothing of its input or of the callback") {
  Job job;
  job.id = std::string(32, 'a');
  job.operation = "text.count";
  job.state = JobState::succeeded;
  job.created = at(0);
  job.ended = JobTime(std::chrono::milliseconds(1'700'000'000'123));
  job.result = JobResult{"text/plain", 3, std::string(64, 'f')};
  job.callback = JobCallback{"https://a.example/", CallbackState::pending, 3, "secret reason", at(5)};
  const auto value = parse_json(callback_body(job));
  REQUIRE(value);
  const auto& body = value->get_object();
  CHECK(body.at("type").as_string() == "job.succeeded");
  CHECK(body.at("timestamp").as_string() == "2023-11-14T22:13:20.123Z");
  CHECK(body.at("job_id").as_string() == job.id);
  CHECK(body.at("status").as_string() == "succeeded");
  CHECK(body.at("sha256").as_string() == std::string(64, 'f'));
  CHECK(body.at("data").at("result").at("href").as_string() == "/v1/jobs/" + job.id + "/result");
  CHECK_FALSE(body.at("data").get_object().contains("callback"));
  job.artifacts = {{"a b.pdf", "application/pdf", "", false, 3, std::string(64, 'e')}};
  const auto both = parse_json(callback_body(job));
  CHECK(both->at("sha256").as_string() == std::string(64, 'e'));
  CHECK(both->at("artifact_path").as_string() == "/v1/jobs/" + job.id + "/artifacts/a%20b.pdf");
  job.result.reset();
  CHECK(parse_json(callback_body(job))->at("sha256").as_string() == std::string(64, 'e'));
  job.artifacts.clear();
  job.state = JobState::failed;
  job.problem = Problem::of(CRANK_INVALID, "no");
  const auto failed = parse_json(callback_body(job));
  CHECK(failed->at("type").as_string() == "job.failed");
  CHECK_FALSE(failed->get_object().contains("sha256"));
  CHECK(failed->at("data").at("error").at("detail").as_string() == "no");
}
