// A holder who speaks at the fence itself, as a browser of an older robot does in the hub.
#include "unit/link/fence_rig.hpp"

using namespace robohub;
using namespace robohub::link;

namespace {

FenceRig& spoke(FenceRig& rig, Epoch epoch) {
  return rig.call([&] { rig.fence.onHolderSpoke(epoch, rig.now, rig.effects); });
}

}  // namespace

TEST_CASE("whoever holds the turn and speaks is permitted for a dead-man from then, as by a fresh stamp") {
  FenceRig rig;
  rig.connect().grant(1);
  spoke(rig, 1);
  REQUIRE(rig.effect<GivePermit>());
  CHECK(rig.effect<GivePermit>()->until == rig.now + milliseconds(500));
  rig.advance(499);
  CHECK_FALSE(rig.effect<HaltDriver>());
  rig.advance(1);
  REQUIRE(rig.effect<HaltDriver>());
  CHECK(rig.effect<HaltDriver>()->reason == HaltReason::deadman);
  const std::uint64_t halt = rig.newest_halt();
  spoke(rig, 1);  // the halt is not confirmed yet
  CHECK_FALSE(rig.effect<GivePermit>());
  rig.haltedBy(halt);
  CHECK(spoke(rig, 1).effect<GivePermit>());
}

TEST_CASE("whoever speaks without holding the turn, or while the device is stopped, is permitted nothing") {
  FenceRig rig;
  rig.connect();
  CHECK_FALSE(spoke(rig, 0).effect<GivePermit>());
  CHECK_FALSE(spoke(rig, 1).effect<GivePermit>());
  rig.grant(2);
  CHECK_FALSE(spoke(rig, 1).effect<GivePermit>());
  CHECK_FALSE(spoke(rig, 3).effect<GivePermit>());
  rig.hub(Stop{"s-1", "ada", ""}).halted();
  CHECK_FALSE(spoke(rig, 2).effect<GivePermit>());
  rig.hub(Reset{"s-1"});
  CHECK(spoke(rig, 2).effect<GivePermit>());
  rig.hub(End{2}).halted();
  CHECK_FALSE(spoke(rig, 2).effect<GivePermit>());
  rig.grant(3).lose().halted();
  CHECK_FALSE(spoke(rig, 3).effect<GivePermit>());
}

TEST_CASE("no lease is outlived by speaking") {
  FenceRig rig;
  rig.connect().grant(1, 300);
  CHECK(spoke(rig, 1).effect<GivePermit>()->until == rig.now + milliseconds(300));
}

TEST_CASE("stamps are made seldom while the holder speaks, soon after it is silent, and at once for another") {
  FenceSettings settings = FenceRig::settings();
  settings.beat_grid = milliseconds(20);
  FenceRig rig(settings);
  rig.connect().grant(1);
  const auto beatsIn = [&rig](int ms, Epoch speaker) {
    int beats = 0;
    for (int i = 0; i < ms; i += 10) {
      if (speaker != 0) beats += spoke(rig, speaker).sent<AgentBeat>() != nullptr;
      beats += rig.advance(10).sent<AgentBeat>() != nullptr;
      if (rig.effect<HaltDriver>()) rig.halted();
    }
    return beats;
  };
  CHECK(beatsIn(3000, 0) == 30);
  const int seldom = beatsIn(3000, 1);
  CHECK(seldom >= 10);
  CHECK(seldom <= 12);
  (void)beatsIn(600, 0);
  CHECK(beatsIn(3000, 0) == 30);
  (void)beatsIn(1000, 1);
  // The next holder's page needs a stamp that counts.
  rig.grant(2);
  CHECK(rig.advance(0).sent<AgentBeat>());
  CHECK(beatsIn(1000, 0) == 10);
}
