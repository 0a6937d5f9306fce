#include "unit/control/control_rig.hpp"

using namespace robohub;
using namespace robohub::control;

namespace {

link::CommandResult result(const std::string& id, link::FinalState state) {
  return {id, {state, ErrorCode::internal, "It broke.", "/x_px", "{\"n\":1}"}};
}
ErrorCode refusal(const ControlRig& rig) {
  REQUIRE(rig.record.state == CommandState::refused);
  REQUIRE_FALSE(rig.sent<link::Command>());
  return rig.record.error->code;
}

}  // namespace

TEST_CASE("a command of the holder is sent with epoch, sequence and the newest stamp") {
  ControlRig rig;
  rig.ready().enter("ada").aim("ada", 1, "k", "{\"x\":1}");
  REQUIRE(rig.sent<link::Command>());
  const auto& command = *rig.sent<link::Command>();
  CHECK(command.id == rig.record.id);
  CHECK(command.epoch == 1);
  CHECK(command.seq == 1);
  CHECK(command.stamp == link::Stamp{rig.nonce, toNs(rig.now)});
  CHECK(command.params_json == "{\"x\":1}");
  CHECK_FALSE(command.feeds);
  CHECK(rig.record.state == CommandState::sent);
  CHECK(rig.record.sent == rig.now);
  CHECK(rig.effect<CommandChanged>()->record.person == pid("ada"));
}

TEST_CASE("a command's states follow what the device says") {
  ControlRig rig;
  rig.ready().enter("ada").aim("ada", 1);
  const std::string id = rig.record.id;
  rig.now += milliseconds(3);
  rig.agent(link::Ack{id});
  CHECK(rig.effect<CommandChanged>()->record.state == CommandState::acknowledged);
  SECTION("succeeded") {
    rig.agent(result(id, link::FinalState::succeeded));
    const auto& record = rig.effect<CommandChanged>()->record;
    CHECK(record.state == CommandState::succeeded);
    CHECK(record.value_json == "{\"n\":1}");
    CHECK_FALSE(record.error);
    CHECK(*record.acknowledged - *record.sent == milliseconds(3));
  }
  SECTION("failed") {
    rig.agent(result(id, link::FinalState::failed));
    const auto& record = rig.effect<CommandChanged>()->record;
    CHECK(record.state == CommandState::failed);
    CHECK(record.error->where == "/x_px");
  }
  CHECK_FALSE(rig.agent(result(id, link::FinalState::succeeded)).effect<CommandChanged>());
}

TEST_CASE("commands are refused with the reason that holds") {
  ControlRig rig;
  rig.aim("ada", 1);
  CHECK(refusal(rig) == ErrorCode::unavailable);
  rig.ready().enter("ada").enter("bob").aim("bob", 1);
  CHECK(refusal(rig) == ErrorCode::conflict);
  CHECK(rig.record.error->message == "It is not your turn.");
  rig.aim("ada", 0);
  CHECK(refusal(rig) == ErrorCode::stale);
  rig.aim("ada", 2);
  CHECK(refusal(rig) == ErrorCode::stale);
  rig.leave("ada").aim("ada", 1);
  CHECK(refusal(rig) == ErrorCode::conflict);
  rig.stop("Eve").aim("bob", 2);
  CHECK(refusal(rig) == ErrorCode::stopped);
}

TEST_CASE("the first one's command after the time is up moves nothing, even before the timer fires") {
  ControlRig rig;
  rig.ready().enter("ada").enter("bob");
  for (int i = 0; i < 600; ++i) {
    rig.now += milliseconds(100);
    if (i < 599) rig.agentBeat();
  }
  rig.aim("ada", 1);  // nobody called tick
  CHECK(refusal(rig) == ErrorCode::conflict);
  CHECK(rig.holder() == "bob");
}

TEST_CASE("a command that needs no turn is anybody's and carries no epoch") {
  ControlRig rig;
  CommandRequest look;
  look.name = "look";
  look.needs_turn = false;
  look.epoch = 7;
  look.from_program = true;
  rig.ready().enter("ada").send("bob", look);
  REQUIRE(rig.sent<link::Command>());
  CHECK(rig.sent<link::Command>()->epoch == 0);
  CHECK_FALSE(rig.sent<link::Command>()->feeds);
}

TEST_CASE("a program that holds the turn need not know its epoch, and its commands feed the dead-man") {
  ControlRig rig;
  CommandRequest request;
  request.name = "aim";
  request.from_program = true;
  rig.ready().call([&] { (void)rig.control.join({pid("script"), "script", true}, rig.now, rig.effects); });
  rig.send("script", request);
  REQUIRE(rig.sent<link::Command>());
  CHECK(rig.sent<link::Command>()->epoch == 1);
  CHECK(rig.sent<link::Command>()->feeds);
}

