// What one person, or one crowd, can do to a line in which others stand.
#include "unit/control/control_rig.hpp"

using namespace robohub;
using namespace robohub::control;

TEST_CASE("who joins again is told the place again, and nobody else is told anything") {
  ControlRig rig;
  rig.ready().enter("ada").enter("bob").enter("eve").join("bob");
  REQUIRE(rig.told("bob"));
  CHECK(rig.told("bob")->state == YouState::waiting);
  CHECK(rig.told("bob")->place == 1);
  CHECK_FALSE(rig.effect<TurnChanged>());
  CHECK_FALSE(rig.told("ada"));
  CHECK_FALSE(rig.told("eve"));
  rig.join("ada");
  REQUIRE(rig.told("ada"));
  CHECK(rig.told("ada")->state == YouState::active);
  CHECK_FALSE(rig.effect<TurnChanged>());
  CHECK_FALSE(rig.told("bob"));
}

TEST_CASE("a holder whose pages come and go is shown so, without a word to each of those who wait") {
  ControlRig rig;
  rig.ready().enter("ada").enter("bob").close("ada");
  CHECK(rig.effect<TurnChanged>());
  CHECK_FALSE(rig.told("bob"));
  rig.open("ada");
  CHECK(rig.effect<TurnChanged>());
  CHECK_FALSE(rig.told("bob"));
}

TEST_CASE("guests of one address may fill half of a line, and of the rest they leave places to others") {
  ControlSettings settings;
  settings.turns.max_waiting = 8;
  ControlRig rig(settings);
  const auto from = [&](const char* who, const char* address) {
    rig.open(who).call([&] {
      rig.joined = rig.control.join({pid(who), who, false, std::nullopt, address}, rig.now, rig.effects);
    });
    return rig.joined.has_value();
  };
  for (const char* pupil : {"g-1", "g-2", "g-3", "g-4"}) CHECK(from(pupil, "192.0.2.1"));
  CHECK_FALSE(from("g-5", "192.0.2.1"));
  CHECK(rig.joined.error().code == ErrorCode::exhausted);
  CHECK(from("g-1", "192.0.2.1"));
  CHECK(from("g-6", "192.0.2.2"));
  CHECK(from("g-7", "192.0.2.2"));
  CHECK_FALSE(from("g-8", "192.0.2.2"));
  // Accounts, programs, and all whose address says nothing.
  CHECK(from("u-1", ""));
  CHECK(from("u-2", ""));
  CHECK(rig.waiting().size() == 8);
  CHECK_FALSE(from("u-3", ""));
  rig.leave("g-1").leave("g-2").leave("g-3");
  CHECK(from("g-8", "192.0.2.3"));
  CHECK(from("g-5", "192.0.2.1"));
}
