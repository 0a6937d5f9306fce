// True time of a history, its events in order, and its only source of chance: the same seed gives the same history.
#pragma once
#include <cstdint>
#include <functional>
#include <queue>
#include <string>
#include <vector>

namespace simulation {

using Time = std::int64_t;  // nanoseconds of true time; no process can read it
constexpr Time ms(double milliseconds) {
  return static_cast<Time>(milliseconds * 1e6);
}

class Chance {  // splitmix64 (Steele, Lea, Flood, 2014)
 public:
  explicit Chance(std::uint64_t seed) : state_(seed) {}
  std::uint64_t bits() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(bits() % n); }
  bool percent(int p) { return below(100) < static_cast<std::size_t>(p); }
  Time between(Time low, Time high) {
    return low + static_cast<Time>(bits() % static_cast<std::uint64_t>(high - low + 1));
  }

 private:
  std::uint64_t state_;
};

class Timeline {
 public:
  Time now() const { return now_; }
  void at(Time when, std::function<void()> what) {
    events_.push({when < now_ ? now_ : when, ++order_, std::move(what)});
  }
  // Runs the next event that is not after `end`; false when there is none.
  bool step(Time end) {
    if (events_.empty() || events_.top().when > end) return false;
    auto what = std::move(const_cast<Event&>(events_.top()).what);
    now_ = events_.top().when;
    events_.pop();
    what();
    return true;
  }

 private:
  struct Event {
    Time when;
    std::uint64_t order;
    std::function<void()> what;
    bool operator<(const Event& other) const { return when != other.when ? when > other.when : order > other.order; }
  };
  Time now_ = 0;
  std::uint64_t order_ = 0;
  std::priority_queue<Event> events_;
};

}  // namespace simulation
