// Who leads, in every order of events that a machine can think of: a life cycle among processes that lead when they are
// told to, stop when they come round to it, and may end at any time.
#include "catch.hpp"

#include "supervisor/lifecycle.hpp"

#include <deque>
#include <memory>
#include <random>

using namespace crank;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

class World {
public:
  using Pick = std::function<std::size_t(std::size_t below)>;

  explicit World(Pick pick) : pick_(std::move(pick)), lifecycle_(make()) {
    lifecycle_->first(now_);
    processes_[1];
  }

  static constexpr std::size_t few_events = 10, events = 18;

  // One thing happens: the first few_events are those that matter most.
  void happen(std::size_t event) {
    if (over()) return;
    history_ += " " + std::to_string(event);
    switch (event) {
    case 0: return attempt(std::nullopt, false);
    case 1: return get_ready();
    case 2: return confirm();
    case 3: return end(oldest(), false);
    case 4: return end(lifecycle_->active(), true);
    case 5: return perform(lifecycle_->condemn(lifecycle_->active(), "nonsense", now_));
    case 6: return pass(Lifecycle::follow_time);
    case 7: return leave(lifecycle_->leader().number);
    case 8: return attempt(CanaryPlan{500, seconds(10)}, false);
    case 9: return stop();
    case 10: return attempt(std::nullopt, true);
    case 11: return divert();
    case 12: return end(some(), pick_(2) == 0);
    case 13: return perform(lifecycle_->hangs(some(), "it hangs", now_));
    case 14: return perform(lifecycle_->recycle(lifecycle_->active(), now_));
    case 15: return perform(lifecycle_->reload_soon(now_));
    case 16: return become_another();
    case 17: spawning_fails_ = pick_(3) == 0; return lie();
    default: return;
    }
  }

  // Everything that was asked for is done, and nothing more is asked.
  void settle() {
    spawning_fails_ = false;
    for (int round = 0; round < 200 && !over() && !is_settled(); ++round) {
      become_another();
      get_ready();
      divert();
      confirm();
      const auto processes = processes_;
      for (const auto& [number, process] : processes) {
        if (process.killed || process.drains || process.leaves) end(number, process.killed);
      }
      pass(seconds(1));
    }
    if (!finished_ && !is_settled()) say("it does not come to rest with one that serves and leads, or in the end");
  }

  bool over() const { return finished_ || !fault_.empty(); }
  std::string fault() const { return fault_.empty() ? "" : fault_ + ", after" + history_; }

private:
  struct Process {
    bool leads = false, is_to_follow = false, drains = false, killed = false;
    bool has_led = false;
    bool leaves = false; // by itself
  };

  bool is_settled() const {
    if (processes_.size() != 1 || hands_over_ || lifecycle_->stopping()) return false;
    const auto& [number, process] = *processes_.begin();
    return lifecycle_->active() == number && lifecycle_->leader().number == number && process.leads;
  }

  std::unique_ptr<Lifecycle> make() {
    return std::make_unique<Lifecycle>(Lifecycle::Limits{seconds(30), seconds(5), seconds(60)},
                                       [this](std::uint64_t number) { return counts_[number]; });
  }

  // ---- what the life cycle decides ----

  void perform(Steps steps) {
    for (Step& step : steps) steps_.push_back(std::move(step));
    if (performing_) return;
    performing_ = true;
    while (!steps_.empty()) {
      const Step step = std::move(steps_.front());
      steps_.pop_front();
      std::visit([this](const auto& what) { act(what); }, step);
    }
    performing_ = false;
    look();
  }
  void act(const step::Spawn& spawn) {
    if (spawning_fails_) return perform(lifecycle_->spawn_failed(spawn.number, "no more processes", now_));
    processes_[spawn.number];
  }
  void act(const step::Lead& lead) {
    for (const auto& [number, process] : processes_) {
      if (process.leads) say(std::to_string(lead.number) + " leads beside " + std::to_string(number));
    }
    if (lead.term <= term_) say("term " + std::to_string(lead.term) + " comes after " + std::to_string(term_));
    if (lifecycle_->stopping()) say("one leads although the host stops");
    term_ = lead.term;
    Process& process = processes_.at(lead.number);
    if (process.killed) say("one leads that is killed");
    if (std::exchange(process.has_led, true)) say("one leads for the second time");
    if (process.leaves)
      process.is_to_follow = true; // it does not begin, and will say so
    else
      process.leads = true;
  }
  void act(const step::Follow& follow) { processes_.at(follow.number).is_to_follow = true; }
  void act(const step::Drain& drain) {
    Process& process = processes_.at(drain.number);
    process.drains = true;
    if (process.leads && !process.is_to_follow) say("it is to drain, and was not told to stop leading before");
  }
  void act(const step::Kill& kill) { processes_.at(kill.number).killed = true; }
  void act(const step::Abandon& abandon) { processes_.erase(abandon.number); }
  void act(const step::Settled& settled) { hands_over_ = hands_over_ || (settled.upgrade && !settled.failure); }
  void act(const step::Finish&) { finished_ = true; }
  template <class Other>
  void act(const Other&) {}

