#include "identity/refusals.hpp"

#include <catch2/catch.hpp>

using namespace robohub;
using namespace robohub::identity;
using namespace std::chrono_literals;

TEST_CASE("Wrong sign-ins get one line a second by account and by address, which says how many it stands for") {
  Refusals refusals;
  MonoTime now{1h};
  auto first = refusals.note("ada", "192.0.2.1", now);
  REQUIRE(first);
  CHECK(first->left_out == 0);
  for (int i = 0; i < 500; ++i) CHECK_FALSE(refusals.note("ada", "192.0.2." + std::to_string(i), now + 10ms));
  for (int i = 0; i < 500; ++i) CHECK_FALSE(refusals.note("user" + std::to_string(i), "192.0.2.1", now + 100ms));
  auto other = refusals.note("bob", "198.51.100.1", now + 200ms);
  REQUIRE(other);
  CHECK(other->left_out == 1000);
  auto later = refusals.note("ada", "192.0.2.1", now + 1s);
  REQUIRE(later);
  CHECK(later->username == "ada");
  CHECK(later->left_out == 0);
}

TEST_CASE("A flood from everywhere at once stays at twenty lines a second, and nothing is left uncounted") {
  Refusals refusals;
  MonoTime now{1h};
  std::uint64_t lines = 0, counted = 0;
  for (int i = 0; i < 100'000; ++i) {
    now += 100us;
    if (auto line = refusals.note("user" + std::to_string(i), "10.0.0." + std::to_string(i), now)) {
      ++lines;
      counted += line->left_out + 1;
    }
  }
  CHECK(lines <= 201);
  CHECK_FALSE(refusals.rest(now));
  const auto rest = refusals.rest(now + 2s);
  REQUIRE(rest);
  CHECK(counted + rest->left_out == 100'000);
  CHECK_FALSE(refusals.rest(now + 4s));
}
