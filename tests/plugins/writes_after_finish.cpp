// writes_after_finish: ends a PENDING call and then goes on writing, failing and finishing it. All of it happens
// before call() returns, while the host must keep the call in memory anyway; so the host can and must refuse it.
#include "kit.hpp"

namespace {
crank_status call(crank_plugin *, crank_call *call) noexcept {
  call->write(call, "{\"first\":true}", 14);
  call->finish(call, CRANK_OK);
  call->write(call, "{\"second\":true}", 15);
  call->progress(call, 1.0, CRANK_STR("late"));
  kit::fail(call, CRANK_INTERNAL, "failed after the end");
  return CRANK_PENDING;
}

constinit crank_plugin instance = kit::table(call);
} // namespace

constinit const crank_entry crank_entry_v0 =
    kit::entry(KIT_MANIFEST("writes_after_finish", ""), kit::create<&instance>);
