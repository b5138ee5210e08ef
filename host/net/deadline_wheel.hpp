// Coarse timeouts for very many connections: setting one is a store, not a timer operation.
// Knows nothing of sockets. Used by one thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <vector>

namespace crank {

// Base of whatever can expire. Expiry comes up to one tick late and never early.
class Expiring {
public:
  Expiring() = default;
  Expiring(const Expiring&) = delete;
  Expiring& operator=(const Expiring&) = delete;

protected:
  virtual ~Expiring() = default; // the owner removes it from the wheel first

private:
  friend class DeadlineWheel;
  virtual void expired() = 0; // may set a new deadline, or remove and destroy any entry of the wheel

  static constexpr std::uint64_t never = UINT64_MAX;
  std::uint64_t deadline_ = never; // tick
  std::size_t slot_ = SIZE_MAX;    // where it is filed
  std::size_t index_ = 0;          // position in the slot
};

class DeadlineWheel {
public:
  static constexpr std::chrono::milliseconds tick_length{250};
  static constexpr std::size_t slots = 64;

  void set(Expiring& entry, std::chrono::milliseconds after) {
    const auto ticks = static_cast<std::uint64_t>((after + tick_length - std::chrono::milliseconds(1)) / tick_length);
    entry.deadline_ = now_ + ticks + 1; // the current tick is already under way
    // An entry that is filed stays in its slot until that comes round; only then is it looked at again. A deadline that
    // moves closer than its slot has to be filed anew.
    if (entry.slot_ == SIZE_MAX) {
      file(entry, entry.deadline_);
    } else if (entry.deadline_ < due_of(entry.slot_)) {
      unfile(entry);
      file(entry, entry.deadline_);
    }
  }

  // No deadline until the next set().
  void clear(Expiring& entry) { entry.deadline_ = Expiring::never; }

  void remove(Expiring& entry) {
    entry.deadline_ = Expiring::never;
    unfile(entry);
  }

  bool empty() const { return filed_ == 0; }

  // Advances by one tick and expires what is due.
  void tick() {
    ++now_;
    const std::size_t slot = now_ % slots;
    // Entries are taken one at a time, because expired() may remove others.
    std::size_t left = lists_[slot].size();
    while (left-- > 0 && !lists_[slot].empty()) {
      Expiring& entry = *lists_[slot].back();
      unfile(entry);
      if (entry.deadline_ == Expiring::never) continue;
      if (entry.deadline_ > now_) {
        file(entry, entry.deadline_);
        continue;
      }
      entry.deadline_ = Expiring::never;
      entry.expired();
    }
  }

private:
  std::uint64_t due_of(std::size_t slot) const {
    const std::uint64_t ahead = (slot + slots - now_ % slots) % slots;
    return now_ + (ahead == 0 ? slots : ahead);
  }

  void file(Expiring& entry, std::uint64_t due) {
    const std::uint64_t at = due > now_ + slots - 1 ? now_ + slots - 1 : due;
    entry.slot_ = at % slots;
    entry.index_ = lists_[entry.slot_].size();
    lists_[entry.slot_].push_back(&entry);
    ++filed_;
  }

  void unfile(Expiring& entry) {
    if (entry.slot_ == SIZE_MAX) return;
    auto& list = lists_[entry.slot_];
    list[entry.index_] = list.back();
    list[entry.index_]->index_ = entry.index_;
    list.pop_back();
    entry.slot_ = SIZE_MAX;
    --filed_;
  }

  std::uint64_t now_ = 0;
  std::size_t filed_ = 0;
  std::array<std::vector<Expiring*>, slots> lists_;
};

} // namespace crank
