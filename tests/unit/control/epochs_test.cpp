// How high the numbers of turns may go, and what happens at their end.
#include "unit/control/control_rig.hpp"

using namespace robohub;
using namespace robohub::control;

TEST_CASE("an agent that says it has seen a very high turn leaves numbers that every page can hold") {
  ControlRig rig;
  for (int i = 0; i < 3; ++i) {
    rig.online((Epoch(1) << 62) - 1000).agentBeat().enter("ada");
    CHECK(rig.epoch() > EpochSource::kBelieved);
    CHECK(rig.epoch() <= EpochSource::kBelieved + 3 * EpochSource::kBlock);
    rig.leave("ada").close("ada").lose();
  }
}

TEST_CASE("numbers that are used up are told once, and nobody has a turn") {
  ControlRig rig({}, Restored{EpochSource::kHighest - 10, {}});
  rig.ready().enter("ada");
  CHECK(rig.holder().empty());
  CHECK_FALSE(rig.effect<ReserveEpochs>());
  const auto* said = rig.effect<LogEvent>();
  REQUIRE(said);
  CHECK(said->level == link::EventLevel::error);
  CHECK(said->text.find("used up") != std::string::npos);
  rig.leave("ada").join("ada");
  CHECK_FALSE(rig.effect<LogEvent>());
}
