#include "supervisor/lifecycle.hpp"

#include <algorithm>
#include <cstdio>

namespace crank {

std::string seconds_text(std::chrono::milliseconds time) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g s", static_cast<double>(time.count()) / 1000);
  return text;
}

std::string_view name_of(GenerationState state) {
  switch (state) {
  case GenerationState::loading: return "loading";
  case GenerationState::canary: return "canary";
  case GenerationState::active: return "active";
  case GenerationState::retiring: return "retiring";
  case GenerationState::stopping: return "stopping";
  }
  return "unknown";
}

// ---- generations ----

Lifecycle::Generation* Lifecycle::known(std::uint64_t number) {
  const auto found = generations_.find(number);
  return found == generations_.end() ? nullptr : &found->second;
}

const Lifecycle::Generation* Lifecycle::find(std::uint64_t number) const {
  const auto found = generations_.find(number);
  return found == generations_.end() ? nullptr : &found->second;
}

Lifecycle::Generation& Lifecycle::add(std::uint64_t number, std::string reason, Time now) {
  Generation& generation = generations_[number];
  generation.number = number;
  generation.reason = std::move(reason);
  generation.made = now;
  give(generation, now + limits_.start_timeout, "it was not ready within " + seconds_text(limits_.start_timeout));
  return generation;
}

void Lifecycle::give(Generation& generation, Time until, std::string otherwise) {
  generation.patience = until;
  generation.impatience = std::move(otherwise);
}

void Lifecycle::first(Time now) {
  counters_.made = 1;
  attempt_ = Attempt{1, "start", std::nullopt, false};
  add(1, "start", now);
}

void Lifecycle::adopt(std::uint64_t number, std::string reason, bool active, bool may_lead, Time made,
                      Time serving_since, Time now) {
  Generation& generation = add(number, std::move(reason), made);
  generation.serving_since = serving_since;
  generation.may_lead = may_lead;
  has_served_ = true;
  if (active) {
    generation.state = GenerationState::active;
    generation.patience.reset();
    active_ = number;
  } else {
    generation.state = GenerationState::retiring;
    give(generation, now + limits_.retire_timeout + limits_.drain_timeout + courtesy,
         "it did not end after its time was up");
  }
}

void Lifecycle::adopt_leader(std::uint64_t number, bool is_to_follow, std::uint64_t term, Time now) {
  term_ = term;
  if (!find(number)) return;
  leader_ = {number, false, {}};
  Steps told_before;
  if (is_to_follow) let_follow(number, now, told_before);
}

// ---- attempts ----

Result<Steps, Failure> Lifecycle::attempt(std::string reason, std::optional<CanaryPlan> canary, bool upgrade,
                                          Time now) {
  if (stopping_) return Failure{"the host is shutting down"};
  if (handing_over_) return Failure{"the host is becoming another binary; try again"};
  if (attempt_)
    return Failure{"generation " + std::to_string(attempt_->number) + " is being tried already; wait for it"};
  Steps steps;
  spawn(std::move(reason), canary, upgrade, now, steps);
  return steps;
}

void Lifecycle::spawn(std::string reason, std::optional<CanaryPlan> canary, bool upgrade, Time now, Steps& steps) {
  restart_at_.reset();
  const std::uint64_t number = ++counters_.made;
  attempt_ = Attempt{number, reason, canary, upgrade};
  add(number, std::move(reason), now);
  if (active_ == 0) open_at_ = now + hold_time;
  steps.push_back(step::Spawn{number, active_ == 0, upgrade});
}

Steps Lifecycle::reload_soon(Time now) {
  Steps steps;
  if (stopping_) return steps;
  restarts_.reset();
  if (attempt_ || handing_over_)
    reload_waits_ = true;
  else
    spawn("reload", std::nullopt, false, now, steps);
  return steps;
}

