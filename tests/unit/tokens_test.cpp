// Tests of host/identity: the form of tokens, their file, what they may be used for, and what a request without a good
// one is told.
#include "catch.hpp"

#include "engine_fixture.hpp"
#include "identity/bearer.hpp"
#include "identity/refusal_log.hpp"
#include "identity/scopes.hpp"
#include "identity/token_access.hpp"
#include "identity/token_store.hpp"
#include "scratch.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

using namespace crank;
using namespace crank::test;
namespace fs = std::filesystem;
using Catch::Matchers::Contains;

namespace {

using std::chrono::hours;
using std::chrono::seconds;

class TokenDirectory : public ScratchDirectory {
public:
  fs::path file() const { return path() / "tokens.json"; }
};

std::string content_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

void write(const fs::path& file, const std::string& text, mode_t mode = 0600) {
  std::ofstream(file, std::ios::trunc) << text;
  REQUIRE(chmod(file.c_str(), mode) == 0);
}

std::string added(TokenStore& store, const std::string& name, const std::vector<std::string>& scopes = {"*"},
                  std::optional<TokenTime> expires = std::nullopt) {
  auto token = store.add(name, scopes, expires, token_time_now());
  if (!token) FAIL(token.error().message);
  return *token;
}

// Of a read, an addition or whatever else may fail.
template <class T>
std::string message_of(const Result<T, Failure>& result) {
  REQUIRE_FALSE(result);
  CHECK(result.error().message.find('\n') == std::string::npos);
  return result.error().message;
}

RequestHead head_with(const std::vector<std::string>& authorizations, CallerKind kind = CallerKind::anonymous) {
  RequestHead head;
  head.set_start("POST", "/x", 11);
  for (const std::string& value : authorizations) head.add_field("Authorization", value);
  head.add_field("Accept", "a/b");
  head.from.kind = kind;
  head.from.address = "192.0.2.1";
  return head;
}

// CRC-32 (ISO-HDLC) in hexadecimal digits.
std::string checksum(const std::string& text) {
  std::uint32_t crc = ~0u;
  for (const char c : text) {
    crc ^= static_cast<unsigned char>(c);
    for (int i = 0; i < 8; ++i) crc = (crc >> 1) ^ (0xedb88320u & (0u - (crc & 1)));
  }
  char digits[9];
  std::snprintf(digits, sizeof digits, "%08x", ~crc);
  return digits;
}

std::string challenge_of(const Problem& problem) {
  REQUIRE(problem.headers.size() == 1);
  CHECK(problem.headers[0].first == "WWW-Authenticate");
  return problem.headers[0].second;
}

std::unique_ptr<TokenAccess> access_to(const TokenStore& store,
                                       TokenAccess::Open open = TokenAccess::Open::as_declared) {
  auto access = TokenAccess::make(store, open);
  if (!access) FAIL(access.error().message);
  return *std::move(access);
}

} // namespace

