#include "link/agent_fence.hpp"

#include <set>

#include "unit/link/fence_rig.hpp"

using namespace robohub;
using namespace robohub::link;

TEST_CASE("a connection begins with a hello and, once welcomed, a beat at once and then every beat_ms") {
  FenceRig rig;
  rig.connect();
  REQUIRE(rig.sent<Hello>());
  CHECK(rig.sent<Hello>()->nonce == rig.nonce);
  REQUIRE(rig.sent<AgentBeat>());
  CHECK(rig.sent<AgentBeat>()->t_ns == toNs(rig.now));
  CHECK(rig.fence.nextDeadline() == rig.now + milliseconds(100));
  CHECK_FALSE(rig.advance(99).sent<AgentBeat>());
  CHECK(rig.advance(1).sent<AgentBeat>());
}

TEST_CASE("beats on a grid keep their interval and share their moments, whenever the links began") {
  std::set<std::int64_t> moments;
  for (std::uint64_t link = 1; link <= 200; ++link) {
    FenceSettings settings;
    settings.beat_grid = milliseconds(5);
    FenceRig rig(settings);
    rig.connections = link * 7919;
    rig.now += std::chrono::microseconds(link * 331);
    rig.connect();
    REQUIRE(rig.sent<AgentBeat>());  // the first at once, as without a grid
    const MonoTime second = rig.fence.nextDeadline();
    CHECK(second > rig.now);
    CHECK(second <= rig.now + milliseconds(100));
    CHECK(toNs(second) % 5'000'000 == 0);
    rig.now = second;
    CHECK(rig.advance(0).sent<AgentBeat>());
    CHECK(rig.fence.nextDeadline() == second + milliseconds(100));
    moments.insert(toNs(second) % 100'000'000);
  }
  CHECK(moments.size() == 20);
}

TEST_CASE("a grant energises nothing by itself") {
  FenceRig rig;
  rig.connect().grant(1);
  CHECK_FALSE(rig.effect<GivePermit>());
  CHECK_FALSE(rig.fence.permitted(rig.now));
}

TEST_CASE("a beat permits until its stamp plus the dead-man, however late it came") {
  FenceRig rig;
  rig.connect().grant(1).advance(300).beat(1, 200);
  REQUIRE(rig.effect<GivePermit>());
  CHECK(rig.effect<GivePermit>()->until == rig.now + milliseconds(300));
  CHECK(rig.effect<GivePermit>()->epoch == 1);
}

TEST_CASE("no permit outlives the lease") {
  FenceRig rig;
  rig.connect().grant(1, 400).beat(1);
  CHECK(rig.effect<GivePermit>()->until == rig.now + milliseconds(400));
  rig.advance(400);
  REQUIRE(rig.effect<HaltDriver>());
  CHECK(rig.effect<HaltDriver>()->reason == HaltReason::lease_over);
  rig.halted().beat(1);
  CHECK_FALSE(rig.effect<GivePermit>());
}

TEST_CASE("a turret halts when its operator goes silent, and goes on when he is back") {
  FenceRig rig;
  rig.connect().drive(1).advance(499);
  CHECK_FALSE(rig.effect<HaltDriver>());
  rig.advance(1);
  REQUIRE(rig.effect<HaltDriver>());
  CHECK(rig.effect<HaltDriver>()->reason == HaltReason::deadman);
  CHECK_FALSE(rig.fence.permitted(rig.now));
  rig.halted().beat(1);
  REQUIRE(rig.effect<GivePermit>());
  CHECK(rig.effect<GivePermit>()->after_halt == 1);
}

TEST_CASE("a frozen agent halts before it takes what has waited for it") {
  FenceRig rig;
  rig.connect().drive(1);
  const Stamp old = rig.stamp();
  rig.now += std::chrono::seconds(3);
  rig.hub(HubBeat{1, ++rig.seq, old});
  CHECK(rig.effect<HaltDriver>());
  CHECK_FALSE(rig.effect<GivePermit>());
}

TEST_CASE("a stale, foreign, future or replayed beat permits nothing") {
  FenceRig rig;
  rig.connect().grant(1);
  SECTION("older than the dead-man") {
    rig.advance(600).beat(1, 500);
  }
  SECTION("of another connection") {
    rig.hub(HubBeat{1, 1, Stamp{Nonce{9, 9}, toNs(rig.now)}});
  }
  SECTION("of the future") {
    rig.beat(1, -1);
  }
  SECTION("of another epoch") {
    rig.beat(2);
  }
  SECTION("with a sequence that was seen") {
    const HubBeat beat{1, 1, rig.stamp()};
    rig.hub(beat).advance(100).hub(beat);
  }
  CHECK_FALSE(rig.effect<GivePermit>());
}