Steps Lifecycle::spawn_failed(std::uint64_t number, const std::string& why, Time now) {
  Steps steps;
  if (generations_.erase(number) == 0) return steps;
  if (stopping_) {
    if (generations_.empty()) steps.push_back(step::Finish{std::nullopt, exit_code_});
    return steps;
  }
  settle(why, now, steps);
  if (active_ == 0 && !attempt_) replace(false, now, steps);
  return steps;
}

Steps Lifecycle::ready(std::uint64_t number, Time now) {
  Steps steps;
  Generation* const generation = known(number);
  // One that is condemned is as good as gone, however late its word arrives.
  if (!generation || generation->state != GenerationState::loading || generation->condemned || stopping_ ||
      number != candidate())
    return steps;
  generation->patience.reset();
  if (!attempt_->canary || active_ == 0) {
    promote(now, steps);
    return steps;
  }
  generation->state = GenerationState::canary;
  generation->serving_since = now;
  canary_ = Canary{*attempt_->canary, std::nullopt, {}, {}};
  steps.push_back(step::Divert{active_, number, canary_->plan.per_mille});
  return steps;
}

// The candidate takes over; the one that served so far stops accepting and serves its clients to the end.
void Lifecycle::promote(Time now, Steps& steps) {
  Generation& chosen = *known(attempt_->number);
  Generation* const former = known(active_);
  open_at_.reset();
  restart_at_.reset();
  end_canary(steps);
  steps.push_back(step::Open{chosen.number}); // first: for a moment both accept, and never nobody
  chosen.state = GenerationState::active;
  chosen.serving_since = now;
  active_ = chosen.number;
  if (former) {
    retire(*former, now, steps);
    ++counters_.swaps;
  }
  steps.push_back(step::Serves{chosen.number, former ? former->number : 0, attempt_->reason, !has_served_});
  let_active_lead(steps);
  has_served_ = true;
  last_failure_.clear();
  settle(std::nullopt, now, steps);
}

void Lifecycle::retire(Generation& generation, Time now, Steps& steps) {
  generation.state = GenerationState::retiring;
  let_follow(generation.number, now, steps);
  steps.push_back(step::Drain{generation.number, true, limits_.retire_timeout});
  if (generation.condemned) return;
  give(generation, now + limits_.retire_timeout + limits_.drain_timeout + courtesy,
       "it did not end after its time was up");
}

// The attempt is over. What waited for that is tried, unless it failed and nobody serves: then replace() decides.
void Lifecycle::settle(std::optional<std::string> failure, Time now, Steps& steps) {
  const Attempt over = *std::exchange(attempt_, std::nullopt);
  open_at_.reset();
  end_canary(steps);
  const bool failed = failure.has_value();
  if (failed) {
    last_failure_ = *failure;
    if (active_ != 0) ++counters_.failed_swaps;
  }
  steps.push_back(step::Settled{over.number, active_, over.reason, std::move(failure), over.upgrade});
  if (over.upgrade && !failed) {
    handing_over_ = true; // what waits is the successor's
    return;
  }
  if (active_ != 0) try_what_waits(now, steps);
}

void Lifecycle::try_what_waits(Time now, Steps& steps) {
  if (stopping_ || attempt_ || !std::exchange(reload_waits_, false)) return;
  spawn("reload", std::nullopt, false, now, steps);
}

Steps Lifecycle::handed_over_to_nobody(Time now) {
  Steps steps;
  handing_over_ = false;
  if (stopping_) return steps;
  if (active_ == 0)
    replace(true, now, steps);
  else
    try_what_waits(now, steps);
  return steps;
}

// ---- canary ----

Steps Lifecycle::diverting(std::uint64_t number, Time now) {
  if (!canary_ || canary_->end || number != active_ || !attempt_) return {};
  canary_->end = now + canary_->plan.duration;
  canary_->old_start = counts_(active_);
  canary_->new_start = counts_(attempt_->number);
  return {};
}

