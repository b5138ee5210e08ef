// returns_garbage: call() returns the status that the input names, known or not. {"status":4242}, {"status":-999}
#include "kit.hpp"

namespace {
crank_status call(crank_plugin *, crank_call *call) noexcept {
  return static_cast<crank_status>(kit::integer(kit::view(call->body), "\"status\"", 4242));
}

constinit crank_plugin instance = kit::table(call);
} // namespace

constinit const crank_entry crank_entry_v0 = kit::entry(
    KIT_MANIFEST("returns_garbage", R"(,"input_schema":{"type":"object","properties":{"status":{"type":"integer"}}})"),
    kit::create<&instance>);
