// create_fails: create() logs why and fails. The host must not touch *out.
#include "kit.hpp"

namespace {
crank_status create(const crank_host *host, crank_plugin **) noexcept {
  kit::log(host, "create_fails: no memory for the model");
  return CRANK_EXHAUSTED;
}
} // namespace

constinit const crank_entry crank_entry_v0 = kit::entry(KIT_MANIFEST("create_fails", ""), create);
