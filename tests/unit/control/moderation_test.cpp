// What a moderator may do to a line, and what then still holds.
#include "unit/control/control_rig.hpp"

namespace robohub::control {
namespace {

struct ModeratedRig : ControlRig {
  using ControlRig::ControlRig;
  ModeratedRig& skip(std::optional<PersonId> whose = {}) {
    call([&] { done = control.skip(whose, "Mo", now, effects); });
    return *this;
  }
  ModeratedRig& remove(const char* who) {
    call([&] { done = control.remove(pid(who), "Mo", now, effects); });
    return *this;
  }
  ModeratedRig& hold(const char* reason = "cleaning") {
    call([&] { control.hold("Mo", reason, now, effects); });
    return *this;
  }
  ModeratedRig& release() {
    call([&] { control.release("Mo", now, effects); });
    return *this;
  }
  ModeratedRig& takeOver(const char* who, bool is_program = false) {
    call([&] { control.takeOver({pid(who), who, is_program}, now, effects); });
    return *this;
  }
  std::optional<Hold> held() const { return control.turn(now).held; }
  Status done;
};

ModeratedRig lined() {
  ModeratedRig rig;
  rig.ready();
  rig.enter("ada").enter("bob").enter("cleo");
  REQUIRE(rig.holder() == "ada");
  return rig;
}

ErrorCode codeOf(const Status& status) {
  return status ? ErrorCode::internal : status.error().code;
}

}  // namespace

TEST_CASE("a skipped turn ends at once, with its reason, and the next one's begins") {
  auto rig = lined();
  const Epoch first = rig.epoch();
  rig.skip();
  CHECK(rig.done);
  CHECK(rig.toldEnd("ada", TurnEnd::skipped));
  REQUIRE(rig.sent<link::End>());
  CHECK(rig.sent<link::End>()->epoch == first);
  CHECK(rig.holder() == "bob");
  CHECK(rig.epoch() > first);
  // Ada is out of the line, and may join again.
  CHECK(rig.waiting() == std::vector<std::string>{"cleo"});
  rig.aim("ada", first);
  CHECK(rig.record.state == CommandState::refused);
}

TEST_CASE("who names whom to skip skips nobody else") {
  auto rig = lined();
  rig.skip(pid("bob"));
  CHECK(codeOf(rig.done) == ErrorCode::conflict);
  CHECK(rig.holder() == "ada");
  rig.skip(pid("ada"));
  CHECK(rig.done);
  rig.leave("bob").leave("cleo");
  rig.skip();
  CHECK(codeOf(rig.done) == ErrorCode::conflict);
}

TEST_CASE("a person is removed from any place of the line, and from the turn") {
  auto rig = lined();
  rig.remove("cleo");
  CHECK(rig.done);
  CHECK(rig.toldEnd("cleo", TurnEnd::removed));
  CHECK(rig.waiting() == std::vector<std::string>{"bob"});
  rig.remove("cleo");
  CHECK(codeOf(rig.done) == ErrorCode::conflict);
  rig.remove("ada");
  CHECK(rig.toldEnd("ada", TurnEnd::removed));
  CHECK(rig.sent<link::End>());
  CHECK(rig.holder() == "bob");
}

TEST_CASE("while the line is held the present turn goes on to its end, and nobody follows") {
  auto rig = lined();
  rig.hold();
  REQUIRE(rig.held());
  CHECK(*rig.held() == Hold{"Mo", "cleaning"});
  CHECK(rig.holder() == "ada");
  rig.aim("ada", rig.epoch());
  CHECK(rig.record.state == CommandState::sent);
  rig.advance(seconds(59));
  CHECK(rig.holder() == "ada");
  rig.advance(seconds(2));
  CHECK(rig.holder().empty());
  rig.advance(seconds(120));
  CHECK(rig.holder().empty());
  CHECK(rig.waiting() == std::vector<std::string>{"bob", "cleo"});
  rig.enter("dora");
  CHECK(rig.holder().empty());
  rig.release();
  CHECK_FALSE(rig.held());
  CHECK(rig.holder() == "bob");
}

TEST_CASE("a hold takes a new reason, and releasing what is not held does nothing") {
  ModeratedRig rig;
  rig.ready();
  rig.release();
  CHECK_FALSE(rig.effect<TurnChanged>());
  rig.hold("one");
  CHECK(rig.effect<TurnChanged>());
  rig.hold("one");
  CHECK_FALSE(rig.effect<TurnChanged>());
  rig.hold("two");
  CHECK(rig.held()->reason == "two");
}

TEST_CASE("those who wait behind a hold lose their places as ever") {
  auto rig = lined();
  rig.hold();
  rig.close("bob");
  rig.advance(seconds(11));
  CHECK(rig.waiting() == std::vector<std::string>{"cleo"});
  rig.leave("cleo").leave("ada");
  CHECK(rig.waiting().empty());
  CHECK(rig.holder().empty());
}

TEST_CASE("who takes over is next, before anybody else, under a new epoch") {
  auto rig = lined();
  const Epoch first = rig.epoch();
  rig.open("mo").call([] {});
  rig.takeOver("mo");
  CHECK(rig.toldEnd("ada", TurnEnd::taken));
  CHECK(rig.sent<link::End>()->epoch == first);
  CHECK(rig.holder() == "mo");
  CHECK(rig.epoch() > first);
  CHECK(rig.waiting() == std::vector<std::string>{"bob", "cleo"});
  rig.aim("mo", rig.epoch());
  CHECK(rig.record.state == CommandState::sent);
  // The turn is one like any other: it ends when its time is up, and gives way.
  rig.advance(seconds(61));
  CHECK(rig.holder() == "bob");
}

TEST_CASE("who waits and takes over has one place only") {
  auto rig = lined();
  rig.takeOver("cleo");
  CHECK(rig.holder() == "cleo");
  CHECK(rig.waiting() == std::vector<std::string>{"bob"});
  const Epoch epoch = rig.epoch();
  rig.takeOver("cleo");
  CHECK(rig.epoch() == epoch);
}

TEST_CASE("taking over works through anybody's hold, which stays") {
  auto rig = lined();
  rig.hold();
  rig.open("mo");
  rig.takeOver("mo");
  CHECK(rig.holder() == "mo");
  CHECK(rig.held());
  rig.leave("mo");
  CHECK(rig.holder().empty());
  // Nor does a second place in front open the line for others.
  rig.enter("mo");
  CHECK(rig.holder().empty());
}

TEST_CASE("a program takes over as a page does, also of a full line") {
  ControlSettings settings;
  settings.turns.max_waiting = 1;
  ModeratedRig rig(settings);
  rig.ready();
  rig.enter("ada").enter("bob");
  rig.takeOver("robot", true);
  CHECK(rig.holder() == "robot");
  CHECK(rig.waiting() == std::vector<std::string>{"bob"});
  rig.advance(seconds(31));  // as lost as any silent program
  CHECK(rig.holder() == "bob");
}

TEST_CASE("who takes over a device that is offline waits in front until it is back") {
  auto rig = lined();
  rig.open("mo");
  rig.lose();
  rig.takeOver("mo");
  CHECK(rig.toldEnd("ada", TurnEnd::taken));
  CHECK(rig.holder().empty());
  CHECK(rig.waiting() == std::vector<std::string>{"mo", "bob", "cleo"});
  rig.ready();
  CHECK(rig.holder() == "mo");
}

TEST_CASE("of two who take over the later one is first, and each has an epoch of his own") {
  auto rig = lined();
  rig.open("mo").open("nia");
  rig.takeOver("mo");
  const Epoch first = rig.epoch();
  rig.takeOver("nia");
  CHECK(rig.toldEnd("mo", TurnEnd::taken));
  CHECK(rig.holder() == "nia");
  CHECK(rig.epoch() > first);
  rig.aim("mo", first);
  CHECK(rig.record.state == CommandState::refused);
}

TEST_CASE("a turn is as long as the role of its holder says") {
  ModeratedRig rig;
  rig.ready();
  auto enter = [&](const char* who, std::optional<Duration> length) {
    rig.open(who);
    rig.call([&] { rig.joined = rig.control.join({pid(who), who, false, length}, rig.now, rig.effects); });
  };
  enter("guest", seconds(30));
  enter("admin", seconds(300));
  enter("other", std::nullopt);
  CHECK(rig.holder() == "guest");
  const auto line = rig.control.turn(rig.now);
  CHECK(line.remaining == std::optional<Duration>(seconds(30)));
  REQUIRE(line.estimates.size() == 2);
  CHECK(line.estimates[0] == seconds(30));
  CHECK(line.estimates[1] == seconds(330));
  rig.advance(seconds(31));
  CHECK(rig.holder() == "admin");
  rig.advance(seconds(290));
  CHECK(rig.holder() == "admin");
  rig.advance(seconds(11));
  CHECK(rig.holder() == "other");
}

TEST_CASE("a request for no turn in particular is carried out once, also over a change of turns") {
  ModeratedRig rig;
  rig.ready();
  auto robot = [&](Epoch epoch, const char* key) {
    CommandRequest request;
    request.name = "aim";
    request.epoch = epoch;
    request.key = key;
    request.from_program = true;
    rig.send("robot", request);
    return rig.record;
  };
  const auto enter = [&] {
    rig.call([&] { rig.joined = rig.control.join({pid("robot"), "robot", true}, rig.now, rig.effects); });
  };
  enter();
  const auto first = robot(0, "k1");
  CHECK(first.state == CommandState::sent);
  rig.agent(link::Ack{first.id});
  rig.agent(link::CommandResult{first.id, {link::FinalState::succeeded, std::nullopt, "", "", ""}});
  rig.leave("robot");
  enter();
  const auto again = robot(0, "k1");
  CHECK(again.id == first.id);
  CHECK(again.state == CommandState::succeeded);
  CHECK_FALSE(rig.sent<link::Command>());
  // A key for a turn that is named counts for that turn alone.
  const Epoch epoch = rig.epoch();
  CHECK(robot(epoch, "k1").id != first.id);
  CHECK(rig.record.state == CommandState::sent);
}

TEST_CASE("a program's request that names a turn is refused as stale once that turn is over") {
  ModeratedRig rig;
  rig.ready();
  const auto enter = [&] {
    rig.call([&] { rig.joined = rig.control.join({pid("robot"), "robot", true}, rig.now, rig.effects); });
  };
  auto robot = [&](Epoch epoch) {
    CommandRequest request;
    request.name = "aim";
    request.epoch = epoch;
    request.from_program = true;
    rig.send("robot", request);
    return rig.record.error ? rig.record.error->code : ErrorCode::internal;
  };
  enter();
  const Epoch first = rig.epoch();
  CHECK(robot(first) == ErrorCode::internal);
  rig.leave("robot");
  CHECK(robot(first) == ErrorCode::stale);
  enter();
  CHECK(robot(first) == ErrorCode::stale);
  CHECK(robot(rig.epoch()) == ErrorCode::internal);
}

}  // namespace robohub::control