void Lifecycle::end_canary(Steps& steps) {
  if (!std::exchange(canary_, std::nullopt)) return;
  if (active_ != 0) steps.push_back(step::Divert{active_, 0, 0});
}

void Lifecycle::judge(Time now, Steps& steps) {
  if (!canary_ || !canary_->end || !attempt_ || active_ == 0) return;
  Generation& candidate = *known(attempt_->number);
  if (candidate.condemned) return; // its end is on the way
  const CanaryVerdict verdict = judge_canary(counts_(active_).since(canary_->old_start),
                                             counts_(candidate.number).since(canary_->new_start), now >= *canary_->end);
  if (verdict.decision == CanaryVerdict::Decision::go_on) return;
  steps.push_back(step::CanaryJudged{candidate.number, verdict});
  if (verdict.decision == CanaryVerdict::Decision::promote) return promote(now, steps);
  end_canary(steps);
  retire(candidate, now, steps);
  settle("rolled back: " + verdict.reason, now, steps);
}

// ---- who leads ----

// Nobody, while the former one may still be at it.
void Lifecycle::let_active_lead(Steps& steps) {
  Generation* const generation = known(active_);
  if (leader_.number != 0 || stopping_ || !generation || !generation->may_lead) return;
  generation->may_lead = false;
  leader_ = {active_, false, {}};
  steps.push_back(step::Lead{active_, ++term_});
}

void Lifecycle::let_follow(std::uint64_t number, Time now, Steps& steps) {
  if (leader_.number != number || std::exchange(leader_.is_to_follow, true)) return;
  leader_.patience = now + follow_time;
  steps.push_back(step::Follow{number});
}

Steps Lifecycle::following(std::uint64_t number, Time) {
  Steps steps;
  if (number == 0 || number != leader_.number) return steps;
  leader_ = {};
  let_active_lead(steps);
  return steps;
}

// ---- ends ----

void Lifecycle::kill(Generation& generation, std::string why, Time now, Steps& steps) {
  if (generation.condemned) return;
  generation.condemned = true;
  generation.may_lead = false;
  generation.condemned_for = std::move(why);
  give(generation, now + kill_time, {});
  steps.push_back(step::Kill{generation.number});
}

Steps Lifecycle::condemn(std::uint64_t number, std::string why, Time now) {
  Steps steps;
  if (Generation* const generation = known(number)) kill(*generation, std::move(why), now, steps);
  return steps;
}

Steps Lifecycle::hangs(std::uint64_t number, std::string why, Time now) {
  Steps steps;
  Generation* const generation = known(number);
  if (!generation || generation->condemned || stopping_) return steps;
  if (generation->state == GenerationState::active || generation->state == GenerationState::canary)
    ++counters_.recycled;
  kill(*generation, std::move(why), now, steps);
  return steps;
}

Steps Lifecycle::recycle(std::uint64_t number, Time now) {
  Steps steps;
  if (stopping_ || handing_over_ || attempt_ || number != active_) return steps;
  if (recycled_at_ && now - *recycled_at_ < recycle_pause) return steps;
  recycled_at_ = now;
  ++counters_.recycled;
  spawn("recycle", std::nullopt, false, now, steps);
  return steps;
}

Steps Lifecycle::ended(std::uint64_t number, const End& end, Time now) {
  Steps steps;
  gone(number, end, now, steps);
  return steps;
}

