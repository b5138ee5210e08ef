// Who is being served right now, written down where it survives the process. The engine reports; others read.
#pragma once

#include <crank/crank.h>

#include <string_view>

namespace crank {

class CallLedger {
public:
  // A place in the ledger, or none: the ledger is bounded and a call may go unrecorded.
  using Slot = unsigned;
  static constexpr Slot none = ~0u;

  virtual ~CallLedger() = default;

  // The call is accepted; it waits, or begins. [any thread, as all of these]
  virtual Slot admitted(std::string_view plugin, std::string_view operation, std::string_view request_id) noexcept = 0;
  // The plugin's code begins to run for it on this thread, and is back from it. May be called with `none`.
  virtual void entered(Slot slot) noexcept = 0;
  virtual void left() noexcept = 0;
  // The caller has an answer; the plugin may still be at it. `seconds`: since admission.
  virtual void answered(Slot slot, crank_status outcome, double seconds) noexcept = 0;
  // It was to stop, was given its time, and has not: whoever watches over the process may want another. After
  // answered().
  virtual void given_up(Slot) noexcept {}
  // Nothing is going on any more.
  virtual void released(Slot slot) noexcept = 0;
};

} // namespace crank