TEST_CASE("tokens: a token is known by its form, and every change to it is seen") {
  const auto made = make_token();
  REQUIRE(made);
  const std::string& text = made->text;
  CHECK(text.size() == 70);
  CHECK(text.substr(0, 6) == "crank_");
  CHECK(text.substr(6, 12) == made->id);
  CHECK(is_token_id(made->id));
  CHECK(token_id(text) == made->id);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == 'a' ? 'b' : 'a';
    INFO(i);
    CHECK_FALSE(token_id(changed));
  }
  for (const std::string& other : {std::string(), std::string("crank_"), text.substr(1), text.substr(0, 69), text + "a",
                                   "Crank" + text.substr(5), std::string(70, 'a'), std::string(10'000, 'a')})
    CHECK_FALSE(token_id(other));
  CHECK(make_token()->text != text);
  CHECK_FALSE(is_token_id("0123456789aB"));
}

TEST_CASE("tokens: the checksum is zlib's, the digest sha256sum's") {
  // python3 -c 'import zlib; print("%08x" % zlib.crc32(b"crank_000000000000_" + b"A" * 43))'
  CHECK(token_id("crank_000000000000_" + std::string(43, 'A') + "d081a32e"));
  const TokenDigest digest = digest_of("abc"); // FIPS 180-2, B.1
  CHECK(digest_text(digest) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(parse_digest(digest_text(digest)) == digest);
  CHECK(equal(digest, digest_of("abc")));
  CHECK_FALSE(equal(digest, digest_of("abd")));
  for (const char* bad : {"", "ba", "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"})
    CHECK_FALSE(parse_digest(bad));
}

TEST_CASE("tokens: scopes cover names and what begins with a pattern") {
  for (const char* good : {"*", "a", "a.b", "document.*", "a.b.*", "A-b_c.9"}) CHECK(is_scope(good));
  for (const char* bad : {"", " ", "**", "*.a", "a*", ".*", "a.*.b", "9a", "a b", "a,b", "a\"b", "\xc3\xbc"})
    CHECK_FALSE(is_scope(bad));
  CHECK(is_scope(std::string(128, 'a')));
  CHECK_FALSE(is_scope(std::string(129, 'a')));

  CHECK(scopes_cover("*", "a.b"));
  CHECK(scopes_cover("x a.b", "a.b"));
  CHECK(scopes_cover("a.*", "a.b"));
  CHECK(scopes_cover("a.*", "a.b.c"));
  for (const char* scopes : {"", "a", "a.bc", "a.b.*", "A.B", "b.* x", "a.b.c", " "})
    CHECK_FALSE(scopes_cover(scopes, "a.b"));
  CHECK_FALSE(scopes_cover("a.*", "a"));
  CHECK_FALSE(scopes_cover("a.*", "a."));
  CHECK_FALSE(scopes_cover("a.*", "ab.c"));
}

TEST_CASE("tokens: times are read and shown, and an expiry lies ahead") {
  const auto noon = parse_token_time("2026-11-26T12:00:00Z");
  REQUIRE(noon);
  CHECK(noon->time_since_epoch().count() == 1795694400);
  CHECK(token_time_text(*noon) == "2026-11-26T12:00:00Z");
  CHECK(parse_token_time("2024-02-29") == parse_token_time("2024-02-29T00:00:00Z"));
  for (const char* bad : {"", "2026", "2026-13-01", "2026-02-29", "2026-11-26T12:00Z", "2026-11-26T24:00:00Z",
                          "2026-11-26T12:00:00", "2026-11-26T12:00:00+01:00", "2026-11-26 12:00:00Z",
                          "2026-11-26T12:60:00Z", "26-11-26", "2026-11-26x", " 2026-11-26", "+026-11-26"})
    CHECK_FALSE(parse_token_time(bad));

  CHECK(*parse_expiry("30d", *noon) == *noon + hours(30 * 24));
  CHECK(*parse_expiry("2w", *noon) == *noon + hours(14 * 24));
  CHECK(*parse_expiry("12h", *noon) == *noon + hours(12));
  CHECK(*parse_expiry("1s", *noon) == *noon + seconds(1));
  CHECK(*parse_expiry("2026-11-27", *noon) == *noon + hours(12));
  CHECK_THAT(message_of(parse_expiry("2026-11-26", *noon)), Contains("over"));
  for (const char* bad : {"", "d", "30", "0d", "-1d", "1.5d", "30 d", "30D", "30dd", "99999999999d",
                          "9223372036854775807w", "99999999999999999999d", "tomorrow", "never"}) {
    INFO(bad);
    CHECK_THAT(message_of(parse_expiry(bad, *noon)), Contains("expected"));
  }
}

TEST_CASE("tokens: names are few characters") {
  for (const char* good : {"a", "0", "nightly", "a.b-c_d", "0123456789ab"}) CHECK(is_token_name(good));
  CHECK(is_token_name(std::string(64, 'a')));
  CHECK_FALSE(is_token_name(std::string(65, 'a')));
  for (const char* bad : {"", "A", ".a", "-a", "_a", "a b", "a/b", "a\n", "\xc3\xbc"}) CHECK_FALSE(is_token_name(bad));
}

TEST_CASE("tokens: the file is private and holds no secret") {
  const TokenDirectory directory;
  TokenStore store(directory.path() / "new" / "tokens.json");
  const TokenTime expires = token_time_now() + hours(1);
  const std::string text = added(store, "nightly", {"a.b", "c.*"}, expires);
  const std::string later = added(store, "other");

  struct stat facts {};
  REQUIRE(stat(store.file().c_str(), &facts) == 0);
  CHECK((facts.st_mode & 07777) == 0600);
  const std::string content = content_of(store.file());
  for (const std::string& token : {text, later}) {
    CHECK(content.find(token) == std::string::npos);
    CHECK(content.find(token.substr(19, 43)) == std::string::npos);
    CHECK_THAT(content, Contains(digest_text(digest_of(token))));
  }
  const auto tokens = store.read();
  REQUIRE(tokens);
  REQUIRE(tokens->size() == 2);
  CHECK(tokens->front().name == "nightly");
  CHECK(tokens->front().id == token_id(text));
  CHECK(tokens->front().scopes == std::vector<std::string>{"a.b", "c.*"});
  CHECK(tokens->front().expires == expires);
  CHECK_FALSE(tokens->back().expires);
  CHECK(std::distance(fs::directory_iterator(store.file().parent_path()), {}) == 1);

  CHECK_THAT(message_of(store.add("nightly", {"*"}, {}, expires)), Contains("there is a token of that name"));
  CHECK_THAT(message_of(store.add("x", {}, {}, expires)), Contains("--scopes"));
  CHECK_THAT(message_of(store.add("x", {"a b"}, {}, expires)), Contains("--scopes a b: expected"));
  const std::string misused = message_of(store.add(text, {"*"}, {}, expires));
  CHECK_THAT(misused, Contains("expected"));
  CHECK(misused.find(text) == std::string::npos);

  CHECK_FALSE(store.revoke("nightly"));
  CHECK(store.revoke("nightly")->message == "nightly: there is no token of that name");
  CHECK(store.revoke(later)->message == "NAME: there is no token of that name");
  CHECK(store.read()->size() == 1);
  CHECK_FALSE(store.revoke("other"));
  CHECK(store.read()->empty());
  CHECK(token_id(added(store, "nightly")) != token_id(text));
}

TEST_CASE("tokens: a file that is not private, not ours or not sound is refused with what to do") {
  const TokenDirectory directory;
  TokenStore store(directory.file());
  CHECK_THAT(message_of(store.read()), Contains("crank-host tokens add NAME"));
  CHECK_THAT(store.revoke("x")->message, Contains("crank-host tokens add NAME"));
  const std::string text = added(store, "a");
  for (const mode_t mode : {0640, 0604, 0620, 0602, 0610, 0644, 0666}) {
    REQUIRE(chmod(store.file().c_str(), mode) == 0);
    CHECK_THAT(message_of(store.read()), Contains("chmod 600"));
    CHECK_THAT(message_of(store.add("b", {"*"}, {}, token_time_now())), Contains("chmod 600"));
  }
  REQUIRE(chmod(store.file().c_str(), 0400) == 0);
  CHECK(store.read());
  if (geteuid() == 0) {
    REQUIRE(chown(store.file().c_str(), 4711, 4711) == 0);
    CHECK_THAT(message_of(store.read()), Contains("user 4711"));
  }
  const fs::path link = directory.path() / "link", pipe = directory.path() / "pipe";
  fs::create_symlink(store.file(), link);
  CHECK_THAT(message_of(TokenStore(link).read()), Contains("is a link"));
  CHECK_THAT(message_of(TokenStore(link).add("b", {"*"}, {}, token_time_now())), Contains("is a link"));
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  CHECK_THAT(message_of(TokenStore(pipe).read()), Contains("no regular file"));
  CHECK_THAT(message_of(TokenStore(directory.path()).read()), Contains("no regular file"));
}

TEST_CASE("tokens: whatever is wrong in the file is named") {
  const std::string sound = R"({"id": "0123456789ab", "name": "a", "sha256": ")" + std::string(64, '0') +
                            R"(", "scopes": ["*"], "created": "2026-11-26T12:00:00Z"})";
  const auto file_of = [](const std::string& tokens) { return R"({"version": 1, "tokens": [)" + tokens + "]}"; };
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = sound;
    text.replace(text.find(from), from.size(), to);
    return file_of(text);
  };
  REQUIRE(parse_token_file(file_of(sound)));
  CHECK(parse_token_file(file_of(""))->empty());
  const std::pair<std::string, std::string> cases[] = {
      {"", "JSON"},
      {"{", "JSON"},
      {"[]", "object"},
      {"{}", "/version"},
      {R"({"version": 2, "tokens": []})", "/version: unknown to this version"},
      {R"({"version": 1})", "/tokens"},
      {R"({"version": 1, "tokens": {}})", "/tokens"},
      {R"({"version": 1, "tokens": [], "x": 1})", "/x: unknown"},
      {file_of("1"), "/tokens/0"},
      {file_of(sound + "," + sound), "/tokens/1/name"},
      {file_of(sound + "," + R"({"id": "0123456789ab", "name": "b", "sha256": ")" + std::string(64, '0') +
               R"(", "scopes": ["*"], "created": "2026-11-26T12:00:00Z"})"),
       "/tokens/1/id"},
      {changed(R"("id": "0123456789ab")", R"("id": "0123456789AB")"), "/tokens/0/id"},
      {changed(R"("id": "0123456789ab",)", ""), "/tokens/0/id"},
      {changed(R"("name": "a")", R"("name": "A")"), "/tokens/0/name"},
      {changed(R"("name": "a")", R"("name": 1)"), "/tokens/0/name"},
      {changed(std::string(64, '0'), "00"), "/tokens/0/sha256"},
      {changed(R"(["*"])", "[]"), "/tokens/0/scopes"},
      {changed(R"(["*"])", R"("*")"), "/tokens/0/scopes"},
      {changed(R"(["*"])", R"(["a b"])"), "/tokens/0/scopes"},
      {changed(R"(["*"])", R"([1])"), "/tokens/0/scopes"},
      {changed("2026-11-26T12:00:00Z", "today"), "/tokens/0/created"},
      {changed(R"("scopes")", R"("expires": null, "scopes")"), "/tokens/0/expires"},
      {changed(R"("scopes")", R"("expires": 1795694400, "scopes")"), "/tokens/0/expires"},
      {changed(R"("scopes")", R"("addresses": ["192.0.2.0/24"], "scopes")"), "/tokens/0/addresses: unknown"},
  };
  for (const auto& [text, fault] : cases) {
    INFO(text);
    const auto tokens = parse_token_file(text);
    REQUIRE_FALSE(tokens);
    CHECK_THAT(tokens.error(), Contains(fault));
  }
}

