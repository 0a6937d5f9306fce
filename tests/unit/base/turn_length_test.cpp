#include "base/turn_length.hpp"

#include <catch2/catch.hpp>

using namespace robohub;
using std::chrono::milliseconds;

namespace {
constexpr MonoTime kStart{std::chrono::hours(1)};
}

TEST_CASE("a loop has short turns from its beginning, and asks once") {
  TurnChoice turns;
  CHECK(turns.next(false, kStart) == TurnLength::brief);
  CHECK(turns.next(false, kStart) == std::nullopt);
  CHECK(turns.next(false, kStart + std::chrono::hours(1)) == std::nullopt);
}

TEST_CASE("a loop that serves a crowd has ordinary turns until a second behind the last of it") {
  TurnChoice turns;
  (void)turns.next(false, kStart);
  CHECK(turns.next(true, kStart) == TurnLength::ordinary);
  CHECK(turns.next(false, kStart + milliseconds(999)) == std::nullopt);
  CHECK(turns.next(true, kStart + milliseconds(999)) == std::nullopt);
  CHECK(turns.next(false, kStart + milliseconds(1998)) == std::nullopt);
  CHECK(turns.next(false, kStart + milliseconds(1999)) == TurnLength::brief);
  CHECK(turns.next(false, kStart + milliseconds(2000)) == std::nullopt);
  CHECK(turns.next(true, kStart + milliseconds(2001)) == TurnLength::ordinary);
}
