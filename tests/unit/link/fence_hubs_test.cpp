// What a fence owes a hub that knows less than itself: one that was restarted, or that was put back to an older state.
#include "unit/link/fence_rig.hpp"

using namespace robohub;
using namespace robohub::link;

TEST_CASE("the next hello tells of the newest turn that the agent still refuses") {
  // A hub that has forgotten how far it had counted must begin above all of it, or nothing it grants would work.
  FenceRig rig;
  rig.connect(64).lose().halted().connect();
  CHECK(rig.sent<Hello>()->epoch == 64);
  CHECK(rig.grant(65).fence.epoch() == 65);
  rig.lose().halted().connect(64);
  CHECK(rig.sent<Hello>()->epoch == 65);
  rig.hub(End{70}).lose().connect();
  CHECK(rig.sent<Hello>()->epoch == 70);
}

TEST_CASE("a hub that was restarted may use an id again") {
  FenceRig rig;
  Command command = rig.connect().aim(0);
  rig.hub(command);
  const auto first = rig.effect<RunCommand>()->run;
  rig.lose().halted().connect();
  command.stamp = rig.stamp();
  rig.hub(command);
  REQUIRE(rig.effect<RunCommand>());
  CHECK(rig.effect<RunCommand>()->run != first);
  CHECK_FALSE(rig.done(first).sent<CommandResult>());  // the old run's late answer is nobody's
}

TEST_CASE("a command of another link is answered to nobody and takes its id from no later command") {
  FenceRig rig;
  Command old = rig.connect().drive(1).aim(1);
  rig.lose().halted().connect().drive(1);
  rig.hub(old);
  CHECK(rig.effects.empty());
  Command fresh = rig.aim(1);
  fresh.id = old.id;
  rig.hub(fresh);
  CHECK(rig.effect<RunCommand>());
  CHECK_FALSE(rig.hub(fresh).effect<RunCommand>());
}
