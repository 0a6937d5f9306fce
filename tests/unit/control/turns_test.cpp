#include "unit/control/control_rig.hpp"

using namespace robohub;
using namespace robohub::control;
using Names = std::vector<std::string>;

TEST_CASE("whoever joins first drives, the others wait in order and know their place") {
  ControlRig rig;
  rig.ready().enter("ada");
  CHECK(rig.holder() == "ada");
  REQUIRE(rig.told("ada"));
  CHECK(rig.told("ada")->state == YouState::active);
  CHECK(rig.told("ada")->epoch == 1);
  REQUIRE(rig.sent<link::Grant>());
  CHECK(rig.sent<link::Grant>()->epoch == 1);
  rig.enter("bob").enter("eve");
  CHECK(rig.waiting() == Names{"bob", "eve"});
  CHECK(rig.told("eve")->state == YouState::waiting);
  CHECK(rig.told("eve")->place == 2);
  const auto turn = rig.control.turn(rig.now);
  CHECK(turn.remaining == seconds(60));
  CHECK(turn.estimates == std::vector<Duration>{seconds(60), seconds(120)});
}

TEST_CASE("when the time is up the next one drives with a higher epoch") {
  ControlRig rig;
  rig.ready().enter("ada").enter("bob").advance(seconds(60));
  CHECK(rig.holder() == "bob");
  CHECK(rig.epoch() == 2);
  CHECK(rig.toldEnd("ada", TurnEnd::time_up));
  REQUIRE(rig.sent<link::End>());
  CHECK(rig.sent<link::End>()->epoch == 1);
  CHECK(rig.control.you(pid("ada"), rig.now).state == YouState::none);
}

TEST_CASE("the holder is warned once, shortly before the end") {
  ControlRig rig;
  rig.ready().enter("ada").enter("bob").advance(seconds(50) - milliseconds(1));
  CHECK_FALSE(rig.told("ada"));
  rig.advance(milliseconds(1));
  REQUIRE(rig.told("ada"));
  CHECK(rig.told("ada")->warning);
  CHECK(rig.told("ada")->remaining == seconds(10));
  rig.advance(seconds(5));
  CHECK_FALSE(rig.told("ada"));
}

TEST_CASE("alone, the holder goes on; whoever joins starts the clock") {
  ControlRig rig;
  rig.ready().enter("ada").advance(seconds(600));
  CHECK(rig.holder() == "ada");
  CHECK_FALSE(rig.control.turn(rig.now).remaining);
  rig.enter("bob");
  CHECK(rig.control.turn(rig.now).remaining == seconds(10));
  rig.advance(seconds(4)).enter("eve");
  CHECK(rig.control.turn(rig.now).remaining == seconds(6));
  rig.advance(seconds(6));
  CHECK(rig.holder() == "bob");
}

TEST_CASE("a turn that is to end alone as well ends after its length") {
  ControlSettings settings;
  settings.turns.when_alone = WhenAlone::end_turn;
  ControlRig rig(settings);
  rig.ready().enter("ada").advance(seconds(60));
  CHECK(rig.holder().empty());
}

TEST_CASE("the clock stops again when the only one who waited leaves") {
  ControlRig rig;
  rig.ready().enter("ada").enter("bob").leave("bob").advance(seconds(100));
  CHECK(rig.holder() == "ada");
}

TEST_CASE("giving the turn back and leaving the line free the place") {
  ControlRig rig;
  rig.ready().enter("ada").enter("bob").enter("eve").leave("bob");
  CHECK(rig.told("bob")->state == YouState::none);
  rig.leave("ada");
  CHECK(rig.holder() == "eve");
  CHECK(rig.toldEnd("ada", TurnEnd::gave_back));
  CHECK(rig.sent<link::End>());
}

TEST_CASE("one person has one place, however many tabs and joins") {
  ControlRig rig;
  rig.ready().enter("ada").enter("bob").enter("bob").enter("ada");
  CHECK(rig.waiting() == Names{"bob"});
  rig.close("bob").advance(seconds(30));
  CHECK(rig.waiting() == Names{"bob"});
}

TEST_CASE("a reload keeps turn and place for the grace time") {
  ControlRig rig;
  rig.ready().enter("ada").enter("bob").close("ada").close("bob");
  CHECK(rig.control.turn(rig.now).grace == seconds(10));
  rig.advance(seconds(9)).open("ada").open("bob");
  CHECK(rig.holder() == "ada");
  CHECK(rig.waiting() == Names{"bob"});
  CHECK_FALSE(rig.control.turn(rig.now).grace);
}

