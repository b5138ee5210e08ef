// DeadlineWheel: never early, at most a tick late, whatever is set, moved, cleared or removed meanwhile.
#include "catch.hpp"

#include "net/deadline_wheel.hpp"

#include <functional>
#include <memory>
#include <random>
#include <vector>

using namespace crank;
using namespace std::chrono_literals;

namespace {

class Entry : public Expiring {
public:
  ~Entry() override = default;
  unsigned expirations = 0;
  std::function<void()> then;

private:
  void expired() override {
    ++expirations;
    if (then) then();
  }
};

void advance(DeadlineWheel& wheel, unsigned ticks) {
  while (ticks-- > 0) wheel.tick();
}

// The current tick is under way already, so the whole ones begin behind it.
unsigned ticks_for(std::chrono::milliseconds after) { return static_cast<unsigned>((after.count() + 249) / 250) + 1; }

} // namespace

TEST_CASE("a deadline expires once, on the first tick that cannot be early") {
  const auto after = GENERATE(0ms, 1ms, 249ms, 250ms, 251ms, 5s, 16s, 60s, 3600s);
  CAPTURE(after.count());
  DeadlineWheel wheel;
  Entry entry;
  wheel.set(entry, after);
  CHECK_FALSE(wheel.empty());
  advance(wheel, ticks_for(after) - 1);
  CHECK(entry.expirations == 0);
  advance(wheel, 1);
  CHECK(entry.expirations == 1);
  advance(wheel, 200);
  CHECK(entry.expirations == 1);
  CHECK(wheel.empty());
}

TEST_CASE("a deadline that moves counts from its last set()") {
  DeadlineWheel wheel;
  Entry entry;
  wheel.set(entry, 1s);
  advance(wheel, 3);
  wheel.set(entry, 10s); // later
  advance(wheel, 30);
  CHECK(entry.expirations == 0);
  wheel.set(entry, 500ms); // sooner
  advance(wheel, 2);
  CHECK(entry.expirations == 0);
  advance(wheel, 1);
  CHECK(entry.expirations == 1);
}

TEST_CASE("a cleared deadline does not expire and can be set again") {
  DeadlineWheel wheel;
  Entry entry;
  wheel.set(entry, 1s);
  wheel.clear(entry);
  advance(wheel, 100);
  CHECK(entry.expirations == 0);
  wheel.set(entry, 1s);
  wheel.clear(entry);
  wheel.set(entry, 500ms);
  advance(wheel, 3);
  CHECK(entry.expirations == 1);
}

TEST_CASE("removing leaves nothing behind, also when it was never set") {
  DeadlineWheel wheel;
  Entry never_set;
  wheel.remove(never_set);
  {
    Entry gone;
    wheel.set(gone, 1s);
    wheel.remove(gone);
  }
  CHECK(wheel.empty());
  advance(wheel, 100);
}

TEST_CASE("an entry may set its own next deadline when it expires") {
  DeadlineWheel wheel;
  Entry entry;
  entry.then = [&] { wheel.set(entry, 250ms); };
  wheel.set(entry, 250ms);
  advance(wheel, 20);
  CHECK(entry.expirations == 10);
  wheel.remove(entry);
  CHECK(wheel.empty());
}

TEST_CASE("an entry may destroy others of its tick when it expires") {
  DeadlineWheel wheel;
  std::vector<std::unique_ptr<Entry>> entries;
  unsigned total = 0;
  for (int i = 0; i < 10; ++i) {
    entries.push_back(std::make_unique<Entry>());
    wheel.set(*entries.back(), 1s);
    entries.back()->then = [&, self = entries.back().get()] {
      ++total;
      // All of the others, in the slot's own order or against it: the first to expire is the only one.
      for (auto& other : entries) {
        if (!other || other.get() == self) continue;
        wheel.remove(*other);
        other.reset();
      }
    };
  }
  advance(wheel, 10);
  CHECK(total == 1);
  CHECK(wheel.empty());
}

TEST_CASE("many deadlines, set and cleared at random, expire exactly when they should") {
  std::mt19937 random(20240607);
  DeadlineWheel wheel;
  constexpr std::uint64_t none = UINT64_MAX;
  struct Model {
    Entry entry;
    std::uint64_t due = none;
    unsigned expected = 0;
  };
  std::vector<Model> models(200);
  std::uint64_t now = 0;
  for (int round = 0; round < 2000; ++round) {
    for (int change = 0; change < 20; ++change) {
      Model& model = models[random() % models.size()];
      const auto what = random() % 10;
      if (what < 7) {
        const std::chrono::milliseconds after(random() % 40'000);
        wheel.set(model.entry, after);
        model.due = now + ticks_for(after);
      } else {
        if (what < 9)
          wheel.clear(model.entry);
        else
          wheel.remove(model.entry);
        model.due = none;
      }
    }
    wheel.tick();
    ++now;
    for (Model& model : models) {
      if (model.due == now) {
        ++model.expected;
        model.due = none;
      }
      if (model.entry.expirations != model.expected) {
        FAIL("tick " << now << ": " << model.entry.expirations << " expirations instead of " << model.expected);
      }
    }
  }
  unsigned total = 0;
  for (Model& model : models) {
    total += model.expected;
    wheel.remove(model.entry);
  }
  CHECK(total > 100);
  CHECK(wheel.empty());
}
