// Which generation is tried, which one serves and which ones leave: the supervisor's decisions, and nothing but those.
// Knows generations by their numbers; knows nothing of processes, sockets, files, or what time it is. What happened
// goes in with its time; what has to be done comes out, to be done in that order. One thread.
//
//              attempt()            ready()
//   (nothing) ----------> loading ----------------------> active ----> retiring ----> (gone)
//                            |    ready(), with a canary    ^            ^
//                            +--------------> canary -------+ promoted   |
//                                               +------------------------+ rolled back
//   stop() makes each of them stopping. Each may be condemned (killed) and may end at any time, whatever its state.
//
// At most one of them leads: it does what must run once.
//
//              the active one           another is active, or stop()              following(), or its end
//   (nobody) -------------------> leads -----------------------------> is to follow ----------------------> (nobody)
//                                   |           following() by itself, or its end                              ^
//                                   +--------------------------------------------------------------------------+
//   Each leadership has a greater term than all before it. One that has given it up never leads again. One that does
//   not give it up within follow_time is condemned. After stop() nobody begins to lead.
#pragma once

#include "base/problem.hpp"
#include "supervisor/canary.hpp"
#include "supervisor/restart_policy.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace crank {

enum class GenerationState { loading, canary, active, retiring, stopping };
[[nodiscard]] std::string_view name_of(GenerationState state);

// "2.5 s", for messages.
[[nodiscard]] std::string seconds_text(std::chrono::milliseconds time);

// What has to be done. Numbers are those of generations; 0 is none.
namespace step {
// Make it, or call spawn_failed(). alone: nobody else accepts, so it may before it is ready.
struct Spawn {
  std::uint64_t number;
  bool alone;
  bool upgrade; // of another binary, and of no other
};
// Let it accept.
struct Open {
  std::uint64_t number;
};
// Let it stop accepting, and end: when its clients have left, at most after `grace` (retire), or within the drain
// period.
struct Drain {
  std::uint64_t number;
  bool retire;
  std::chrono::milliseconds grace;
};
// End it at once; condemned_for says why. Its end is told by ended(), or not at all.
struct Kill {
  std::uint64_t number;
};
// Let `from` pass that share of its new connections to `to`, and tell diverting(). No share ends it.
struct Divert {
  std::uint64_t from, to;
  unsigned per_mille;
};
// It leads from now on. The term is greater than any before.
struct Lead {
  std::uint64_t number, term;
};
// Let it stop leading, and tell following().
struct Follow {
  std::uint64_t number;
};
struct CanaryJudged {
  std::uint64_t number;
  CanaryVerdict verdict;
};
// It serves now, instead of `former`.
struct Serves {
  std::uint64_t number, former;
  std::string reason;
  bool first; // of this supervisor
};
// The attempt is over: it serves, or why it does not. `serving` is who serves now.
struct Settled {
  std::uint64_t number, serving;
  std::string reason;
  std::optional<std::string> failure;
  bool upgrade;
};
// Nobody serves, and the next attempt waits because so many failed.
struct Backoff {
  unsigned failures;
  std::chrono::milliseconds pause;
};
// It was killed and is still there. It counts as gone.
struct Abandon {
  std::uint64_t number;
};
// There is nothing left to do. failure: the first generation never served, and why.
struct Finish {
  std::optional<Failure> failure;
  int exit_code;
};
} // namespace step

using Step = std::variant<step::Spawn, step::Open, step::Drain, step::Kill, step::Divert, step::Lead, step::Follow,
                          step::CanaryJudged, step::Serves, step::Settled, step::Backoff, step::Abandon, step::Finish>;
using Steps = std::vector<Step>;

class Lifecycle {
public:
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;
  using Milliseconds = std::chrono::milliseconds;

  struct Limits {
    Milliseconds start_timeout{};  // from spawn to ready
    Milliseconds drain_timeout{};  // from a stop to the end
    Milliseconds retire_timeout{}; // of a replaced generation
  };
  struct Generation {
    std::uint64_t number = 0;
    std::string reason; // why it was made: "start", "reload", ...
    GenerationState state = GenerationState::loading;
    Time made{};
    std::optional<Time> serving_since;
    std::optional<Time> patience; // when it is killed; when it is condemned: given up
    std::string impatience;       // why it is killed then
    bool condemned = false;
    std::string condemned_for;
    bool may_lead = true; // until it does, or is condemned
  };
  struct Leader {
    std::uint64_t number = 0;     // 0: nobody leads
    bool is_to_follow = false;    // it was told, and has not said that it does
    std::optional<Time> patience; // when it is killed for that
  };
  // How a process ended.
  struct End {
    Failure failure; // in words, for the case that it never served; with the exit code of a host that could not start
    bool crashed = false; // by a signal
    int exit_code = 0;    // otherwise
  };
  struct Counters {
    std::uint64_t made = 0, crashes = 0, swaps = 0, failed_swaps = 0, recycled = 0;
  };
  // What a generation has answered so far. Called from canary decisions.
  using CountsOf = std::function<ScoreboardCounts(std::uint64_t number)>;

