// Operation: slots, the queue for them, and what an operation declared.
#include "catch.hpp"

#include "engine_fixture.hpp"

using namespace crank;
using namespace crank::test;

namespace {

OperationSpec narrow(unsigned slots, unsigned queue) {
  OperationSpec spec = spec_of("a.b");
  spec.limits.max_concurrency = slots;
  spec.limits.queue = queue;
  return spec;
}

} // namespace

TEST_CASE("an operation admits up to its slots, then queues, then refuses") {
  World world;
  Operation& operation = world.operation(narrow(2, 2));
  std::vector<std::shared_ptr<Invocation>> calls;
  for (int i = 0; i < 5; ++i) calls.push_back(world.prepare(operation).invocation);
  CHECK(operation.admit(calls[0]) == Operation::Admission::run);
  CHECK(operation.admit(calls[1]) == Operation::Admission::run);
  CHECK(operation.admit(calls[2]) == Operation::Admission::wait);
  CHECK(operation.admit(calls[3]) == Operation::Admission::wait);
  CHECK(operation.admit(calls[4]) == Operation::Admission::refuse);
  // First come, first served; a slot that passes on is not free in between.
  CHECK(operation.release() == calls[2]);
  CHECK(operation.admit(calls[4]) == Operation::Admission::wait);
  CHECK(operation.release() == calls[3]);
  CHECK(operation.release() == calls[4]);
  CHECK(operation.release() == nullptr);
  CHECK(operation.release() == nullptr);
  CHECK(operation.admit(calls[0]) == Operation::Admission::run);
  CHECK(operation.admit(calls[1]) == Operation::Admission::run);
  CHECK(operation.admit(calls[2]) == Operation::Admission::wait);
}

TEST_CASE("without a queue an operation refuses at once") {
  World world;
  Operation& operation = world.operation(narrow(1, 0));
  const auto first = world.prepare(operation).invocation, second = world.prepare(operation).invocation;
  CHECK(operation.admit(first) == Operation::Admission::run);
  CHECK(operation.admit(second) == Operation::Admission::refuse);
}

TEST_CASE("who waits may go again; who runs may not") {
  World world;
  Operation& operation = world.operation(narrow(1, 3));
  const auto running = world.prepare(operation).invocation, gone = world.prepare(operation).invocation,
             waiting = world.prepare(operation).invocation;
  CHECK(operation.admit(running) == Operation::Admission::run);
  CHECK(operation.admit(gone) == Operation::Admission::wait);
  CHECK(operation.admit(waiting) == Operation::Admission::wait);
  CHECK_FALSE(operation.withdraw(*running));
  CHECK(operation.withdraw(*gone));
  CHECK_FALSE(operation.withdraw(*gone));
  CHECK(operation.release() == waiting);
}

TEST_CASE("the depth of the queue is what the metrics show") {
  World world;
  Operation& operation = world.operation(narrow(1, 3));
  const auto depth = [&](const char* expected) {
    return world.metrics.text().find("worker_queue_depth{capability=\"a.b\",worker_id=\"w\"} " + std::string(expected) +
                                     "\n") != std::string::npos;
  };
  const auto one = world.prepare(operation).invocation, two = world.prepare(operation).invocation,
             three = world.prepare(operation).invocation;
  static_cast<void>(operation.admit(one));
  static_cast<void>(operation.admit(two));
  static_cast<void>(operation.admit(three));
  CHECK(depth("2"));
  operation.withdraw(*two);
  CHECK(depth("1"));
  static_cast<void>(operation.release());
  CHECK(depth("0"));
}

TEST_CASE("media types and errors are those that were declared") {
  World world;
  OperationSpec spec = spec_of("a.b");
  CHECK(world.operation(spec).takes("anything/at-all"));
  CHECK(world.operation(spec).takes(""));
  spec.content_types = {"application/json", "text/plain"};
  spec.errors = {{"TOO_SHORT", 400, true, "too short"}};
  Operation& operation = world.operation(spec);
  CHECK(operation.takes("text/plain"));
  CHECK_FALSE(operation.takes("text/html"));
  CHECK_FALSE(operation.takes(""));
  REQUIRE(operation.declared_error("TOO_SHORT"));
  CHECK(operation.declared_error("TOO_SHORT")->http_status == 400);
  CHECK_FALSE(operation.declared_error("TOO_LONG"));
  CHECK_FALSE(operation.declared_error(""));
}