TEST_CASE("whoever stays away longer than the grace time loses turn and place") {
  ControlRig rig;
  rig.ready().enter("ada").enter("bob").enter("eve").close("ada").close("bob").advance(seconds(10));
  CHECK(rig.holder() == "eve");
  CHECK(rig.waiting().empty());
  CHECK(rig.toldEnd("ada", TurnEnd::lost));
}

TEST_CASE("the front whose connection is lost is passed over but keeps the place for a while") {
  ControlRig rig;
  rig.ready().enter("ada").enter("bob").enter("eve").close("bob").leave("ada");
  CHECK(rig.holder() == "eve");
  CHECK(rig.waiting() == Names{"bob"});
  rig.open("bob").leave("eve");
  CHECK(rig.holder() == "bob");
}

TEST_CASE("a program keeps its turn while it is heard of") {
  ControlRig rig;
  rig.ready().call([&] { (void)rig.control.join({pid("script"), "script", true}, rig.now, rig.effects); });
  CHECK(rig.holder() == "script");
  rig.advance(seconds(29)).call([&] { rig.control.touch(pid("script"), rig.now, rig.effects); });
  rig.advance(seconds(29));
  CHECK(rig.holder() == "script");
  rig.advance(seconds(1));
  CHECK(rig.holder().empty());
}

TEST_CASE("a full line says so") {
  ControlSettings settings;
  settings.turns.max_waiting = 1;
  ControlRig rig(settings);
  rig.ready().enter("ada").enter("bob").enter("eve");
  REQUIRE_FALSE(rig.joined);
  CHECK(rig.joined.error().code == ErrorCode::exhausted);
  CHECK(rig.waiting() == Names{"bob"});
}

TEST_CASE("a person whose session is revoked is out at once") {
  ControlRig rig;
  rig.ready().enter("ada").enter("bob").call([&] { rig.control.revoke(pid("ada"), rig.now, rig.effects); });
  CHECK(rig.holder() == "bob");
  CHECK(rig.toldEnd("ada", TurnEnd::taken));
}

TEST_CASE("nobody is given a turn on a device that is offline; the line keeps its order") {
  ControlRig rig;
  rig.enter("ada").enter("bob");
  CHECK(rig.holder().empty());
  CHECK(rig.waiting() == Names{"ada", "bob"});
  rig.online();
  CHECK(rig.holder().empty());  // no stamp to grant on yet
  rig.agentBeat();
  CHECK(rig.holder() == "ada");
}

TEST_CASE("a link that comes back carries on with the same epoch") {
  ControlRig rig;
  rig.ready().enter("ada").lose();
  CHECK(rig.holder() == "ada");
  CHECK(rig.control.epochFloor() == 0);
  rig.online(1);
  CHECK_FALSE(rig.sent<link::Grant>());
  rig.agentBeat();
  REQUIRE(rig.sent<link::Grant>());
  CHECK(rig.sent<link::Grant>()->epoch == 1);
  CHECK(rig.sent<link::Grant>()->stamp.nonce == rig.nonce);
}

TEST_CASE("a device that comes back with a plugin that is not installed keeps its turn, and nothing of it is fed") {
  ControlRig rig;
  rig.ready().enter("ada").lose();
  rig.nonce = link::Nonce{1, ++rig.links};
  rig.call([&] { rig.control.agentOnline({rig.nonce, 1, {}, false}, 5, rig.now, rig.effects); });
  CHECK_FALSE(rig.sent<link::Grant>());
  CHECK_FALSE(rig.agentBeat().sent<link::Grant>());
  CHECK_FALSE(rig.beat("ada", 1).sent<link::HubBeat>());
  rig.advance(seconds(2));
  CHECK_FALSE(rig.sent<link::Grant>());
  CHECK(rig.aim("ada", 1).record.error->code == ErrorCode::unsupported);
  CHECK(rig.stop("ada").sent<link::Stop>());
  CHECK(rig.holder() == "ada");

  rig.lose();
  rig.online(1, link::StopFacts{"s-1", "ada", ""}).agentBeat();
  rig.agent(link::Stopped{"s-1", true, ""}).reset("root", true).agent(link::ResetDone{"s-1", true, ""});
  REQUIRE(rig.sent<link::Grant>());
  CHECK(rig.sent<link::Grant>()->epoch == 1);
}

