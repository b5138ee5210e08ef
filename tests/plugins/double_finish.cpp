// double_finish: ends a call twice: {"how":0} finish() twice, {"how":1} finish() and then CRANK_OK from call(),
// {"how":2} finish() and then a failure from call().
#include "kit.hpp"

namespace {
crank_status call(crank_plugin *, crank_call *call) noexcept {
  const auto how = kit::integer(kit::view(call->body), "\"how\"", 0);
  call->write(call, "{\"answer\":1}", 12);
  call->finish(call, CRANK_OK);
  if (how == 1) return CRANK_OK;
  if (how == 2) return CRANK_INTERNAL;
  call->finish(call, CRANK_INTERNAL);
  return CRANK_PENDING;
}

constinit crank_plugin instance = kit::table(call);
} // namespace

constinit const crank_entry crank_entry_v0 = kit::entry(
    KIT_MANIFEST("double_finish", R"(,"input_schema":{"type":"object","properties":{"how":{"type":"integer"}}})"),
    kit::create<&instance>);
