// What the fence says of a command between its begin and its result.
#include "unit/link/fence_rig.hpp"

using namespace robohub;
using namespace robohub::link;

TEST_CASE("a command that still runs at the next beat is acknowledged once, behind the beat") {
  FenceRig rig;
  const Command command = rig.connect().advance(60).aim(0);
  CHECK_FALSE(rig.hub(command).sent<Ack>());
  const auto run = rig.effect<RunCommand>()->run;
  CHECK_FALSE(rig.advance(39).sent<Ack>());
  REQUIRE(rig.advance(1).effects.size() == 2);
  CHECK(std::holds_alternative<AgentBeat>(std::get<SendToHub>(rig.effects[0]).message));
  CHECK(std::get<Ack>(std::get<SendToHub>(rig.effects[1]).message).id == command.id);
  REQUIRE(rig.advance(100).sent<AgentBeat>());
  CHECK_FALSE(rig.sent<Ack>());
  CHECK(rig.done(run).sent<CommandResult>()->id == command.id);
}

TEST_CASE("a command that is over by the next beat, refused or of a lost link is never acknowledged") {
  FenceRig rig;
  rig.connect();
  SECTION("over") {
    rig.hub(rig.aim(0));
    rig.done(rig.effect<RunCommand>()->run);
    REQUIRE(rig.sent<CommandResult>());
  }
  SECTION("refused") {
    rig.hub(rig.aim(1));
    REQUIRE(rig.sent<CommandResult>());
  }
  SECTION("of a lost link") {
    rig.hub(rig.aim(0)).lose().halted().connect();
  }
  CHECK_FALSE(rig.sent<Ack>());
  REQUIRE(rig.advance(100).sent<AgentBeat>());
  CHECK_FALSE(rig.sent<Ack>());
}
