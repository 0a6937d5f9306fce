#include "identity/tickets.hpp"

#include <catch2/catch.hpp>

using namespace robohub;
using namespace robohub::identity;
using namespace std::chrono_literals;

namespace {
Session sessionOf(const std::string& id) {
  return {id, Person{*PersonId::parse(id), "Ada", PersonKind::guest, Role::guest}, WallTime{}};
}
}  // namespace

TEST_CASE("A ticket is good once, and for ten seconds") {
  ManualClock clock;
  Tickets tickets(clock);
  const std::string first = tickets.issue(sessionOf("g-1")).value(), second = tickets.issue(sessionOf("g-1")).value();
  CHECK(first != second);
  CHECK(first.size() == 43);
  CHECK_FALSE(tickets.redeem("nothing"));
  CHECK_FALSE(tickets.redeem(std::string(43, 'A')));
  CHECK(tickets.redeem(first)->handle == "g-1");
  CHECK_FALSE(tickets.redeem(first));
  clock.advance(10s);
  CHECK_FALSE(tickets.redeem(second));
  const std::string third = tickets.issue(sessionOf("g-1")).value();
  clock.advance(9999ms);
  CHECK(tickets.redeem(third));
  CHECK(tickets.size() == 0);
}

TEST_CASE("A person has at most 64 tickets out, and what lapsed makes room") {
  ManualClock clock;
  Tickets tickets(clock);
  std::vector<std::string> out;
  for (int i = 0; i < 64; ++i) out.push_back(tickets.issue(sessionOf("g-1")).value());
  CHECK(tickets.issue(sessionOf("g-1")).error().code == ErrorCode::exhausted);
  CHECK(tickets.issue(sessionOf("g-2")));
  CHECK(tickets.redeem(out[5]));
  CHECK(tickets.issue(sessionOf("g-1")));
  clock.advance(10s);
  for (int i = 0; i < 64; ++i) REQUIRE(tickets.issue(sessionOf("g-1")));
  CHECK(tickets.size() == 64);
}

TEST_CASE("A flood of guests asking for tickets stays bounded") {
  ManualClock clock;
  Tickets tickets(clock);
  int refused = 0;
  for (int i = 0; i < 25'000; ++i) refused += !tickets.issue(sessionOf("g-" + std::to_string(i)));
  CHECK(refused == 5'000);
  CHECK(tickets.size() == Tickets::kAll);
  clock.advance(10s);
  CHECK(tickets.issue(sessionOf("g-1")));
  CHECK(tickets.size() == 1);
}
