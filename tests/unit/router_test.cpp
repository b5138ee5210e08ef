// Router: which handler serves what, and what the others are told.
#include "catch.hpp"

#include "http/exchange.hpp"
#include "http/request_body.hpp"
#include "http/router.hpp"

using namespace crank;

namespace {

class NamedHandler : public Handler {
public:
  explicit NamedHandler(const char* of) : name(of) {}
  std::variant<BodyPlan, Problem> plan(const RequestHead&) override { return BodyPlan{}; }
  void handle(std::shared_ptr<Exchange>, std::unique_ptr<crank::RequestBody>) override {}
  const std::string name;
};

struct Found {
  std::string handler; // empty: none
  std::string allow;
  RequestHead head;
};

Found find(const Router& router, std::string_view method, std::string_view target) {
  Found found;
  found.head.set_start(method, target, 11);
  const auto* handler = dynamic_cast<NamedHandler*>(router.find(found.head, found.allow));
  if (handler) found.handler = handler->name;
  return found;
}

std::shared_ptr<Handler> named(const char* name) { return std::make_shared<NamedHandler>(name); }

std::string parameter(const Found& found, std::string_view key) {
  const auto value = found.head.get(key);
  return value ? std::string(*value) : "(none)";
}

} // namespace

TEST_CASE("literal paths") {
  Router router;
  router.add("GET", "/", named("root"));
  router.add("GET", "/a", named("a"));
  router.add("POST", "/a", named("post a"));
  router.add("GET", "/a/b", named("a b"));
  CHECK(find(router, "GET", "/").handler == "root");
  CHECK(find(router, "GET", "/a").handler == "a");
  CHECK(find(router, "GET", "/a?x=/a/b").handler == "a");
  CHECK(find(router, "POST", "/a").handler == "post a");
  CHECK(find(router, "GET", "/a/b").handler == "a b");
  CHECK(find(router, "GET", "http://host/a/b").handler == "a b");
  for (const char* path : {"/b", "/a/", "/A", "/a/b/c", "//a", "", "*", "a"}) {
    INFO(path);
    CHECK(find(router, "GET", path).handler.empty());
    CHECK(find(router, "GET", path).allow.empty());
  }
}

TEST_CASE("a handler for GET serves HEAD; other methods learn what there is") {
  Router router;
  router.add("GET", "/a", named("a"));
  router.add("POST", "/a", named("post a"));
  router.add("POST", "/b", named("b"));
  CHECK(find(router, "HEAD", "/a").handler == "a");
  const Found wrong = find(router, "DELETE", "/a");
  CHECK(wrong.handler.empty());
  CHECK(wrong.allow == "GET, HEAD, POST");
  CHECK(find(router, "HEAD", "/b").allow == "POST");
  CHECK(find(router, "get", "/a").allow == "GET, HEAD, POST"); // methods are case-sensitive
}

TEST_CASE("templates take one segment each and decode it") {
  Router router;
  router.add("GET", "/items/{id}", named("item"));
  router.add("PUT", "/items/{id}", named("put item"));
  router.add("GET", "/items/{id}/parts/{part}", named("part"));
  const Found item = find(router, "GET", "/items/a%2Fb%20c");
  CHECK(item.handler == "item");
  CHECK(parameter(item, "path.id") == "a/b c");
  CHECK(find(router, "PUT", "/items/1").handler == "put item");
  const Found part = find(router, "GET", "/items/1/parts/2?x=y");
  CHECK(part.handler == "part");
  CHECK(parameter(part, "path.id") == "1");
  CHECK(parameter(part, "path.part") == "2");
  CHECK(find(router, "DELETE", "/items/1").allow == "GET, HEAD, PUT");
  for (const char* path : {"/items/", "/items", "/items//parts/2", "/items/1/parts/", "/items/1/2", "/other/1"}) {
    INFO(path);
    CHECK(find(router, "GET", path).handler.empty());
  }
}

TEST_CASE("a literal path goes before a template") {
  Router router;
  router.add("GET", "/items/{id}", named("item"));
  router.add("GET", "/items/new", named("new"));
  CHECK(find(router, "GET", "/items/new").handler == "new");
  CHECK(find(router, "GET", "/items/old").handler == "item");
  // An escaped slash does not make a segment, and a path is compared as it was sent.
  CHECK(find(router, "GET", "/items%2Fnew").handler.empty());
}

TEST_CASE("braces in a request are text") {
  Router router;
  router.add("GET", "/items/{id}", named("item"));
  const Found found = find(router, "GET", "/items/{id}");
  CHECK(found.handler == "item");
  CHECK(parameter(found, "path.id") == "{id}");
}

TEST_CASE("a literal path hides a template for its own methods only") {
  Router router;
  router.add("GET", "/keys/all", named("all"));
  router.add("GET", "/keys/{name}", named("one"));
  router.add("POST", "/keys/{name}", named("set"));
  router.add("DELETE", "/{kind}/{name}", named("delete"));
  CHECK(find(router, "GET", "/keys/all").handler == "all");
  const Found set = find(router, "POST", "/keys/all");
  CHECK(set.handler == "set");
  CHECK(parameter(set, "path.name") == "all");
  const Found removed = find(router, "DELETE", "/keys/all");
  CHECK(removed.handler == "delete");
  CHECK(parameter(removed, "path.kind") == "keys");
  const Found none = find(router, "PUT", "/keys/all");
  CHECK(none.handler.empty());
  CHECK(none.allow == "GET, HEAD, POST, DELETE");
}
