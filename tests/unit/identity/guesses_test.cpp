#include "identity/guesses.hpp"

#include <catch2/catch.hpp>

using namespace robohub;
using namespace robohub::identity;
using namespace std::chrono_literals;

namespace {

// Of a crowd, each with a network of its own.
std::string member(int number) {
  return "2001:db8:" + std::to_string(number / 10'000) + ":" + std::to_string(number % 10'000) + "::1";
}

bool tries(Guesses& guesses, const Guesses::Guess& guess, MonoTime now) {
  return guesses.begin(guess, now).wait == Duration::zero();
}

}  // namespace

TEST_CASE("an address that guesses at one account waits, and another one does not") {
  Guesses guesses;
  const MonoTime now{1h};
  const Guesses::Guess stranger{"ada", "192.0.2.7"}, owner{"ada", "192.0.2.8"};
  for (int i = 0; i < 6; ++i) CHECK(tries(guesses, stranger, now));
  const auto held = guesses.begin(stranger, now);
  CHECK(held.wait == 1s);
  CHECK_FALSE(held.by_others);
  CHECK(tries(guesses, owner, now));
  guesses.right(owner);
  CHECK_FALSE(tries(guesses, stranger, now));
  CHECK(tries(guesses, {"bob", "192.0.2.7"}, now));
  guesses.right(stranger);
  CHECK(tries(guesses, stranger, now));
}

TEST_CASE("addresses of one IPv6 network count as one") {
  Guesses guesses;
  const MonoTime now{1h};
  for (int i = 0; i < 6; ++i) CHECK(tries(guesses, {"ada", "2001:db8::" + std::to_string(i + 1)}, now));
  CHECK_FALSE(tries(guesses, {"ada", "2001:db8::77"}, now));
  CHECK(tries(guesses, {"ada", "2001:db8:0:1::77"}, now));
}

TEST_CASE("an address that guesses at many accounts waits, but not one of this machine") {
  Guesses guesses;
  const MonoTime now{1h};
  for (const char* address : {"192.0.2.7", "127.0.0.1", "127.9.9.9", "::1", "unix"}) {
    INFO(address);
    for (int i = 0; i < 21; ++i) CHECK(tries(guesses, {"user" + std::to_string(i), address}, now));
    CHECK(tries(guesses, {"another", address}, now) == (std::string(address) != "192.0.2.7"));
  }
  for (int i = 0; i < 21; ++i) CHECK(tries(guesses, {"", "192.0.2.9"}, now));
  CHECK_FALSE(tries(guesses, {"", "192.0.2.9"}, now));
  CHECK(tries(guesses, {"", "192.0.2.10"}, now));
}

TEST_CASE("a crowd of addresses gets a bounded number of guesses out of an account in an hour") {
  Guesses guesses;
  MonoTime now{1h};
  int tried = 0, next = 0;
  for (const MonoTime end = now + 1h; now < end; now += 100ms)
    for (int i = 0; i < 3; ++i) tried += tries(guesses, {"ada", member(next++)}, now) ? 1 : 0;
  CHECK(tried <= 110 + 1800);
  // The same few networks over and over get far fewer.
  Guesses others;
  tried = 0;
  for (const MonoTime end = now + 1h; now < end; now += 100ms)
    for (int i = 0; i < 20; ++i) tried += tries(others, {"ada", member(i)}, now) ? 1 : 0;
  // One a minute, and two of each network that had a quarter of an hour of quiet.
  CHECK(tried <= 110 + 60 + 4 * 20 * 2);
}

TEST_CASE(
    "beside a crowd the owner comes in at once where he is signed in, and soon where he has not guessed wrongly") {
  Guesses guesses;
  MonoTime now{1h};
  for (int i = 0; i < 300; ++i) (void)guesses.begin({"ada", member(i)}, now);
  const auto held = guesses.begin({"ada", "192.0.2.8"}, now);
  CHECK(held.wait > 0s);
  CHECK(held.wait <= Guesses::kNewcomerWait);
  CHECK(held.by_others);
  CHECK(tries(guesses, {"ada", "192.0.2.8", true}, now));
  guesses.right({"ada", "192.0.2.8", true});
  CHECK(tries(guesses, {"ada", "192.0.2.9"}, now + Guesses::kNewcomerWait));
  CHECK(tries(guesses, {"bob", "192.0.2.10"}, now));
}

TEST_CASE("a guess that was not looked at after all does not count") {
  Guesses guesses;
  const MonoTime now{1h};
  for (int i = 0; i < 200; ++i) {
    REQUIRE(tries(guesses, {"ada", "192.0.2.7"}, now));
    guesses.takeBack({"ada", "192.0.2.7"});
    REQUIRE(guesses.beginOwn("handle", now) == 0s);
    guesses.takeBackOwn("handle");
  }
}

TEST_CASE("each session guesses for itself alone") {
  Guesses guesses;
  const MonoTime now{1h};
  for (int i = 0; i < 6; ++i) CHECK(guesses.beginOwn("one", now) == 0s);
  CHECK(guesses.beginOwn("one", now) == 1s);
  CHECK(guesses.beginOwn("two", now) == 0s);
  CHECK(tries(guesses, {"ada", "192.0.2.7"}, now));
  guesses.rightOwn("one");
  CHECK(guesses.beginOwn("one", now) == 0s);
}
