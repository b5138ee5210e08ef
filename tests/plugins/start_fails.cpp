// start_fails: start() logs why and fails. The host must call destroy() and not stop().
#include "kit.hpp"

#include <cstdlib>

namespace {
const crank_host *host_of_instance = nullptr;

crank_status start(crank_plugin *, crank_str) noexcept {
  kit::log(host_of_instance, "start_fails: the model file is missing");
  return CRANK_UNAVAILABLE;
}

void stop(crank_plugin *) noexcept { std::abort(); }

constinit crank_plugin instance = {sizeof(crank_plugin), nullptr, start, kit::answer, stop, kit::destroy, nullptr};

crank_status create(const crank_host *host, crank_plugin **out) noexcept {
  host_of_instance = host;
  *out = &instance;
  return CRANK_OK;
}
} // namespace

constinit const crank_entry crank_entry_v0 = kit::entry(KIT_MANIFEST("start_fails", ""), create);