void Lifecycle::gone(std::uint64_t number, const End& end, Time now, Steps& steps) {
  const Generation* const found = find(number);
  if (!found) return;
  const Generation generation = *found;
  generations_.erase(number);
  if (end.crashed && !generation.condemned) ++counters_.crashes;
  const bool was_active = active_ == number, was_candidate = candidate() == number;
  if (was_active) active_ = 0;
  if (leader_.number == number) leader_ = {};
  if (stopping_) {
    if (generation.condemned || end.crashed) exit_code_ = std::max(exit_code_, 1);
    if (!end.crashed) exit_code_ = std::max(exit_code_, end.exit_code);
    if (generations_.empty()) steps.push_back(step::Finish{std::nullopt, exit_code_});
    return;
  }
  let_active_lead(steps);
  if (was_candidate) {
    if (!has_served_) {
      attempt_.reset();
      steps.push_back(step::Finish{end.failure, end.failure.exit_code});
      return;
    }
    settle(end.failure.message, now, steps);
    if (active_ == 0 && !attempt_) replace(false, now, steps);
  } else if (was_active && !handing_over_) {
    const Generation* const next = find(candidate());
    if (canary_ && next && !next->condemned) return promote(now, steps); // it serves already
    if (attempt_)
      open_at_ = now + hold_time; // the next is on its way
    else
      replace(true, now, steps);
  }
}

void Lifecycle::replace(bool served, Time now, Steps& steps) {
  reload_waits_ = false; // the next attempt is one
  const Milliseconds pause = restarts_.failed(served, now);
  if (restarts_.breaker_open()) steps.push_back(step::Backoff{restarts_.failures(), pause});
  if (pause.count() == 0)
    spawn("restart", std::nullopt, false, now, steps);
  else
    restart_at_ = now + pause;
}

Steps Lifecycle::stop(Time now) {
  Steps steps;
  if (std::exchange(stopping_, true)) return steps;
  if (attempt_) {
    const Attempt over = *std::exchange(attempt_, std::nullopt);
    steps.push_back(step::Settled{over.number, active_, over.reason, "the host is shutting down", false});
  }
  canary_.reset();
  restart_at_.reset();
  open_at_.reset();
  for (auto& [number, generation] : generations_) {
    generation.state = GenerationState::stopping;
    if (generation.condemned) continue;
    let_follow(number, now, steps); // first: no new work for what is about to end
    steps.push_back(step::Drain{number, false, limits_.drain_timeout});
    give(generation, now + limits_.drain_timeout + courtesy, "it did not end after its time was up");
  }
  if (generations_.empty()) steps.push_back(step::Finish{std::nullopt, exit_code_});
  return steps;
}

// ---- time ----

Steps Lifecycle::at(Time now) {
  Steps steps;
  std::vector<std::uint64_t> numbers; // ends change the map
  for (const auto& [number, generation] : generations_) {
    if (generation.patience && *generation.patience <= now) numbers.push_back(number);
  }
  for (const std::uint64_t number : numbers) {
    Generation* const generation = known(number);
    if (!generation || !generation->patience || *generation->patience > now) continue;
    if (!generation->condemned) {
      kill(*generation, generation->impatience, now, steps);
      continue;
    }
    steps.push_back(step::Abandon{number});
    gone(number, {{"it was killed because " + generation->condemned_for + ", and did not go", 1}, true, 0}, now, steps);
  }
  if (leader_.patience && *leader_.patience <= now) {
    leader_.patience.reset();
    kill(*known(leader_.number), "it did not stop leading within " + seconds_text(follow_time), now, steps);
  }
  let_active_lead(steps);
  if (open_at_ && *open_at_ <= now) {
    open_at_.reset();
    if (active_ == 0 && attempt_) steps.push_back(step::Open{attempt_->number});
  }
  if (restart_at_ && *restart_at_ <= now) {
    restart_at_.reset();
    if (active_ == 0 && !attempt_ && !stopping_ && !handing_over_) spawn("restart", std::nullopt, false, now, steps);
  }
  judge(now, steps);
  return steps;
}

std::optional<Lifecycle::Time> Lifecycle::next_deadline() const {
  std::optional<Time> next;
  const auto consider = [&next](const std::optional<Time>& time) {
    if (time && (!next || *time < *next)) next = time;
  };
  for (const auto& [number, generation] : generations_) consider(generation.patience);
  consider(leader_.patience);
  consider(open_at_);
  consider(restart_at_);
  if (canary_) consider(canary_->end);
  return next;
}

} // namespace crank