TEST_CASE("while a halt is unconfirmed nothing is permitted") {
  FenceRig rig;
  rig.connect().drive(1).advance(500).newest_halt();
  CHECK_FALSE(rig.beat(1).effect<GivePermit>());
  rig.haltedBy(1);
  CHECK(rig.beat(1).effect<GivePermit>());
}

TEST_CASE("a halt that failed is ordered again while somebody drives, and nothing is permitted before it worked") {
  FenceRig rig;
  const auto failed = rig.connect().drive(1).advance(500).newest_halt();
  rig.haltedBy(failed, false);
  CHECK_FALSE(rig.beat(1).effect<HaltDriver>());
  REQUIRE(rig.advance(100).beat(1).effect<HaltDriver>());
  const auto again = rig.newest_halt();
  CHECK(again > failed);
  CHECK(rig.effect<HaltDriver>()->reason == HaltReason::deadman);
  CHECK_FALSE(rig.effect<GivePermit>());
  CHECK_FALSE(rig.advance(100).beat(1).effect<HaltDriver>());  // not before this one was answered
  CHECK_FALSE(rig.effect<GivePermit>());
  rig.haltedBy(again);
  CHECK(rig.beat(1).effect<GivePermit>());
}

TEST_CASE("a later epoch ends the one before") {
  FenceRig rig;
  rig.connect().drive(1).hub(rig.aim(1));
  const auto run = rig.effect<RunCommand>()->run;
  rig.grant(2);
  REQUIRE(rig.effect<HaltDriver>());
  CHECK(rig.effect<HaltDriver>()->reason == HaltReason::turn_over);
  REQUIRE(rig.effect<CancelRun>());
  CHECK(rig.effect<CancelRun>()->run == run);
  CHECK(rig.sent<CommandResult>()->outcome.state == FinalState::cancelled);
  rig.halted();
  CHECK_FALSE(rig.beat(1).effect<GivePermit>());
  CHECK_FALSE(rig.grant(1).beat(1).effect<GivePermit>());
  rig.seq = 0;
  CHECK(rig.beat(2).effect<GivePermit>());
}

TEST_CASE("an ended turn cannot be granted again") {
  FenceRig rig;
  rig.connect().drive(3).hub(End{3});
  CHECK(rig.effect<HaltDriver>());
  rig.halted();
  CHECK_FALSE(rig.drive(3).effect<GivePermit>());
  CHECK_FALSE(rig.drive(2).effect<GivePermit>());
  CHECK(rig.drive(4).effect<GivePermit>());
}

TEST_CASE("the hub's floor and the highest epoch hold over reconnects") {
  FenceRig rig;
  rig.connect().drive(7).lose();
  rig.halted().connect(6);
  CHECK(rig.sent<Hello>()->epoch == 7);
  CHECK_FALSE(rig.drive(6).effect<GivePermit>());
  CHECK(rig.drive(7).effect<GivePermit>());
  rig.lose().halted().connect(7);
  CHECK_FALSE(rig.drive(7).effect<GivePermit>());
}

TEST_CASE("losing the link halts and voids everything of it") {
  FenceRig rig;
  rig.connect().drive(1).hub(rig.aim(1));
  const Stamp old = rig.stamp();
  rig.lose();
  REQUIRE(rig.effect<HaltDriver>());
  CHECK(rig.effect<HaltDriver>()->reason == HaltReason::link_lost);
  CHECK(rig.effect<CancelRun>());
  CHECK_FALSE(rig.sent<CommandResult>());
  rig.halted().connect();
  CHECK_FALSE(rig.beat(1).effect<GivePermit>());  // not granted on this connection
  CHECK_FALSE(rig.hub(Grant{1, 5000, old}).beat(1).effect<GivePermit>());
  CHECK(rig.drive(1).effect<GivePermit>());
}

TEST_CASE("messages of an earlier connection are void") {
  FenceRig rig;
  rig.connect();
  const Nonce old = rig.nonce;
  rig.hub(Stop{"s-1", "Ada", ""}).halted().connect();
  rig.effects.clear();
  rig.fence.onHubMessage(old, Reset{"s-1"}, rig.now, rig.effects);
  CHECK(rig.effects.empty());
  CHECK(rig.fence.stop());
  rig.fence.onLinkLost(old, rig.now, rig.effects);
  CHECK(rig.fence.linked());
}

