// decode_report and decode_order on any bytes: plugin code shares the channel, so a supervisor reads what it likes to
// say.
#include "supervision/protocol.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

template <class Message, class Decode>
void check(std::string_view text, Decode&& decode) {
  Message message;
  if (const auto fault = decode(text, message)) {
    if (fault->empty()) std::abort(); // a refusal says why
    return;
  }
  // What was understood is written and understood as the same.
  const std::string written = crank::encode(message);
  Message again;
  if (decode(written, again) || again.index() != message.index() || crank::encode(again) != written) std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check<crank::Report>(text, crank::decode_report);
  check<crank::Order>(text, crank::decode_order);
  return 0;
}