TEST_CASE("the agent's lease ends before the hub's turn") {
  ControlRig rig;
  rig.ready().enter("ada").enter("bob");
  MonoTime lease_end;
  for (int i = 0; i < 700 && rig.epoch() == 1; ++i) {
    rig.advance(milliseconds(100));
    for (const auto& effect : rig.effects)
      if (auto send = std::get_if<SendToAgent>(&effect))
        if (auto grant = std::get_if<link::Grant>(&send->message); grant && grant->epoch == 1)
          lease_end = fromNs(grant->stamp.t_ns) + milliseconds(grant->lease_ms);  // here both clocks are one
  }
  CHECK(lease_end < rig.now);
  CHECK(lease_end > rig.now - milliseconds(50));
}

TEST_CASE("somebody who joins cannot shorten a lease that is already given") {
  ControlSettings settings;
  settings.turns.handover = Duration::zero();
  ControlRig rig(settings);
  rig.ready().enter("ada").advance(seconds(100)).enter("bob");
  CHECK(*rig.control.turn(rig.now).remaining >= seconds(4));
}

TEST_CASE("only the holder's own fresh beats of the live epoch are passed on") {
  ControlRig rig;
  rig.ready().enter("ada").enter("bob");
  CHECK_FALSE(rig.beat("bob", 1).sent<link::HubBeat>());
  CHECK_FALSE(rig.beat("ada", 2).sent<link::HubBeat>());
  CHECK_FALSE(rig.beat("ada", 0).sent<link::HubBeat>());
  REQUIRE(rig.beat("ada", 1).sent<link::HubBeat>());
  CHECK_FALSE(rig.beat("ada", 1).sent<link::HubBeat>());  // the second tab's echo of the same stamp
  rig.now += milliseconds(100);
  CHECK_FALSE(rig.beat("ada", 1).sent<link::HubBeat>());  // a stamp that the agent never made
  rig.agentBeat();
  REQUIRE(rig.effect<StampToHolder>());
  CHECK(rig.effect<StampToHolder>()->person == pid("ada"));
  CHECK(rig.beat("ada", 1).sent<link::HubBeat>()->seq == 2);
  const link::Stamp old{rig.nonce, toNs(rig.now)};
  rig.now += milliseconds(500);
  rig.agentBeat().call([&] { rig.control.beat(pid("ada"), 1, old, rig.now, rig.effects); });
  CHECK_FALSE(rig.sent<link::HubBeat>());
}

TEST_CASE("a turn that begins has a stamp to answer at once, not only with the agent's next beat") {
  ControlRig rig;
  rig.ready().enter("ada").enter("bob");
  rig.now += milliseconds(60);
  rig.leave("ada");
  REQUIRE(rig.holder() == "bob");
  const auto stamp = rig.effect<StampToHolder>();
  REQUIRE(stamp);
  CHECK(stamp->person == pid("bob"));
  CHECK(stamp->epoch == 2);
  const link::Stamp echoed = stamp->stamp;
  rig.call([&] { rig.control.beat(pid("bob"), 2, echoed, rig.now, rig.effects); });
  REQUIRE(rig.sent<link::HubBeat>());
  CHECK(rig.sent<link::HubBeat>()->epoch == 2);
}

TEST_CASE("a page of the holder that begins to drive may ask for the newest stamp") {
  ControlRig rig;
  rig.ready().enter("ada").enter("bob");
  rig.now += milliseconds(60);
  rig.call([&] { rig.control.offerStamp(pid("bob"), rig.now, rig.effects); });
  CHECK_FALSE(rig.effect<StampToHolder>());
  rig.call([&] { rig.control.offerStamp(pid("ada"), rig.now, rig.effects); });
  REQUIRE(rig.effect<StampToHolder>());
  CHECK(rig.effect<StampToHolder>()->stamp == link::Stamp{rig.nonce, toNs(rig.now - milliseconds(60))});
  rig.lose().call([&] { rig.control.offerStamp(pid("ada"), rig.now, rig.effects); });
  CHECK_FALSE(rig.effect<StampToHolder>());
  rig.online().call([&] { rig.control.offerStamp(pid("ada"), rig.now, rig.effects); });
  CHECK_FALSE(rig.effect<StampToHolder>());  // the new link has made none yet
}

TEST_CASE("an agent that falls silent is dropped and offline") {
  ControlRig rig;
  rig.ready().advance(seconds(3), false);
  REQUIRE(rig.effect<DropAgent>());
  CHECK_FALSE(rig.control.online());
}

