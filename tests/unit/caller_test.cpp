// Caller: scopes and what a plugin is told.
#include "catch.hpp"

#include "base/caller.hpp"

using namespace crank;

TEST_CASE("caller: a scope is a whole word of its list") {
  const Caller caller{CallerKind::token, "ann", "a.read a.write", ""};
  CHECK(caller.has_scope("a.read"));
  CHECK(caller.has_scope("a.write"));
  for (const char* other : {"", "a", "a.rea", "read", "a.read a.write", "A.READ"}) CHECK_FALSE(caller.has_scope(other));
  CHECK_FALSE(Caller().has_scope(""));
  CHECK(Caller{CallerKind::token, "", " x  y ", ""}.has_scope("y"));
}

TEST_CASE("caller: what is not there has no attribute, but everybody is of a kind") {
  const Caller nobody;
  CHECK(nobody.attribute("kind") == "anonymous");
  for (const char* key : {"subject", "scopes", "address", "", "kind.x"}) CHECK_FALSE(nobody.attribute(key));
  CHECK(Caller{CallerKind::certificate, "s", "", "a"}.attribute("kind") == "certificate");
  CHECK(Caller{CallerKind::local, "s", "", "a"}.attribute("kind") == "local");
  CHECK(Caller{CallerKind::token, "s", "x y", "a"}.attribute("scopes") == "x y");
}