  // A replaced generation whose time is up, or a stopped one, has this long to notice it by itself.
  static constexpr Milliseconds courtesy{10'000};
  // From SIGKILL until a process that is still there is given up.
  static constexpr Milliseconds kill_time{5'000};
  // A leader that was told to follow has this long until it has stopped what must run once. What cannot be stopped
  // otherwise ends with its process: nobody else may begin before.
  static constexpr Milliseconds follow_time{10'000};
  // While nobody serves, clients wait in the backlog for the next generation this long; then it accepts before it is
  // ready, and says so.
  static constexpr Milliseconds hold_time{1'000};
  // A generation that was replaced for its memory is not followed by the next such case within this time.
  static constexpr Milliseconds recycle_pause{30'000};

  Lifecycle(Limits limits, CountsOf counts) : limits_(limits), counts_(std::move(counts)) {}

  // Generation 1 exists and is loading.
  void first(Time now);
  // That one exists and serves, or is retiring: what a predecessor left. made() and counters are the predecessor's.
  void adopt(std::uint64_t number, std::string reason, bool active, bool may_lead, Time made, Time serving_since,
             Time now);
  void adopt(Counters counters) { counters_ = counters, has_served_ = true; }
  // Who led, 0 for nobody, whether it was told to follow, and the last term. After those above; at() makes good what
  // follows from it.
  void adopt_leader(std::uint64_t number, bool is_to_follow, std::uint64_t term, Time now);

  // Tries another generation. Refused with a reason while one is being tried, and when the host is shutting down.
  Result<Steps, Failure> attempt(std::string reason, std::optional<CanaryPlan> canary, bool upgrade, Time now);
  // Somebody changed something: what failed before may work now.
  void encouraged() { restarts_.reset(); }
  // Tries another one as soon as none is being tried.
  Steps reload_soon(Time now);
  Steps spawn_failed(std::uint64_t number, const std::string& why, Time now);
  // It can serve.
  Steps ready(std::uint64_t number, Time now);
  // The active one passes connections on from now on.
  Steps diverting(std::uint64_t number, Time now);
  // It does not lead any more: it was told so, or is about to leave.
  Steps following(std::uint64_t number, Time now);
  // It has done what no healthy one does.
  Steps condemn(std::uint64_t number, std::string why, Time now);
  // It does not move any more.
  Steps hangs(std::uint64_t number, std::string why, Time now);
  // It should be replaced: nothing, while one is being tried or soon after the last such case.
  Steps recycle(std::uint64_t number, Time now);
  // It is gone. To be told once; what was said by it and not reported yet is void, but for its reason to fail.
  Steps ended(std::uint64_t number, const End& end, Time now);
  Steps stop(Time now);
  // Whatever was to be done by `now`. To be called at next_deadline(), or oftener.
  Steps at(Time now);
  std::optional<Time> next_deadline() const;
  // While the supervisor becomes another binary, nothing is tried; cancelled when it could not.
  void handing_over() { handing_over_ = true; }
  Steps handed_over_to_nobody(Time now);

  const std::map<std::uint64_t, Generation>& generations() const { return generations_; }
  const Generation* find(std::uint64_t number) const;
  std::uint64_t active() const { return active_; }
  const Leader& leader() const { return leader_; }
  std::uint64_t term() const { return term_; } // the last one, whether anybody leads or not
  std::uint64_t candidate() const { return attempt_ ? attempt_->number : 0; }
  bool stopping() const { return stopping_; }
  bool has_served() const { return has_served_; }
  bool reload_waits() const { return reload_waits_; }
  const std::string& last_failure() const { return last_failure_; }
  const Counters& counters() const { return counters_; }
  const RestartPolicy& restarts() const { return restarts_; }
  const Limits& limits() const { return limits_; }

private:
  struct Attempt {
    std::uint64_t number;
    std::string reason;
    std::optional<CanaryPlan> canary;
    bool upgrade;
  };
  struct Canary {
    CanaryPlan plan;
    std::optional<Time> end; // once connections are passed on
    ScoreboardCounts old_start, new_start;
  };

  Generation* known(std::uint64_t number);
  Generation& add(std::uint64_t number, std::string reason, Time now);
  void give(Generation& generation, Time until, std::string otherwise);
  void spawn(std::string reason, std::optional<CanaryPlan> canary, bool upgrade, Time now, Steps& steps);
  void promote(Time now, Steps& steps);
  void retire(Generation& generation, Time now, Steps& steps);
  void let_active_lead(Steps& steps);
  void let_follow(std::uint64_t number, Time now, Steps& steps);
  void kill(Generation& generation, std::string why, Time now, Steps& steps);
  void end_canary(Steps& steps);
  void judge(Time now, Steps& steps);
  void settle(std::optional<std::string> failure, Time now, Steps& steps);
  void try_what_waits(Time now, Steps& steps);
  void replace(bool served, Time now, Steps& steps);
  void gone(std::uint64_t number, const End& end, Time now, Steps& steps);

  const Limits limits_;
  const CountsOf counts_;
  std::map<std::uint64_t, Generation> generations_;
  std::uint64_t active_ = 0;
  Leader leader_;
  std::uint64_t term_ = 0;
  std::optional<Attempt> attempt_;
  std::optional<Canary> canary_;
  std::optional<Time> restart_at_;
  std::optional<Time> open_at_;
  std::optional<Time> recycled_at_;
  bool reload_waits_ = false; // for the end of the attempt
  bool handing_over_ = false;
  bool stopping_ = false;
  bool has_served_ = false;
  int exit_code_ = 0;
  RestartPolicy restarts_;
  Counters counters_;
  std::string last_failure_;
};

} // namespace crank
