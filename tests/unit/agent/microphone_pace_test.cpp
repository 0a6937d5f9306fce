#include "agent/microphone_pace.hpp"

#include <catch2/catch.hpp>

using namespace robohub;
using namespace std::chrono_literals;
using agent::MicrophonePace;

namespace {

constexpr Duration kChunk = 40ms;

// The most that waited in a sound card's buffer in six hours, by a clock that is ahead of ours by so much.
Duration mostWaiting(double ahead) {
  const MonoTime begin{1h};
  MonoTime now = begin;
  MicrophonePace pace(kChunk, now);
  std::int64_t taken = 0;
  Duration most{};
  const auto heard = [&] {
    const double since = static_cast<double>((now - begin).count()) * (1 + ahead);
    return Duration(static_cast<Duration::rep>(since)) - taken * kChunk;
  };
  while (now < begin + 6h) {
    while (heard() < kChunk) now += 1ms;
    most = std::max(most, heard());
    ++taken;
    now += pace.taken(now);
  }
  return most;
}

}  // namespace

TEST_CASE("a sound card whose clock is ahead of ours never waits to be heard") {
  for (const double ahead : {0.0, 50e-6, 200e-6, 1e-3, -1e-3}) {
    INFO(ahead);
    CHECK(mostWaiting(ahead) < 2 * kChunk);
  }
}

TEST_CASE("what gives more than its rate is held near it, and what was held up may catch up") {
  const MonoTime begin{1h};
  MonoTime now = begin;
  MicrophonePace pace(kChunk, now);
  for (int i = 0; i < 10'000; ++i) now += pace.taken(now);
  CHECK(now - begin > 10'000 * kChunk * 98 / 100);
  CHECK(now - begin <= 10'000 * kChunk);
  now += 10s;
  int at_once = 0;
  while (pace.taken(now) == Duration::zero()) ++at_once;
  CHECK(at_once >= 5);
  CHECK(at_once <= 12);
}