TEST_CASE("tokens: an Authorization is a token, malformed, or none of ours") {
  using Form = BearerCredentials::Form;
  const auto form = [](const std::vector<std::string>& fields) { return bearer_credentials(head_with(fields)).form; };
  CHECK(form({}) == Form::none);
  for (const char* other : {"", "Basic YTpi", "Bearerx y", "Digest a=b", "crank_1"}) CHECK(form({other}) == Form::none);
  for (const char* bad : {"Bearer", "Bearer ", "Bearer a b", "Bearer a,b", "Bearer \"a\"", "Bearer =", "Bearer \x80",
                          "Bearer a\tb", "Bearer a=b"})
    CHECK(form({bad}) == Form::malformed);
  CHECK(form({"Bearer a", "Bearer a"}) == Form::malformed);
  CHECK(form({"Basic YTpi", "Bearer a"}) == Form::malformed);
  for (const char* good : {"Bearer a", "bearer a", "BEARER   a"}) {
    const RequestHead head = head_with({good});
    CHECK(bearer_credentials(head).form == Form::token);
    CHECK(bearer_credentials(head).token == "a");
  }
  CHECK(form({"Bearer az.AZ-09_~+/=="}) == Form::token);
}

TEST_CASE("tokens: who has one is known by its name, and nobody behind sees it") {
  const TokenDirectory directory;
  TokenStore store(directory.file());
  const std::string text = added(store, "nightly", {"a.b", "c.*"});
  const auto access = access_to(store);

  RequestHead head = head_with({"bEaReR " + text});
  CHECK_FALSE(access->identify(head, false));
  CHECK(head.caller().kind == CallerKind::token);
  CHECK(head.caller().subject == "nightly");
  CHECK(head.caller().scopes == "a.b c.*");
  CHECK(head.caller().address == "192.0.2.1");
  CHECK(head.caller().token_id == token_id(text));
  CHECK_FALSE(head.get("header.authorization"));
  CHECK(head.get("header.accept") == "a/b");
  CHECK(head.each("header.", [](std::string_view key, std::string_view) { return key != "header.authorization"; }));

  RequestHead with_certificate = head_with({"Bearer " + text}, CallerKind::certificate);
  CHECK_FALSE(access->identify(with_certificate, false));
  CHECK(with_certificate.caller().kind == CallerKind::certificate);
  CHECK_FALSE(with_certificate.get("header.authorization"));
  RequestHead of_plugin = head_with({"Basic YTpi"}, CallerKind::certificate);
  CHECK_FALSE(access->identify(of_plugin, false));
  CHECK(of_plugin.get("header.authorization") == "Basic YTpi");
}

