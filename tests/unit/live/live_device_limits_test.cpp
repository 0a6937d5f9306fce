// What waits for a command, and what an agent may say: each within its bounds.
#include <catch2/catch.hpp>

#include "link/picture.hpp"
#include "support/slowness.hpp"
#include "unit/live/live_bench.hpp"

using namespace robohub;
using namespace robohub::live;
using namespace robohub::live::test;
using namespace std::chrono_literals;

TEST_CASE("Of two who wait for one command each waits as long as it said") {
  LiveBench bench;
  const auto ada = person("ada");
  const auto port = bench.ready();
  Record<control::CommandState> patient, hasty;
  bench.on([&](LiveDevice& each) {
    const auto call = LiveBench::call("forget", "{}", 0, "k1");
    each.command(ada, call, 60s, [&](const control::CommandRecord& record) { patient.add(record.state); });
    each.command(ada, call, 10ms, [&](const control::CommandRecord& record) { hasty.add(record.state); });
  });
  REQUIRE(hasty.wait([](control::CommandState) { return true; }));
  bench.settle();
  CHECK(patient.all().empty());
  const auto sent = port->get<link::Command>();
  REQUIRE(sent);
  bench.says(link::CommandResult{sent->id, {link::FinalState::succeeded, std::nullopt, "", "", ""}});
  CHECK(patient.wait([](control::CommandState state) { return state == control::CommandState::succeeded; }));
}

TEST_CASE("An agent that says very much is told of once a minute, and what is too much is left out") {
  LiveBench bench;
  const auto ada = person("ada");
  const auto port = bench.ready();
  const auto page = bench.watch(ada);
  for (int i = 0; i < 500; ++i) bench.says(link::AgentEvent{link::EventLevel::info, "event " + std::to_string(i)});
  bench.settle();
  REQUIRE(page->get("event", [](const json::Object& event) {
    return RecordingPage::text(json::Object::Ptr(new json::Object(event)), "text").find("too many come at once") !=
           std::string::npos;
  }));
  const std::size_t events = page->count("event");
  CHECK(events >= 100);
  CHECK(events < 120);
  CHECK(bench.device()->view()->presence == Presence::online);
}

TEST_CASE("Pictures that no browser could show are passed on to nobody, and told of once a minute") {
  LiveBench bench;
  const auto control = bench.ready();
  const auto bulk = std::make_shared<ScriptedPort>();
  REQUIRE(bench.on([&](LiveDevice& live) { return live.bulkOnline(bulk, control->get<link::Welcome>()->link); }));
  const auto told = [](const std::string& line) { return line.find("A picture was no good") != std::string::npos; };
  const std::string cut_short = link::encodePictureHead("main", 5).value() + "\xff\xd8\xffpicture";
  for (int i = 0; i < 3; ++i) bench.on([&](LiveDevice& live) { live.picture(bulk.get(), cut_short); });
  REQUIRE(bench.log.wait(told));
  bench.settle();
  const auto lines = bench.log.all();
  CHECK(std::count_if(lines.begin(), lines.end(), told) == 1);
  CHECK_FALSE(bench.device()->view()->streams[0].live);
}

TEST_CASE("Who takes a place and gives it back in a circle is told to wait, and leaves at once whatever was before") {
  LiveBench bench;
  const auto port = bench.ready();
  const auto ada = person("ada"), bob = person("bob");
  bench.watch(ada);
  bench.watch(bob);
  const auto onlooker = bench.watch(person("eve"), 2);
  REQUIRE(bench.drive(ada, *port) > 0);
  bench.settle();
  int refused = 0;
  bench.on([&](LiveDevice& live) {
    for (int i = 0; i < 1000; ++i) {
      const Status joined = live.join(bob, false);
      if (!joined && joined.error().code == ErrorCode::exhausted) ++refused;
      live.leave(bob.id);
    }
  });
  CHECK(refused > 900);
  CHECK(bench.on([](LiveDevice& live) { return live.turn().waiting.empty(); }));
  // Others come as ever; he does a second later; and who stands in the line may say so as often as he likes.
  CHECK(bench.on([](LiveDevice& live) { return live.join(person("cleo"), false).has_value(); }));
  bench.clock.leap(1100ms);
  CHECK(bench.on([&](LiveDevice& live) { return live.join(bob, false).has_value(); }));
  CHECK(bench.on([&](LiveDevice& live) {
    int told = 0;
    for (int i = 0; i < 100; ++i) told += live.join(bob, false).has_value();
    return told == 100;
  }));
  bench.settle();
  CHECK(onlooker->count("device") < 100);
}

TEST_CASE("A moderator who holds the line again and again is told to wait, and what changes nothing is not noted") {
  LiveBench bench;
  const auto mo = person("mo");
  const auto order = [&](Moderation::Action action) {
    return bench.on([&](LiveDevice& live) { return live.moderate(mo, false, {action, {}, "cleaning"}); });
  };
  const auto noted = [&] {
    std::size_t entries = 0;
    for (const identity::AuditEntry& each : bench.audited.all())
      entries += each.action == "turn.hold" || each.action == "turn.release";
    return entries;
  };
  for (int i = 0; i < 5; ++i) CHECK(order(Moderation::Action::hold));
  CHECK(noted() == 1);
  std::size_t taken = 0;
  for (int i = 0; i < 500; ++i) {
    const Status done = order(i % 2 == 0 ? Moderation::Action::release : Moderation::Action::hold);
    if (done)
      ++taken;
    else
      CHECK(done.error().code == ErrorCode::exhausted);
  }
  CHECK(taken < 100);
  CHECK(noted() <= 1 + taken);
  // Another one is let in as ever, and so is this one a second later.
  CHECK(bench.on([](LiveDevice& live) {
    return live.moderate(person("root"), false, {Moderation::Action::release, {}, ""}).has_value();
  }));
  bench.clock.leap(1100ms);
  CHECK(order(Moderation::Action::hold));
}

