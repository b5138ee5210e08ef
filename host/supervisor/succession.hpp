// How a supervisor becomes another binary without letting go of anything: same process, same children, same sockets.
// What has to be known afterwards waits in memory whose descriptor crosses the exec.
#pragma once

#include "os/descriptor.hpp"
#include "supervision/protocol.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace crank {

// Everything by value; the descriptors belong to the supervisor that writes it, and to the one that reads it.
struct Succession {
  struct Listener {
    Address address;
    int descriptor = -1;
  };
  struct Generation {
    std::uint64_t number = 0;
    std::string reason;
    pid_t process = -1;
    int channel = -1;
    int scoreboard = -1;
    int audit = -1;              // its records come from there; -1: nobody takes any
    std::string audit_rest;      // came, but not whole yet; hexadecimal
    bool active = false;         // else it is retiring
    bool may_lead = false;       // it has not yet
    std::int64_t made_ms = 0;    // steady clock
    std::int64_t serving_ms = 0; // steady clock
    std::vector<Address> addresses;
    ReadyReport ready;
  };

  std::vector<Listener> listeners;
  std::vector<Generation> generations;
  int control = -1;    // the control socket; -1: none
  int client = -1;     // who asked for this on it, and is to be answered; -1: nobody
  int audit_lock = -1; // the hold on the audit log's directory; -1: none
  std::string ticket_keys;
  std::uint64_t made = 0, crashes = 0, swaps = 0, failed_swaps = 0, recycled = 0, upgrades = 0;
  std::int64_t started_ms = 0; // steady clock
  bool reload_waits = false;   // somebody asked for one meanwhile
  std::uint64_t leader = 0;    // the number of the generation that leads; 0: none
  bool is_to_follow = false;   // it was told to, and has not said that it does
  std::uint64_t term = 0;      // the last one that anybody led in

  // Runs `path` in this process with what is written here; its descriptors stay open across it. Returns only when that
  // failed, with the reason, and then nothing has changed. Call after keep_signals_out(): a signal between the two
  // binaries would end both. They stay blocked until the successor listens for them.
  [[nodiscard]] std::string hand_over_to(const std::string& path, const std::vector<std::string>& arguments) const;

  // What a predecessor left, if this process has one. Its descriptors are close-on-exec again. A text that is not
  // understood is a failure: the process cannot go on, and its generations end by themselves.
  static Result<std::optional<Succession>, Failure> from_environment();
  // Blocks the signals that a supervisor listens for, and unblocks them once somebody listens again.
  static void keep_signals_out();
  static void let_signals_in();
};

} // namespace crank