TEST_CASE("tokens: who has none, or a bad one, is told so as RFC 6750 has it") {
  const TokenDirectory directory;
  TokenStore store(directory.file());
  const std::string text = added(store, "nightly");
  const std::string expired = added(store, "old", {"*"}, token_time_now());
  const auto access = access_to(store);
  const auto told = [&](const std::vector<std::string>& fields) {
    RequestHead head = head_with(fields);
    const auto problem = access->identify(head, false);
    REQUIRE(problem);
    CHECK(head.caller().kind == CallerKind::anonymous);
    CHECK(head.caller().subject.empty());
    CHECK(problem->detail.find(text) == std::string::npos);
    return *problem;
  };
  for (const std::vector<std::string>& none : {std::vector<std::string>{}, {"Basic YTpi"}, {""}}) {
    const Problem problem = told(none);
    CHECK(problem.http_status == 401);
    CHECK(challenge_of(problem) == "Bearer realm=\"crank-host\"");
  }
  for (const std::vector<std::string>& malformed :
       {std::vector<std::string>{"Bearer " + text, "Bearer " + text}, {"Bearer"}, {"Bearer " + text + " x"}}) {
    const Problem problem = told(malformed);
    CHECK(problem.http_status == 400);
    CHECK_THAT(challenge_of(problem), Contains("error=\"invalid_request\""));
  }
  const std::string never_given = make_token()->text;
  std::string wrong = text.substr(0, 19) + never_given.substr(19, 43); // of that id, with another secret
  wrong += checksum(wrong);
  REQUIRE(token_id(wrong) == token_id(text));
  for (const std::string& bad : {never_given, wrong, expired, std::string("abc"), std::string(10'000, 'a')}) {
    const Problem problem = told({"Bearer " + bad});
    CHECK(problem.http_status == 401);
    CHECK_THAT(challenge_of(problem), Contains("error=\"invalid_token\""));
  }
  CHECK(told({"Bearer " + never_given}).detail == told({"Bearer " + wrong}).detail);
  CHECK_THAT(told({"Bearer " + expired}).detail, Contains("expired"));
}

TEST_CASE("tokens: what is open asks for none, unless nothing is") {
  const TokenDirectory directory;
  TokenStore store(directory.file());
  const std::string text = added(store, "nightly");
  RequestHead anybody = head_with({"Bearer nonsense"});
  CHECK_FALSE(access_to(store)->identify(anybody, true));
  CHECK(anybody.caller().kind == CallerKind::anonymous);

  const auto strict = access_to(store, TokenAccess::Open::nothing);
  RequestHead without = head_with({}), with = head_with({"Bearer " + text});
  CHECK(strict->identify(without, true));
  CHECK_FALSE(strict->identify(with, true));
}

TEST_CASE("tokens: scopes decide what a token may be used for, and bind nobody else") {
  const TokenDirectory directory;
  TokenStore store(directory.file());
  added(store, "nightly");
  const auto access = access_to(store);
  World world;
  OperationSpec spec;
  spec.name = "a.b";
  Operation& operation = world.operation(spec);
  const auto refused = [&](CallerKind kind, const std::string& scopes) {
    return access->refusal(Caller{kind, "nightly", scopes, ""}, operation);
  };
  CHECK_FALSE(refused(CallerKind::token, "*"));
  CHECK_FALSE(refused(CallerKind::token, "x a.*"));
  CHECK_FALSE(refused(CallerKind::certificate, ""));
  CHECK_FALSE(refused(CallerKind::local, ""));
  const auto forbidden = refused(CallerKind::token, "a.c b.*");
  REQUIRE(forbidden);
  CHECK(forbidden->http_status == 403);
  CHECK(challenge_of(*forbidden) == "Bearer realm=\"crank-host\", error=\"insufficient_scope\", scope=\"a.b\"");
  CHECK(refused(CallerKind::token, "")->http_status == 403);
  CHECK(refused(CallerKind::anonymous, "*")->http_status == 401);
}

TEST_CASE("tokens: changes of the file are followed, and a broken one changes nothing") {
  const TokenDirectory directory;
  TokenStore store(directory.file());
  const std::string first = added(store, "first");
  const auto access = access_to(store);
  const auto holds = [&](const std::string& token) {
    access->look();
    RequestHead head = head_with({"Bearer " + token});
    return !access->identify(head, false);
  };
  const std::string second = added(store, "second");
  CHECK(holds(first));
  CHECK(holds(second));
  CHECK_FALSE(store.revoke("first"));
  CHECK_FALSE(holds(first));
  CHECK(holds(second));

  const std::string good = content_of(store.file());
  write(store.file(), "{");
  CHECK(holds(second));
  fs::remove(store.file());
  CHECK(holds(second));
  write(store.file(), token_file_text({}), 0644);
  CHECK(holds(second));
  REQUIRE(chmod(store.file().c_str(), 0600) == 0); // the same stamp as before
  CHECK_FALSE(holds(second));
  write(store.file(), good);
  CHECK(holds(second));
  CHECK_THAT(message_of(TokenAccess::make(TokenStore(directory.path() / "none"), TokenAccess::Open::nothing)),
             Contains("crank-host tokens add NAME"));
}

TEST_CASE("tokens: who was let in holds until the token ends or changes, whatever its name does") {
  const TokenDirectory directory;
  TokenStore store(directory.file());
  const auto access_now = [&](TokenAccess& access, const std::string& token) {
    RequestHead head = head_with({"Bearer " + token});
    CHECK_FALSE(access.identify(head, false));
    return head.caller();
  };
  const std::string text = added(store, "nightly", {"a.b"});
  const auto access = access_to(store);
  const Caller caller = access_now(*access, text);
  CHECK(access->holds(caller));
  CHECK(access->holds(Caller{CallerKind::certificate, "nightly", "", ""}));
  CHECK(access->holds(Caller()));

  std::string content = content_of(store.file());
  const std::string good = content;
  content.replace(content.find("\"a.b\""), 5, "\"a.cd\"");
  write(store.file(), content);
  access->look();
  CHECK_FALSE(access->holds(caller));
  write(store.file(), good);
  access->look();
  CHECK(access->holds(caller));
  CHECK_FALSE(store.revoke("nightly"));
  added(store, "nightly", {"a.b"});
  access->look();
  CHECK_FALSE(access->holds(caller));

  const std::string passing_text = added(store, "short", {"*"}, token_time_now() + hours(1));
  const Caller passing = access_now(*access_to(store), passing_text);
  CHECK_FALSE(access->holds(passing)); // it has not looked
  access->look();
  CHECK(access->holds(passing));
  CHECK_FALSE(store.revoke("short"));
  write(store.file(), token_file_text({{passing.token_id, "short", {}, {"*"}, token_time_now(), token_time_now()}}));
  access->look();
  CHECK_FALSE(access->holds(passing));
}

TEST_CASE("tokens: refusals are one line a second, with their number") {
  RefusalLog refusals;
  RefusalLog::Time now{};
  const auto half = std::chrono::milliseconds(500);
  CHECK(refusals.rest(now).empty());
  CHECK(refusals.note("one", now) == "one");
  CHECK(refusals.note("two", now).empty());
  CHECK(refusals.note("three", now + half).empty());
  CHECK(refusals.rest(now + half).empty());
  CHECK(refusals.rest(now + 2 * half) == "2 more requests were refused, the last: three");
  CHECK(refusals.rest(now + 4 * half).empty());
  CHECK(refusals.note("four", now + 4 * half) == "four");
  CHECK(refusals.note("five", now + 5 * half).empty());
  CHECK(refusals.note("six", now + 6 * half) == "six; 1 more request was refused before it");
  CHECK(refusals.rest(now + 8 * half).empty());
}
