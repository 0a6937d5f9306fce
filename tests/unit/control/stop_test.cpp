#include "unit/control/control_rig.hpp"

using namespace robohub;
using namespace robohub::control;

namespace {

StopState state(const ControlRig& rig) {
  return rig.control.stop().state;
}

}  // namespace

TEST_CASE("a stop is sent at once, latched, and confirmed only by the device") {
  ControlRig rig;
  rig.ready().stop("Ada");
  REQUIRE(rig.sent<link::Stop>());
  CHECK(rig.sent<link::Stop>()->id == "s-1");
  CHECK(std::holds_alternative<SendToAgent>(rig.effects.front()));
  CHECK(rig.effect<PersistStop>()->record.latched);
  CHECK(state(rig) == StopState::sent);
  rig.agent(link::Stopped{"s-1", true, ""});
  CHECK(rig.effect<StopChanged>());
  CHECK(state(rig) == StopState::confirmed);
  CHECK(rig.control.stop().by == "Ada");
}

TEST_CASE("a stop that the device does not answer or could not carry out is unconfirmed") {
  ControlRig rig;
  rig.ready().stop("Ada").advance(seconds(1));
  CHECK(state(rig) == StopState::unconfirmed);
  rig.agent(link::Stopped{"s-1", false, "The driver hangs."});
  CHECK(state(rig) == StopState::unconfirmed);
  CHECK(rig.control.stop().message == "The driver hangs.");
  rig.agent(link::Stopped{"s-1", true, ""});
  CHECK(state(rig) == StopState::confirmed);
}

TEST_CASE("a device that says the same of its stop again and again is told of once, and at no great length") {
  ControlRig rig;
  const link::Stopped failed{"s-1", false, std::string(5000, 'x')};
  rig.ready().stop("Ada").agent(failed);
  CHECK(rig.effect<StopChanged>());
  CHECK(rig.control.stop().message.size() == 1024);
  rig.agent(failed);
  CHECK_FALSE(rig.effect<StopChanged>());
  CHECK_FALSE(rig.effect<LogEvent>());
}

TEST_CASE("an answer to an earlier stop confirms nothing") {
  ControlRig rig;
  rig.ready().stop("Ada").agent(link::Stopped{"s-1", true, ""}).reset("root", true).stop("Bob");
  CHECK(rig.sent<link::Stop>()->id == "s-2");
  rig.agent(link::ResetDone{"s-1", true, ""});
  CHECK(state(rig) == StopState::sent);
  rig.agent(link::Stopped{"s-1", true, ""});
  CHECK(state(rig) == StopState::sent);
  rig.agent(link::Stopped{"s-2", true, ""});
  CHECK(state(rig) == StopState::confirmed);
}

TEST_CASE("pressing again adds nothing, but sends again what is unconfirmed") {
  ControlRig rig;
  rig.ready().stop("Ada").stop("Bob");
  CHECK_FALSE(rig.sent<link::Stop>());
  rig.advance(seconds(1)).stop("Bob");
  CHECK(rig.sent<link::Stop>()->id == "s-1");
  CHECK(state(rig) == StopState::sent);
  CHECK(rig.control.stop().by == "Ada");
}

TEST_CASE("an offline device is stopped as soon as it is back, before anything else") {
  ControlRig rig;
  rig.stop("Ada");
  CHECK_FALSE(rig.sent<link::Stop>());
  CHECK(state(rig) == StopState::unconfirmed);
  rig.online();
  REQUIRE(rig.sent<link::Stop>());
  CHECK(std::holds_alternative<SendToAgent>(rig.effects.front()));
  CHECK(state(rig) == StopState::sent);
}

TEST_CASE("a confirmed stop is unconfirmed again once the link is lost, and is sent on every link") {
  ControlRig rig;
  rig.ready().stop("Ada").agent(link::Stopped{"s-1", true, ""}).lose();
  CHECK(state(rig) == StopState::unconfirmed);
  CHECK(rig.online().sent<link::Stop>());
}

TEST_CASE("a stop outlives the hub") {
  ControlRig first;
  first.ready().stop("Ada");
  ControlRig second({}, Restored{64, first.control.stopRecord()});
  CHECK(state(second) == StopState::unconfirmed);
  CHECK(second.online().sent<link::Stop>()->id == "s-1");
  second.agent(link::Stopped{"s-1", true, ""}).reset("root", true).agent(link::ResetDone{"s-1", true, ""});
  CHECK(state(second) == StopState::none);
  CHECK(second.stop("Ada").sent<link::Stop>()->id == "s-2");
}

TEST_CASE("a stop that only the agent knows of is taken over") {
  ControlRig rig;
  rig.online(0, link::StopFacts{"s-9", "Ada", "smoke"});
  CHECK(rig.sent<link::Stop>()->id == "s-9");
  CHECK(rig.effect<PersistStop>()->record.number == 9);
  CHECK(state(rig) == StopState::sent);
  CHECK(rig.control.stop().by == "Ada");
}