TEST_CASE("messages of a link that was replaced are void") {
  ControlRig rig;
  rig.ready();
  const auto old = rig.nonce;
  rig.ready().call([&] { rig.control.agentLost(old, rig.now, rig.effects); });
  CHECK(rig.control.online());
}

TEST_CASE("an epoch is used only after it was reserved, in blocks") {
  ControlRig rig;
  rig.store_answers = false;
  rig.ready().enter("ada");
  REQUIRE(rig.effect<ReserveEpochs>());
  CHECK(rig.effect<ReserveEpochs>()->up_to == 64);
  CHECK(rig.holder().empty());
  rig.call([&] { rig.control.epochsReserved(64, rig.now, rig.effects); });
  CHECK(rig.holder() == "ada");
}

TEST_CASE("a store that cannot reserve stops the line only until it can, and says so") {
  ControlRig rig;
  rig.store_works = false;
  rig.ready().enter("ada");
  CHECK(rig.holder().empty());
  REQUIRE(rig.effect<LogEvent>());
  CHECK(rig.effect<LogEvent>()->level == link::EventLevel::error);
  rig.advance(seconds(3));
  CHECK(rig.holder().empty());
  rig.store_works = true;
  rig.advance(seconds(1));
  CHECK(rig.holder() == "ada");
}

TEST_CASE("a hub that was restarted goes on above everything that was reserved") {
  ControlRig rig({}, Restored{128, {}});
  CHECK(rig.control.epochFloor() == 128);
  rig.ready().enter("ada");
  CHECK(rig.epoch() == 129);
}

TEST_CASE("an agent that saw higher epochs raises ours above them") {
  ControlRig rig;
  rig.ready().enter("ada").lose().online(5000);
  CHECK(rig.toldEnd("ada", TurnEnd::taken));
  CHECK(rig.holder().empty());
  rig.agentBeat().join("ada");
  CHECK(rig.epoch() == 5001);
}

TEST_CASE("the next block is reserved before the last number is used") {
  ControlRig rig;
  rig.ready().open("ada");
  std::size_t reservations = 0;
  for (int i = 0; i < 100; ++i) {
    rig.join("ada");
    REQUIRE(rig.epoch() == static_cast<Epoch>(i + 1));
    reservations += rig.effect<ReserveEpochs>() != nullptr;
    rig.leave("ada");
    reservations += rig.effect<ReserveEpochs>() != nullptr;
  }
  CHECK(reservations == 2);
}

TEST_CASE("new settings hold at once") {
  ControlRig rig;
  ControlSettings settings;
  settings.turns.length = seconds(20);
  rig.ready().enter("ada").enter("bob").advance(seconds(2)).call([&] {
    rig.control.configure(settings, rig.now, rig.effects);
  });
  CHECK(rig.control.turn(rig.now).remaining == seconds(18));
  CHECK(rig.effect<TurnChanged>());
}

TEST_CASE("a device that comes and goes moves the end of no turn, nor do settings of anything else") {
  ControlRig rig;
  ControlSettings settings;
  rig.ready().enter("ada").enter("bob");
  const auto end = rig.control.turn(rig.now).remaining;
  rig.advance(*end - seconds(2));
  CHECK(rig.control.turn(rig.now).remaining == seconds(2));
  rig.call([&] { rig.control.configure(settings, rig.now, rig.effects); });
  CHECK(rig.control.turn(rig.now).remaining == seconds(2));
  settings.turns.grace = seconds(3);
  rig.call([&] { rig.control.configure(settings, rig.now, rig.effects); });
  CHECK(rig.control.turn(rig.now).remaining == seconds(2));
  // A longer length does, and its end is told of anew.
  settings.turns.length = *end + seconds(60);
  rig.call([&] { rig.control.configure(settings, rig.now, rig.effects); });
  const auto more = rig.control.turn(rig.now).remaining;
  CHECK(more == seconds(62));
  rig.advance(*more - seconds(1));
  REQUIRE(rig.told("ada"));
  CHECK(rig.told("ada")->warning);
}

TEST_CASE("on a type whose plugin is not installed here nobody drives") {
  ControlRig rig;
  rig.enter("ada").call([&] { rig.control.agentOnline({rig.nonce = {1, 1}, 0, {}, false}, 0, rig.now, rig.effects); });
  rig.agentBeat();
  CHECK(rig.holder().empty());
  CommandRequest look;
  look.needs_turn = false;
  rig.send("ada", look);
  CHECK(rig.record.error->code == ErrorCode::unsupported);
}
