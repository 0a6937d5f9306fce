#include "base/footprint.hpp"

#include <catch2/catch.hpp>

using namespace robohub;

TEST_CASE("a footprint names each line of memory once, and no more lines than can be fetched at once") {
  alignas(64) char memory[64 * 400];
  Footprint what;
  what.add(memory, 0);
  CHECK(what.size() == 0);
  what.add(memory + 60, 4);
  CHECK(what.size() == 1);
  what.add(memory + 60, 5);
  CHECK(what.size() == 2);
  what.add(memory, 128);
  CHECK(what.size() == 2);
  what.add(memory, sizeof memory);
  CHECK(what.size() == Footprint::kMostLines);
  what.fetch();
  what.clear();
  CHECK(what.size() == 0);
}

TEST_CASE("what is fetched ahead is asked for again ever more seldom, and may be gone meanwhile") {
  FetchAhead ahead;
  int asked = 0;
  MonoTime now{};
  for (int i = 0; i < 1000; ++i, now += std::chrono::milliseconds(100))
    ahead.fetch(now, [&](Footprint& what) {
      ++asked;
      const auto gone = std::make_unique<char[]>(100'000);
      what.add(gone.get(), 100'000);
    });
  // After 0.25, 0.5 .. 16 s, then every 16 s.
  CHECK(asked >= 10);
  CHECK(asked <= 13);
}