TEST_CASE("a command runs under a permit and has one result") {
  FenceRig rig;
  const Command command = rig.connect().drive(1).aim(1);
  rig.hub(command);
  REQUIRE(rig.effect<RunCommand>());
  CHECK(rig.effect<RunCommand>()->deadline == rig.now + milliseconds(2000));
  const auto run = rig.effect<RunCommand>()->run;
  rig.done(run);
  REQUIRE(rig.sent<CommandResult>());
  CHECK(rig.sent<CommandResult>()->outcome.state == FinalState::succeeded);
  CHECK(rig.done(run).effects.empty());
}

TEST_CASE("a command that arrives twice runs once") {
  FenceRig rig;
  Command command = rig.connect().drive(1).aim(1);
  rig.hub(command);
  command.seq = ++rig.seq;
  CHECK(rig.hub(command).effects.empty());
}

TEST_CASE("a command that may not run is refused with its reason") {
  FenceRig rig;
  rig.connect().drive(2);
  Command command = rig.aim(2);
  SECTION("an epoch that is over") {
    command.epoch = 1;
    CHECK(rig.hub(command).refusal() == ErrorCode::stale);
  }
  SECTION("an epoch that was never granted") {
    command.epoch = 3;
    CHECK(rig.hub(command).refusal() == ErrorCode::stale);
  }
  SECTION("too old") {
    command.ttl_ms = 100;
    CHECK(rig.advance(100).hub(command).refusal() == ErrorCode::stale);
  }
  SECTION("an earlier sequence") {
    command.seq = 1;
    CHECK(rig.hub(command).refusal() == ErrorCode::stale);
  }
  SECTION("no turn where one is needed") {
    command.epoch = 0;
    CHECK(rig.hub(command).refusal() == ErrorCode::conflict);
  }
  SECTION("parameters that the type does not allow") {
    command.params_json = "{\"bad\":1}";
    CHECK(rig.hub(command).refusal() == ErrorCode::invalid_argument);
    CHECK(rig.sent<CommandResult>()->outcome.pointer == "/bad");
  }
  SECTION("unknown") {
    command.name = "dance";
    CHECK(rig.hub(command).refusal() == ErrorCode::not_found);
  }
  SECTION("while the page is silent") {
    CHECK(rig.advance(500).halted().hub(command).refusal() == ErrorCode::stale);
  }
  SECTION("while stopped") {
    rig.hub(Stop{"s-1", "Ada", ""}).halted();
    CHECK(rig.hub(command).refusal() == ErrorCode::stopped);
  }
  SECTION("while the driver is not running") {
    rig.fence.onDriverLost("It crashed.", rig.now, rig.effects);
    CHECK(rig.hub(command).refusal() == ErrorCode::unavailable);
  }
  SECTION("too many at once") {
    rig.hub(rig.aim(2)).hub(rig.aim(2));
    CHECK(rig.hub(rig.aim(2)).refusal() == ErrorCode::exhausted);
  }
}

TEST_CASE("a command that needs no turn runs without one, but not while stopped") {
  FenceRig rig;
  rig.connect().hub(rig.aim(0));
  CHECK(rig.effect<RunCommand>());
  rig.hub(Stop{"s-1", "Ada", ""});
  CHECK(rig.effect<CancelRun>());
  CHECK(rig.halted().hub(rig.aim(0)).refusal() == ErrorCode::stopped);
}

TEST_CASE("a program's commands feed the dead-man, a page's do not") {
  FenceRig rig;
  Command command = rig.connect().grant(1).aim(1);
  CHECK(rig.hub(command).refusal() == ErrorCode::stale);
  command = rig.aim(1);
  command.feeds = true;
  rig.hub(command);
  CHECK(rig.effect<GivePermit>());
  CHECK(rig.effect<RunCommand>());
}

TEST_CASE("a command that takes too long expires once") {
  FenceRig rig;
  rig.connect().hub(rig.aim(0));
  const auto run = rig.effect<RunCommand>()->run;
  rig.advance(2000);
  CHECK(rig.effect<CancelRun>()->run == run);
  CHECK(rig.sent<CommandResult>()->outcome.state == FinalState::expired);
  CHECK_FALSE(rig.done(run).sent<CommandResult>());
}

TEST_CASE("the hub can cancel a command") {
  FenceRig rig;
  const Command command = rig.connect().aim(0);
  rig.hub(command).hub(Cancel{command.id});
  CHECK(rig.effect<CancelRun>());
  CHECK(rig.sent<CommandResult>()->outcome.state == FinalState::cancelled);
}

TEST_CASE("a stop is confirmed only by the halt that it ordered") {
  FenceRig rig;
  rig.connect().drive(1).advance(500).newest_halt();  // halt 1, not answered yet
  rig.hub(Stop{"s-7", "Ada", "smoke"});
  REQUIRE(rig.effect<HaltDriver>());
  CHECK(rig.effect<HaltDriver>()->number == 2);
  CHECK_FALSE(rig.haltedBy(1).sent<Stopped>());
  rig.haltedBy(2);
  REQUIRE(rig.sent<Stopped>());
  CHECK(rig.sent<Stopped>()->confirmed);
  CHECK(rig.sent<Stopped>()->id == "s-7");
}