TEST_CASE("only an administrator ends a stop of a hazardous type") {
  ControlRig rig;
  rig.ready().enter("ada").stop("Bob").reset("ada", false);
  CHECK(rig.reset_result.error().code == ErrorCode::permission_denied);
  rig.reset("root", true);
  CHECK(rig.reset_result);
  CHECK(rig.control.stop().resetting);
  CHECK(rig.sent<link::Reset>()->id == "s-1");
  CHECK(state(rig) == StopState::sent);
  rig.agent(link::ResetDone{"s-1", true, ""});
  CHECK(state(rig) == StopState::none);
  CHECK_FALSE(rig.effect<PersistStop>()->record.latched);
}

TEST_CASE("where nothing is hazardous the holder may end a stop, others not") {
  ControlSettings settings;
  settings.holder_may_reset = true;
  ControlRig rig(settings);
  rig.ready().enter("ada").enter("bob").stop("Bob").reset("bob", false);
  CHECK(rig.reset_result.error().code == ErrorCode::permission_denied);
  rig.reset("ada", false);
  CHECK(rig.reset_result);
}

TEST_CASE("where nobody can hold a turn whoever may play ends a stop, and commands are taken again") {
  ControlSettings settings;
  settings.holder_may_reset = settings.players_may_reset = true;
  ControlRig rig(settings);
  CommandRequest disarm;
  disarm.name = "disarm";
  disarm.needs_turn = false;
  rig.ready().stop("Eve").agent(link::Stopped{"s-1", true, ""}).send("bob", disarm);
  REQUIRE(rig.record.error);
  CHECK(rig.record.error->code == ErrorCode::stopped);
  rig.reset("bob", false);
  REQUIRE(rig.reset_result);
  CHECK(rig.sent<link::Reset>()->id == "s-1");
  // Until the device has ended it, it is stopped.
  CHECK(rig.send("bob", disarm).record.state == CommandState::refused);
  rig.agent(link::ResetDone{"s-1", true, ""}).agentBeat().send("bob", disarm);
  CHECK(rig.record.state != CommandState::refused);
  CHECK(rig.sent<link::Command>()->name == "disarm");
}

TEST_CASE("a holder who stops and resets in a circle is kept from resetting, nobody from stopping") {
  ControlSettings settings;
  settings.holder_may_reset = true;
  ControlRig rig(settings);
  rig.ready().enter("ada");
  int latched = 0, ended = 0, kept = 0;
  for (int i = 0; i < 700; ++i) {
    rig.stop("ada");
    REQUIRE(rig.control.stop().state != StopState::none);
    if (rig.effect<PersistStop>()) ++latched;
    rig.reset("ada", false);
    if (rig.reset_result) {
      ++ended;
      rig.agent(link::ResetDone{rig.control.stop().id, true, ""});
    } else {
      CHECK(rig.reset_result.error().code == ErrorCode::exhausted);
      ++kept;
    }
  }
  CHECK(ended == 10);
  CHECK(latched == 11);
  CHECK(kept == 690);
  // An administrator ends it at any time, and a later stop is sent as ever.
  rig.reset("root", true);
  REQUIRE(rig.reset_result);
  rig.agent(link::ResetDone{rig.control.stop().id, true, ""});
  CHECK(rig.stop("ada").sent<link::Stop>());
  rig.reset("ada", false);
  CHECK_FALSE(rig.reset_result);
  rig.advance(seconds(2)).reset("ada", false);
  CHECK(rig.reset_result);
}

TEST_CASE("a reset needs a stop and a device that is there") {
  ControlRig rig;
  rig.ready().reset("root", true);
  CHECK(rig.reset_result.error().code == ErrorCode::conflict);
  rig.stop("Ada").lose().reset("root", true);
  CHECK(rig.reset_result.error().code == ErrorCode::unavailable);
}

TEST_CASE("a reset that the device refuses leaves the stop") {
  ControlRig rig;
  rig.ready().stop("Ada").reset("root", true).agent(link::ResetDone{"s-1", false, "The driver hangs."});
  CHECK(state(rig) != StopState::none);
  CHECK_FALSE(rig.control.stop().resetting);
  rig.agent(link::ResetDone{"s-1", true, ""});  // nobody asked
  CHECK(state(rig) != StopState::none);
}

TEST_CASE("while stopped the turn goes on but nothing is fed, and a reset brings a new lease") {
  ControlRig rig;
  rig.ready().enter("ada").stop("Bob");
  CHECK(rig.holder() == "ada");
  rig.now += milliseconds(100);
  rig.agentBeat();
  CHECK_FALSE(rig.beat("ada", 1).sent<link::HubBeat>());
  rig.advance(seconds(7));
  CHECK_FALSE(rig.sent<link::Grant>());
  rig.reset("root", true).agent(link::ResetDone{"s-1", true, ""});
  CHECK(rig.sent<link::Grant>()->epoch == 1);
  CHECK(rig.beat("ada", 1).sent<link::HubBeat>());
}

TEST_CASE("turns of a hazardous type wait for the reset, those of a harmless one go on") {
  for (const bool harmless : {false, true}) {
    ControlSettings settings;
    settings.holder_may_reset = harmless;
    ControlRig rig(settings);
    rig.ready().enter("ada").enter("bob").stop("Eve").leave("ada");
    CHECK(rig.holder() == (harmless ? "bob" : ""));
    rig.reset("root", true).agent(link::ResetDone{"s-1", true, ""});
    CHECK(rig.holder() == "bob");
  }
}