  void look() {
    const Lifecycle::Leader& leader = lifecycle_->leader();
    for (const auto& [number, process] : processes_) {
      if (process.leads && number != leader.number) say(std::to_string(number) + " leads, and nobody knows");
    }
    if (leader.number != 0 && processes_.count(leader.number) == 0) say("somebody who is gone leads");
    const Lifecycle::Generation* const one = lifecycle_->find(leader.number);
    if (one && leader.number != lifecycle_->active() && !leader.is_to_follow && !one->condemned)
      say("who leads is not active, and was not told to follow");
    const Lifecycle::Generation* const active = lifecycle_->find(lifecycle_->active());
    if (leader.number == 0 && active && active->may_lead && !lifecycle_->stopping()) say("nobody leads, and one could");
  }
  void say(const std::string& fault) {
    if (fault_.empty()) fault_ = fault;
  }

  // ---- what happens ----

  std::uint64_t some() {
    if (processes_.empty()) return 0;
    return std::next(processes_.begin(), static_cast<std::ptrdiff_t>(pick_(processes_.size())))->first;
  }
  std::uint64_t oldest() const { return processes_.empty() ? 0 : processes_.begin()->first; }

  void attempt(std::optional<CanaryPlan> canary, bool upgrade) {
    auto steps = lifecycle_->attempt("reload", canary, upgrade, now_);
    if (steps) perform(*std::move(steps));
  }
  void get_ready() {
    if (processes_.count(lifecycle_->candidate()) > 0) perform(lifecycle_->ready(lifecycle_->candidate(), now_));
  }
  void confirm() {
    for (auto& [number, process] : processes_) {
      if (!std::exchange(process.is_to_follow, false)) continue;
      process.leads = false;
      const std::uint64_t its_number = number;
      return perform(lifecycle_->following(its_number, now_));
    }
  }
  void leave(std::uint64_t number) {
    const auto found = processes_.find(number);
    if (found == processes_.end()) return;
    found->second.leaves = true;
    if (!std::exchange(found->second.leads, false)) return;
    found->second.is_to_follow = false;
    perform(lifecycle_->following(number, now_));
  }
  // It does not lead, whatever it says.
  void lie() {
    const std::uint64_t number = some();
    if (number != lifecycle_->leader().number) perform(lifecycle_->following(number, now_));
  }
  void end(std::uint64_t number, bool crashed) {
    if (processes_.erase(number) > 0) perform(lifecycle_->ended(number, {{"it ended", 1}, crashed, 0}, now_));
  }
  void divert() {
    if (pick_(2) == 0 && lifecycle_->candidate() != 0) {
      ScoreboardCounts& counts = counts_[lifecycle_->candidate()];
      counts.requests += 100;
      counts.failures += 100;
      counts_[lifecycle_->active()].requests += 100;
    }
    perform(lifecycle_->diverting(lifecycle_->active(), now_));
  }
  void pass(milliseconds time) {
    now_ += time;
    perform(lifecycle_->at(now_));
    const auto next = lifecycle_->next_deadline();
    if (!finished_ && next && *next <= now_) say("what was due is due still");
  }
  void stop() { perform(lifecycle_->stop(now_)); }

  // The supervisor of another binary goes on, or there is none.
  void become_another() {
    if (!std::exchange(hands_over_, false)) return;
    lifecycle_->handing_over();
    const Lifecycle& former = *lifecycle_;
    if (former.stopping() || former.active() == 0 || pick_(3) == 0)
      return perform(lifecycle_->handed_over_to_nobody(now_));
    auto next = make();
    for (const auto& [number, one] : former.generations()) {
      if (processes_.count(number) > 0)
        next->adopt(number, one.reason, number == former.active(), one.may_lead, one.made, one.made, now_);
    }
    next->adopt(former.counters());
    next->adopt_leader(former.leader().number, former.leader().is_to_follow, former.term(), now_);
    lifecycle_ = std::move(next);
    perform(lifecycle_->at(now_));
  }

  Pick pick_;
  Lifecycle::Time now_{seconds(1000)};
  std::map<std::uint64_t, ScoreboardCounts> counts_;
  std::unique_ptr<Lifecycle> lifecycle_;
  std::map<std::uint64_t, Process> processes_;
  std::deque<Step> steps_;
  std::uint64_t term_ = 0;
  bool performing_ = false, spawning_fails_ = false, hands_over_ = false, finished_ = false;
  std::string history_, fault_;
};

} // namespace

TEST_CASE("at most one leads, in every sequence of five events that matter") {
  constexpr std::size_t length = 5;
  std::size_t sequences = 1;
  for (std::size_t i = 0; i < length; ++i) sequences *= World::few_events;
  for (std::size_t sequence = 0; sequence < sequences; ++sequence) {
    World world([](std::size_t) { return std::size_t{0}; });
    world.happen(1);
    for (std::size_t i = 0, rest = sequence; i < length; ++i, rest /= World::few_events)
      world.happen(rest % World::few_events);
    world.settle();
    if (!world.fault().empty()) FAIL(world.fault());
  }
}

TEST_CASE("at most one leads, on long random walks, and in the end it is who serves") {
  for (unsigned seed = 1; seed <= 1000; ++seed) {
    std::mt19937 random(seed);
    World world([&random](std::size_t below) { return random() % below; });
    world.happen(1);
    const std::size_t length = 20 + random() % 300;
    for (std::size_t i = 0; i < length; ++i) {
      std::size_t event = random() % World::events;
      if (event == 9 && random() % 50 != 0) event = 2; // a stop ends the walk soon
      world.happen(event);
      if (random() % 3 == 0) world.happen(1 + random() % 2); // it does go on
    }
    world.settle();
    INFO("seed " << seed);
    if (!world.fault().empty()) FAIL(world.fault());
  }
}
