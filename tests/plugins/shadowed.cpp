// shadowed: brings a function of its own along under the name of one of OpenSSL's, visible to everybody, as a bundled
// library would.
#include "kit.hpp"

extern "C" [[gnu::visibility("default")]] unsigned long OpenSSL_version_num() { return 42; }

namespace {

crank_status call(crank_plugin *, crank_call *call) noexcept {
  unsigned long (*volatile function)() = OpenSSL_version_num; // no compiler may know which it is
  const bool own = function() == 42;
  return own ? call->write(call, "{\"whose\":\"own\"}", 15) : call->write(call, "{\"whose\":\"host\"}", 16);
}

constinit crank_plugin instance = kit::table(call);
} // namespace

constinit const crank_entry crank_entry_v0 = kit::entry(KIT_MANIFEST("shadowed", ""), kit::create<&instance>);
