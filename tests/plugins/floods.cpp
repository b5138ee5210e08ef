// floods: writes 64 KiB blocks until the host refuses, and hands the refusal back. The end at 64 GiB only keeps a
// host without a limit from filling the disk for ever.
#include "kit.hpp"

#include <array>

namespace {
crank_status call(crank_plugin *, crank_call *call) noexcept {
  static constexpr std::array<char, 65536> block{};
  for (int i = 0; i < 1 << 20; ++i) {
    const crank_status status = call->write(call, block.data(), block.size());
    if (status != CRANK_OK) return status;
  }
  return CRANK_OK;
}

constinit crank_plugin instance = kit::table(call);
} // namespace

constinit const crank_entry crank_entry_v0 =
    kit::entry(KIT_MANIFEST("floods", R"(,"response_type":"application/octet-stream")"), kit::create<&instance>);
