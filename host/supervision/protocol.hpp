// What a supervisor and a generation say to each other: JSON texts over a os/channel.hpp, some with descriptors.
// Each type is one message; knows nothing of how it is sent, or what either side does about it.
//
// supervisor:  start ............ go ... lead ... (canary, adopt) ... follow ......... drain
// generation:         listen ... ready                     (diverting)       following           (or, instead of any of
//                                                                                               them, failed)
#pragma once

#include "base/problem.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace crank {

// Raised when a message changes its meaning. A generation of another version refuses to start.
inline constexpr std::int64_t generation_protocol = 4;

// Raised when a supervisor can no longer take over from one of an older binary (supervisor/succession.hpp).
inline constexpr std::int64_t supervisor_succession = 5;

// The variable that tells a process that it is a generation: the number of the channel's descriptor.
inline constexpr const char* generation_variable = "CRANK_GENERATION_CHANNEL";

// ---- supervisor to generation ----

// The first message. Descriptors: the scoreboard; where records for the audit log go to (audit/sender.hpp), if there is
// one.
struct StartOrder {
  std::uint64_t number = 0;
  // Whether to accept while plugins still start, so that health can be asked: nobody else accepts.
  bool accept_at_once = false;
  bool manage_at_once = false;
  std::string ticket_keys; // 160 hexadecimal digits: TLS session tickets of one generation are good with the next
  std::string audit;       // what to do when it cannot be written, "refuse" or "count"; empty: there is no audit log
};
// The answer to a listen request. Descriptors: the listeners asked for, in that order.
struct ListenersOrder {
  std::size_t main = 1; // how many are the main place's; the others are for management
};
// Listening is impossible; the generation ends with this failure.
struct RefuseOrder {
  std::string message;
  std::int64_t exit_code = 2;
};
// Accept from now on.
struct GoOrder {};
// Stop accepting. retire: serve what is connected until it leaves by itself, at most `grace_ms`; stop: end within the
// drain period.
struct DrainOrder {
  bool retire = false;
  std::uint64_t grace_ms = 0;
};
// Pass a share of the new connections on. Descriptor: where to. No share ends it.
struct CanaryOrder {
  std::uint64_t per_mille = 0;
};
// Take connections over. Descriptor: where from.
struct AdoptOrder {};
// Do what must run once (base/leadership.hpp). At most once in a life.
struct LeadOrder {
  std::uint64_t term = 0; // 1 to 2^63 - 1; greater than in any such order before, to whomever
};
// Stop doing it, and report that it has stopped.
struct FollowOrder {};

using Order = std::variant<StartOrder, ListenersOrder, RefuseOrder, GoOrder, DrainOrder, CanaryOrder, AdoptOrder,
                           LeadOrder, FollowOrder>;

// ---- generation to supervisor ----

struct Address {
  std::string host;                // numeric: the supervisor looks nothing up
  std::uint16_t port = 0;          // 0: any; the supervisor keeps what it picked
  bool any_for_management = false; // with port 0: the one picked for management is another
  bool operator==(const Address&) const = default;
};
// One port on each of some addresses, at most most_hosts: both loopbacks for `localhost`.
struct Place {
  static constexpr std::size_t most_hosts = 2;

  std::vector<std::string> hosts;
  std::uint16_t port = 0;
  bool operator==(const Place&) const = default;
};
struct ListenRequest {
  Place main;
  std::optional<Place> management;
};
struct PluginReport {
  std::string id, version, path;
  std::string digest; // SHA-256 of the file that was loaded, hexadecimal
  std::string stamp;  // its file_stamp() (os/file_stamp.hpp)
};
struct ReadyReport {
  std::string host_version;
  std::int64_t succession = 0;     // supervisor_succession of that binary
  std::string url, management_url; // empty: none
  std::vector<PluginReport> plugins;
};
struct FailedReport {
  std::string message;
  std::int64_t exit_code = 1;
};
// A canary order is being followed from now on.
struct DivertingReport {};
// Nothing that must run once runs here any more, nor will: the answer to a follow order, and said unasked by a leader
// that is about to leave.
struct FollowingReport {};

using Report = std::variant<ListenRequest, ReadyReport, FailedReport, DivertingReport, FollowingReport>;

[[nodiscard]] std::string encode(const Order& order);
[[nodiscard]] std::string encode(const Report& report);
// What is wrong with the text, if anything. (A Result of a variant makes g++ 12 warn of uninitialised memory.)
[[nodiscard]] std::optional<std::string> decode_order(std::string_view text, Order& order);
[[nodiscard]] std::optional<std::string> decode_report(std::string_view text, Report& report);

} // namespace crank
