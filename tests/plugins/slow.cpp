// slow: well-behaved. {"ms":N} takes N milliseconds, or until the file "until" exists; reports progress, and stops
// within a few milliseconds of a cancel. "log": as many lines first.
#include "kit.hpp"

#include <chrono>
#include <string>
#include <thread>
#include <unistd.h>

namespace {
using std::chrono::milliseconds;
using std::chrono::steady_clock;

crank_status call(crank_plugin *, crank_call *call) noexcept {
  const milliseconds wanted(kit::integer(kit::view(call->body), "\"ms\"", 1000));
  const std::string file(kit::text(kit::view(call->body), "\"until\""));
  for (long line = 1, lines = kit::integer(kit::view(call->body), "\"log\"", 0); line <= lines; ++line) {
    const std::string text = "line " + std::to_string(line);
    call->log(call, CRANK_LOG_INFO, {text.data(), text.size()});
  }
  const auto begun = steady_clock::now();
  for (auto spent = milliseconds(0); spent < wanted;
       spent = std::chrono::duration_cast<milliseconds>(steady_clock::now() - begun)) {
    if (!file.empty() && ::access(file.c_str(), F_OK) == 0) break;
    if (call->cancelled(call)) return kit::fail(call, CRANK_CANCELLED, "stopped as asked");
    call->progress(call, static_cast<double>(spent.count()) / static_cast<double>(wanted.count()),
                   CRANK_STR("waiting"));
    std::this_thread::sleep_for(milliseconds(2)); /* cancelled() has no wait; this is the work it stands for */
  }
  return call->write(call, "{\"done\":true}", 13);
}

constinit crank_plugin instance = kit::table(call);
} // namespace

constinit const crank_entry crank_entry_v0 = kit::entry(
    KIT_MANIFEST(
        "slow",
        R"(,"input_schema":{"type":"object","properties":{"ms":{"type":"integer","minimum":0},"until":{"type":"string"}},)"
        R"("required":["ms"]},"limits":{"max_concurrency":2,"queue":2,"timeout_ms":600000})"),
    kit::create<&instance>);
