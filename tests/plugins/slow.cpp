// slow: well-behaved. {"ms":N} takes N milliseconds, reports progress, and stops within a few milliseconds of a cancel.
#include "kit.hpp"

#include <chrono>
#include <thread>

namespace {
using std::chrono::milliseconds;
using std::chrono::steady_clock;

crank_status call(crank_plugin *, crank_call *call) noexcept {
  const milliseconds wanted(kit::integer(kit::view(call->body), "\"ms\"", 1000));
  const auto begun = steady_clock::now();
  for (auto spent = milliseconds(0); spent < wanted;
       spent = std::chrono::duration_cast<milliseconds>(steady_clock::now() - begun)) {
    if (call->cancelled(call)) return kit::fail(call, CRANK_CANCELLED, nullptr, "stopped as asked");
    call->progress(call, static_cast<double>(spent.count()) / static_cast<double>(wanted.count()), "waiting", 7);
    std::this_thread::sleep_for(milliseconds(2)); /* cancelled() has no wait; this is the work it stands for */
  }
  return call->write(call, "{\"done\":true}", 13);
}

constinit crank_plugin instance = kit::table(call);
} // namespace

constinit const crank_entry crank_entry_v0 = kit::entry(
    KIT_MANIFEST("slow", R"(,"input_schema":{"type":"object","properties":{"ms":{"type":"integer","minimum":0}},)"
                         R"("required":["ms"]},"limits":{"max_concurrency":2,"queue":2,"timeout_ms":10000})"),
    kit::create<&instance>);
