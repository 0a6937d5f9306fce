#include "hub/loop_watch.hpp"

namespace robohub::hub {

namespace {

constexpr Duration kEvery = std::chrono::milliseconds(100);
constexpr std::int64_t kPeriodNs = 10'000'000'000;

std::int64_t nowNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(MonoTime::clock::now().time_since_epoch()).count();
}

}  // namespace

LoopWatch::LoopWatch(net::LoopPool& loops) : loops_(loops), beats_(std::make_unique<Beat[]>(loops.size())) {}

void LoopWatch::begin() {
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    beats_[i].last_ns = nowNs();
    beats_[i].period_ns = nowNs();
    loops_.at(i).post([this, i] {
      beats_[i].due_ns = nowNs();
      tick(i);
    });
  }
}

void LoopWatch::tick(std::size_t index) {
  Beat& beat = beats_[index];
  const std::int64_t now = nowNs();
  if (now - beat.period_ns > kPeriodNs) {
    beat.period_ns = now;
    beat.worst_before_ns = beat.worst_now_ns.load(std::memory_order_relaxed);
    beat.worst_now_ns = 0;
  }
  if (now - beat.due_ns > beat.worst_now_ns.load(std::memory_order_relaxed)) beat.worst_now_ns = now - beat.due_ns;
  beat.last_ns = now;
  beat.due_ns = now + kEvery.count();
  loops_.at(index).after(kEvery, [this, index] { tick(index); });
}

std::vector<LoopWatch::Figures> LoopWatch::figures() const {
  std::vector<Figures> all;
  const std::int64_t now = nowNs();
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    const Beat& beat = beats_[i];
    const std::int64_t silent = std::max<std::int64_t>(0, now - beat.last_ns);
    // A loop that hangs now has a lag that nobody could measure yet.
    const std::int64_t lag = std::max({beat.worst_now_ns.load(), beat.worst_before_ns.load(), silent - kEvery.count()});
    all.push_back({Duration(lag), Duration(silent)});
  }
  return all;
}

bool LoopWatch::alive(Duration limit) const {
  const std::int64_t now = nowNs();
  for (std::size_t i = 0; i < loops_.size(); ++i)
    if (now - beats_[i].last_ns > limit.count()) return false;
  return true;
}

}  // namespace robohub::hub
