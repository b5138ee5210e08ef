// null_instance: create() says CRANK_OK and hands over nothing.
#include "kit.hpp"

namespace {
crank_status create(const crank_host *, crank_plugin **out) noexcept {
  *out = nullptr;
  return CRANK_OK;
}
} // namespace

constinit const crank_entry crank_entry_v0 = kit::entry(KIT_MANIFEST("null_instance", ""), create);
