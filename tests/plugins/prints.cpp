// prints: well-behaved but for a library of its own that greets on standard output: in a constructor, in start() and in
// call().
#include "kit.hpp"

#include <cstdio>
#include <iostream>

namespace {

// Left in the buffers of stdio and iostreams, as a library would.
void greet(const char *when) {
  std::printf("Loading model %s... OK\n", when);
  std::cout << "ready " << when << '\n';
}

[[gnu::constructor]] void loaded() { greet("while it is loaded"); }

crank_status start(crank_plugin *, crank_str) noexcept {
  greet("in start()");
  return CRANK_OK;
}

crank_status call(crank_plugin *, crank_call *call) noexcept {
  greet("in call()");
  return call->write(call, "{\"ok\":1}", 8);
}

constinit crank_plugin instance = {sizeof(crank_plugin), nullptr, start, call, kit::stop, kit::destroy, nullptr};
} // namespace

constinit const crank_entry crank_entry_v0 = kit::entry(KIT_MANIFEST("prints", ""), kit::create<&instance>);
