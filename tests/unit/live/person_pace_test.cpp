// How often one person may do what keeps others busy, and what is remembered of it.
#include "live/person_pace.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace robohub;
using namespace robohub::live;
using namespace std::chrono_literals;

namespace {

const PersonId kAda = *PersonId::parse("g-ada");

}  // namespace

TEST_CASE("a person does it some times at once and once a second then, whatever others do") {
  PersonPace pace;
  MonoTime now{1h};
  int taken = 0;
  for (int i = 0; i < 100; ++i) taken += pace.take(kAda, now);
  CHECK(taken == PersonPace::kAtOnce);
  CHECK(pace.take(*PersonId::parse("g-bob"), now));
  now += 1s;
  CHECK(pace.take(kAda, now));
  CHECK_FALSE(pace.take(kAda, now));
}

TEST_CASE("of those who have not come for a while nothing is remembered, and of a crowd not too much") {
  PersonPace pace;
  MonoTime now{1h};
  for (std::size_t i = 0; i < 3 * PersonPace::kMostPeople; ++i) {
    (void)pace.take(*PersonId::parse("g-" + std::to_string(i)), now);
    REQUIRE(pace.size() <= PersonPace::kMostPeople);
  }
  now += 1min;
  CHECK(pace.take(kAda, now));
  CHECK(pace.size() == 1);
}