TEST_CASE("a key sent twice executes once") {
  ControlRig rig;
  rig.ready().enter("ada").enter("bob").aim("ada", 1, "k1", "{\"x\":1}");
  const std::string id = rig.record.id;
  rig.aim("ada", 1, "k1", "{\"x\":1}");
  CHECK_FALSE(rig.sent<link::Command>());
  CHECK(rig.record.id == id);
  rig.agent(result(id, link::FinalState::succeeded)).aim("ada", 1, "k1", "{\"x\":1}");
  CHECK(rig.record.state == CommandState::succeeded);
  CHECK(rig.effect<CommandChanged>()->record.state == CommandState::succeeded);
  SECTION("with other parameters it is a conflict") {
    rig.aim("ada", 1, "k1", "{\"x\":2}");
    CHECK(refusal(rig) == ErrorCode::conflict);
  }
  SECTION("after the turn it still tells how it ended") {
    rig.leave("ada").aim("ada", 1, "k1", "{\"x\":1}");
    CHECK(rig.record.state == CommandState::succeeded);
  }
  SECTION("another person's same key is another command") {
    rig.leave("ada").aim("bob", 2, "k1", "{\"x\":1}");
    CHECK(rig.sent<link::Command>());
  }
}

TEST_CASE("a command that was refused may be tried again with its key") {
  ControlRig rig;
  rig.aim("ada", 1, "k1").ready().enter("ada").aim("ada", 1, "k1");
  CHECK(rig.sent<link::Command>());
}

TEST_CASE("what was sent when the link is lost is unknown and says so") {
  ControlRig rig;
  rig.ready().enter("ada").aim("ada", 1, "k1").lose();
  REQUIRE(rig.effect<CommandChanged>());
  CHECK(rig.effect<CommandChanged>()->record.state == CommandState::unknown);
  CHECK(rig.control.findCommand(rig.record.id)->state == CommandState::unknown);
  rig.aim("ada", 1, "k1");
  CHECK(rig.record.state == CommandState::unknown);
  CHECK_FALSE(rig.sent<link::Command>());
}

TEST_CASE("a command that has no answer in time expires and is cancelled") {
  ControlRig rig;
  rig.ready().enter("ada").aim("ada", 1);
  rig.advance(milliseconds(2499));
  CHECK_FALSE(rig.effect<CommandChanged>());
  rig.advance(milliseconds(1));
  CHECK(rig.effect<CommandChanged>()->record.state == CommandState::expired);
  CHECK(rig.sent<link::Cancel>()->id == rig.record.id);
}

TEST_CASE("what the device has not answered is bounded") {
  ControlSettings settings;
  settings.max_pending = 2;
  ControlRig rig(settings);
  rig.ready().enter("ada").aim("ada", 1).aim("ada", 1).aim("ada", 1);
  CHECK(refusal(rig) == ErrorCode::exhausted);
}

TEST_CASE("commands that need no turn leave places for whoever drives and for accounts, however many guests send") {
  ControlRig rig;
  CommandRequest look;
  look.name = "look";
  look.needs_turn = false;
  look.by_guest = true;
  std::vector<std::string> sent;
  const auto send = [&](const std::string& who) {
    rig.send(who.c_str(), look);
    if (rig.record.state == CommandState::sent) sent.push_back(rig.record.id);
  };
  rig.ready().enter("ada");
  for (int i = 0; i < 100; ++i) send("bob");
  CHECK(sent.size() == 8);
  CHECK(refusal(rig) == ErrorCode::exhausted);
  for (int i = 0; i < 100; ++i) send("guest-" + std::to_string(i));
  CHECK(sent.size() == 16);
  look.by_guest = false;
  for (int i = 0; i < 100; ++i) send("root");
  CHECK(sent.size() == 24);
  for (int i = 0; i < 100; ++i) send("program-" + std::to_string(i));
  CHECK(sent.size() == 32);
  for (int i = 0; i < 32; ++i) REQUIRE(rig.aim("ada", 1).sent<link::Command>());
  rig.aim("ada", 1);
  CHECK(refusal(rig) == ErrorCode::exhausted);
  // Each answer makes room.
  rig.agent(result(sent.front(), link::FinalState::succeeded));
  look.by_guest = true;
  send("bob");
  CHECK(sent.size() == 33);
}

TEST_CASE("remembered keys are bounded, the oldest go first") {
  ControlSettings settings;
  settings.max_keys = 10;
  ControlRig rig(settings);
  rig.ready().enter("ada");
  std::string first, last;
  for (int i = 0; i < 50; ++i) {
    rig.aim("ada", 1, "k" + std::to_string(i));
    (i == 0 ? first : last) = rig.record.id;
    rig.agent(result(rig.record.id, link::FinalState::succeeded));
  }
  CHECK(rig.control.findCommand(first) == nullptr);
  CHECK(rig.control.findCommand(last) != nullptr);
  rig.aim("ada", 1, "k49");
  CHECK(rig.record.id == last);
}

TEST_CASE("sequences rise over commands and beats of one epoch and begin again with the next") {
  ControlRig rig;
  rig.ready().enter("ada").enter("bob").aim("ada", 1);
  CHECK(rig.sent<link::Command>()->seq == 1);
  CHECK(rig.beat("ada", 1).sent<link::HubBeat>()->seq == 2);
  CHECK(rig.aim("ada", 1).sent<link::Command>()->seq == 3);
  rig.leave("ada").aim("bob", 2);
  CHECK(rig.sent<link::Command>()->seq == 1);
}
