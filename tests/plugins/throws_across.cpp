// throws_across: call() lets an exception out. C++17 refuses to compile that, so the plugin casts the promise away,
// which stands for a plugin built as C++11 or in another language.
#include "kit.hpp"

#include <stdexcept>

namespace {
crank_status throwing_call(crank_plugin *, crank_call *) { throw std::runtime_error("thrown across the boundary"); }

// Filled in create(): a reinterpret_cast is no constant expression.
crank_plugin instance = kit::table();

crank_status create(const crank_host *, crank_plugin **out) noexcept {
  instance.call = reinterpret_cast<kit::Call *>(&throwing_call);
  *out = &instance;
  return CRANK_OK;
}
} // namespace

constinit const crank_entry crank_entry_v0 = kit::entry(KIT_MANIFEST("throws_across", ""), create);