TEST_CASE("A program with a token takes turns as often as it likes") {
  LiveBench bench;
  bench.ready();
  identity::Person robot = person("robot");
  robot.kind = identity::PersonKind::token;
  CHECK(bench.on([&](LiveDevice& live) {
    int joined = 0;
    for (int i = 0; i < 100; ++i) {
      joined += live.join(robot, true).has_value();
      live.leave(robot.id);
    }
    return joined == 100;
  }));
}

TEST_CASE("A hundred changes at once are there for who asks, and told in a few states of which the last is whole") {
  LiveBench bench;
  const auto onlooker = bench.watch(person("eve"), 2);
  bench.settle();
  const auto all_wait = [](const json::Object& each) {
    return each.getObject("device")->getObject("turn")->getArray("waiting")->size() == 100;
  };
  CHECK(bench.on([](LiveDevice& live) {
    for (int i = 0; i < 100; ++i) (void)live.join(person("p" + std::to_string(i)), true);
    return live.view()->turn.waiting.size() == 100;
  }));
  REQUIRE(onlooker->get("device", all_wait));
  bench.settle();
  CHECK(onlooker->count("device") < 20 * robohub::test::kSlowness);
  // A stop does not wait for its turn to be told.
  bench.on([](LiveDevice& live) {
    live.leave(person("p1").id);
    (void)live.pressStop(person("bob"), "");
  });
  bench.settle();
  CHECK(RecordingPage::text(onlooker->get("device")->getObject("device")->getObject("stop"), "state") != "none");
}

TEST_CASE("Turns that come and go too fast are left out of the log, which says how many") {
  LiveBench bench;
  const auto port = bench.ready();
  identity::Person robot = person("robot");
  robot.kind = identity::PersonKind::token;
  bench.log.clear();
  const auto turn = [&](LiveDevice& live) {
    (void)live.join(robot, true);
    live.leave(robot.id);
  };
  // Turns are numbered in blocks, of which the first is written before the first turn.
  REQUIRE(bench.drive(robot, *port, true) > 0);
  for (int i = 0; i < 200; ++i) {
    bench.on(turn);
    bench.settle();
  }
  CHECK(bench.log.all().size() < 100);
  bench.clock.leap(2s);
  bench.beat();
  bench.on([&](LiveDevice& live) { (void)live.join(robot, true); });
  CHECK(bench.log.wait([](const std::string& line) { return line.find("lines are left out") != std::string::npos; }));
}

TEST_CASE("A stop of a device on which nobody can hold a turn is ended by who may play and is not banned") {
  const std::string type = GENERATE(as<std::string>(), "test_noisy", "test_good");
  LiveBench bench(type);
  const auto port = bench.ready();
  const auto ada = person("ada"), bob = person("bob");
  bench.bans->remember(bob, "198.51.100.7");
  REQUIRE(store::waitFor<identity::Ban>(
      [&](auto done) { bench.bans->add(bob.id, "", std::chrono::hours(1), "", identity::Actor::hub(), done); }));
  bench.on([&](LiveDevice& live) { live.pressStop(person("eve"), ""); });
  bench.says(link::Stopped{port->get<link::Stop>()->id, true, ""});
  const auto reset = [&](const identity::Person& who) {
    return bench.on([&](LiveDevice& live) { return live.resetStop(who, false); });
  };
  const Status by_banned = reset(bob);
  REQUIRE_FALSE(by_banned);
  CHECK(by_banned.error().code == ErrorCode::permission_denied);
  const Status by_player = reset(ada);
  CHECK(by_player.has_value() == (type == "test_noisy"));
  CHECK(by_player.has_value() == port->get<link::Reset>(by_player ? 5000ms : 50ms).has_value());
}

TEST_CASE("A ban by address reaches those in a line whom so many came after that nobody else remembers them") {
  LiveBench bench;
  const auto ada = person("ada"), bob = person("bob"), cleo = person("cleo");
  for (const auto& each : {ada, bob}) bench.bans->remember(each, "198.51.100.7");
  bench.bans->remember(cleo, "198.51.100.8");
  for (const auto& each : {ada, bob, cleo})
    REQUIRE(bench.on([&](LiveDevice& live) { return live.join(each, true).has_value(); }));
  for (int i = 0; i < 5000; ++i) bench.bans->remember(person("crowd" + std::to_string(i)), "203.0.113.9");
  REQUIRE(bench.bans->addressOf(bob.id).empty());
  const auto line = bench.device()->view()->turn.waiting;
  REQUIRE(line.size() == 3);
  CHECK(line[0].guests_from == "198.51.100.7");

  bench.bans->recall(ada.id, line[0].name, line[0].guests_from);
  REQUIRE(store::waitFor<identity::Ban>(
      [&](auto done) { bench.bans->add(ada.id, "", std::chrono::hours(1), "", identity::Actor::hub(), done); }));
  bench.on([](LiveDevice& live) { live.enforceBans("Mo"); });
  const auto left = bench.device()->view()->turn.waiting;
  REQUIRE(left.size() == 1);
  CHECK(left[0].id == cleo.id);
}