TEST_CASE("a stop that the driver cannot carry out is not confirmed until the driver was opened anew") {
  FenceRig rig;
  rig.connect().drive(1).hub(Stop{"s-7", "Ada", ""}).halted(false);
  REQUIRE(rig.sent<Stopped>());
  CHECK_FALSE(rig.sent<Stopped>()->confirmed);
  CHECK_FALSE(rig.hub(Reset{"s-7"}).sent<ResetDone>()->ok);
  rig.call([&] { rig.fence.onDriverLost("It was killed.", rig.now, rig.effects); });
  rig.call([&] { rig.fence.onDriverOpened(rig.now, rig.effects); });
  REQUIRE(rig.sent<Stopped>());
  CHECK(rig.sent<Stopped>()->confirmed);
  CHECK(rig.hub(Reset{"s-7"}).sent<ResetDone>()->ok);
}

TEST_CASE("a stopped device is never energised until exactly that stop is reset") {
  FenceRig rig;
  rig.connect().drive(1).hub(Stop{"s-7", "Ada", ""}).halted();
  CHECK_FALSE(rig.drive(1).effect<GivePermit>());
  CHECK_FALSE(rig.drive(2).effect<GivePermit>());
  CHECK_FALSE(rig.hub(Reset{"s-6"}).sent<ResetDone>()->ok);
  CHECK(rig.fence.stop());
  CHECK(rig.hub(Reset{"s-7"}).sent<ResetDone>()->ok);
  CHECK_FALSE(rig.fence.stop());
  CHECK(rig.beat(2).effect<GivePermit>());
}

TEST_CASE("after a reset only what was stamped after it counts") {
  FenceRig rig;
  rig.connect().drive(1).hub(Stop{"s-7", "Ada", ""}).halted();
  const Stamp before = rig.stamp();
  Command command = rig.aim(1);
  rig.advance(50).hub(Reset{"s-7"});
  REQUIRE(rig.sent<AgentBeat>());  // at once, behind reset_done
  CHECK(rig.sent<AgentBeat>()->t_ns == toNs(rig.now));
  CHECK_FALSE(rig.hub(HubBeat{1, ++rig.seq, before}).effect<GivePermit>());
  command.seq = ++rig.seq;
  CHECK(rig.hub(command).refusal() == ErrorCode::stopped);
  CHECK(rig.beat(1).effect<GivePermit>());
}

TEST_CASE("a second stop is not ended by the reset of the first") {
  FenceRig rig;
  rig.connect().hub(Stop{"s-7", "Ada", ""}).halted().hub(Stop{"s-8", "Bob", ""}).halted();
  CHECK(rig.sent<Stopped>()->id == "s-8");
  CHECK_FALSE(rig.hub(Reset{"s-7"}).sent<ResetDone>()->ok);
  CHECK(rig.hub(Reset{"s-8"}).sent<ResetDone>()->ok);
}

TEST_CASE("a stop outlives the link and is told in the next hello") {
  FenceRig rig;
  rig.connect().hub(Stop{"s-7", "Ada", "smoke"}).halted().lose().halted();
  rig.connect();
  REQUIRE(rig.sent<Hello>()->stopped);
  CHECK(*rig.sent<Hello>()->stopped == StopFacts{"s-7", "Ada", "smoke"});
  CHECK_FALSE(rig.drive(1).effect<GivePermit>());
}

TEST_CASE("commands of a driver that is lost have failed, and it is permitted again only when it is open") {
  FenceRig rig;
  rig.connect().drive(1).hub(rig.aim(1));
  rig.call([&] { rig.fence.onDriverLost("It crashed.", rig.now, rig.effects); });
  CHECK(rig.sent<CommandResult>()->outcome.state == FinalState::failed);
  CHECK_FALSE(rig.beat(1).effect<GivePermit>());
  rig.call([&] { rig.fence.onDriverOpened(rig.now, rig.effects); });
  CHECK(rig.advance(10).beat(1).effect<GivePermit>());
}

TEST_CASE("what is remembered of commands is bounded") {
  RunBook book;
  for (int i = 0; i < 5000; ++i) CHECK(book.remember("c-" + std::to_string(i)));
  CHECK_FALSE(book.remember("c-4999"));
  CHECK_FALSE(book.remember("c-4000"));
  CHECK(book.remember("c-1"));
}
