// People's side of a device: the line, commands and who waits for them, stops.
#include <catch2/catch.hpp>

#include "live/live_device.hpp"
#include "unit/live/live_bench.hpp"

using namespace robohub;
using namespace robohub::live;
using namespace robohub::live::test;
using control::CommandState;

namespace {

std::string textIn(const json::Object& object, const std::string& key) {
  return json::getString(object, key).value_or("");
}

}  // namespace

TEST_CASE("Who comes first drives, who comes next is told the place, and the others see both") {
  LiveBench bench;
  const auto port = bench.ready();
  const auto ada = person("ada"), bob = person("bob");
  const auto ada_page = bench.watch(ada, 0), bob_page = bench.watch(bob, 1);
  const auto onlooker = bench.watch(person("eve"), 2);
  const Epoch epoch = bench.drive(ada, *port);
  REQUIRE(epoch > 0);
  const auto mine = ada_page->get("you", [](const json::Object& you) { return textIn(you, "state") == "active"; });
  REQUIRE(mine);
  CHECK(mine->getValue<Epoch>("epoch") == epoch);

  REQUIRE(bench.on([&](LiveDevice& live) { return live.join(bob, false); }));
  const auto place = bob_page->get("you", [](const json::Object& you) { return textIn(you, "state") == "waiting"; });
  REQUIRE(place);
  CHECK(place->getValue<int>("place") == 1);
  CHECK(place->getValue<int>("estimate_ms") > 0);
  const auto seen = onlooker->get("device", [](const json::Object& each) {
    const auto turn = each.getObject("device")->getObject("turn");
    return !turn->isNull("holder") && turn->getArray("waiting")->size() == 1;
  });
  REQUIRE(seen);
  const auto turn = seen->getObject("device")->getObject("turn");
  CHECK(turn->getObject("holder")->getValue<std::string>("name") == "ada");
  CHECK(turn->getArray("waiting")->getObject(0)->getValue<std::string>("name") == "bob");
  bench.settle();
  CHECK(onlooker->count("you") == 1);
  CHECK(onlooker->count("stamp") == 0);

  bench.on([&](LiveDevice& live) { live.leave(ada.id); });
  CHECK(port->get<link::End>()->epoch == epoch);
  CHECK(bob_page->get("you", [](const json::Object& you) { return textIn(you, "state") == "active"; }));
  const auto over = ada_page->get("you", [](const json::Object& you) { return textIn(you, "reason") == "gave_back"; });
  REQUIRE(over);
  CHECK(textIn(*over, "state") == "none");
}

TEST_CASE("Stamps go to the pages of the holder, and only the holder's answers are passed on") {
  LiveBench bench;
  const auto port = bench.ready();
  const auto ada = person("ada"), bob = person("bob");
  const auto first_tab = bench.watch(ada, 0), second_tab = bench.watch(ada, 1), bob_page = bench.watch(bob, 1);
  const Epoch epoch = bench.drive(ada, *port);
  bench.beat();
  const auto told = first_tab->get("stamp");
  REQUIRE(told);
  REQUIRE(second_tab->get("stamp"));
  CHECK(told->getValue<Epoch>("epoch") == epoch);
  const auto stamp = link::Stamp::parse(textIn(*told, "stamp"));
  REQUIRE(stamp);
  REQUIRE(bench.on([&](LiveDevice& live) { return live.drive(ada.id, 1, first_tab, 0, false); }));
  bench.on([&](LiveDevice& live) { live.beat(bob.id, 1, epoch, *stamp); });
  bench.on([&](LiveDevice& live) { live.beat(ada.id, 1, epoch + 1, *stamp); });
  CHECK(port->count<link::HubBeat>() == 0);
  bench.on([&](LiveDevice& live) { live.beat(ada.id, 1, epoch, *stamp); });
  CHECK(port->get<link::HubBeat>()->stamp == *stamp);
  bench.settle();
  CHECK(bob_page->count("stamp") == 0);
}

TEST_CASE("Of a person's windows only the one that drives keeps the device alive") {
  LiveBench bench;
  const auto port = bench.ready();
  const auto ada = person("ada"), bob = person("bob");
  const auto laptop = bench.watch(ada, 0), phone = bench.watch(ada, 1);
  const Epoch epoch = bench.drive(ada, *port);
  REQUIRE(bench.on([&](LiveDevice& live) { return live.drive(ada.id, 1, laptop, 0, false); }));
  CHECK(laptop->get("driver")->getValue<bool>("you"));
  bench.beat();
  const auto stamp = link::Stamp::parse(textIn(*phone->get("stamp"), "stamp"));
  REQUIRE(stamp);

  const auto beatOf = [&](std::uint64_t window) {
    bench.on([&](LiveDevice& live) { live.beat(ada.id, window, epoch, *stamp); });
  };
  beatOf(2);
  CHECK(port->count<link::HubBeat>() == 0);
  CHECK_FALSE(bench.on([&](LiveDevice& live) { return live.drive(ada.id, 2, phone, 1, true); }));
  CHECK_FALSE(bench.on([&](LiveDevice& live) { return live.drive(bob.id, 3, phone, 1, false); }));

  SECTION("the other one takes over, and the first falls silent") {
    REQUIRE(bench.on([&](LiveDevice& live) { return live.drive(ada.id, 2, phone, 1, false); }));
    CHECK(laptop->get("driver", [](const json::Object& told) { return !told.getValue<bool>("you"); }));
    beatOf(1);
    CHECK(port->count<link::HubBeat>() == 0);
    beatOf(2);
    CHECK(port->get<link::HubBeat>());
  }
  SECTION("the one that drives is closed, and nobody's beats count until another one asks") {
    bench.on([&](LiveDevice& live) { live.unwatch(ada.id, 0, 1); });
    beatOf(1);
    beatOf(2);
    CHECK(port->count<link::HubBeat>() == 0);
    REQUIRE(bench.on([&](LiveDevice& live) { return live.drive(ada.id, 2, phone, 1, true); }));
    beatOf(2);
    CHECK(port->get<link::HubBeat>());
  }
}

TEST_CASE("A page that comes back to its turn keeps the device alive at once, before the permit of the last one ends") {
  LiveBench bench;
  const auto port = bench.ready();
  const auto ada = person("ada");
  const auto first = bench.watch(ada, 0);
  const Epoch epoch = bench.drive(ada, *port);
  bench.on([&](LiveDevice& live) { live.unwatch(ada.id, 0, 1); });
  const auto again = bench.watch(ada, 1);
  REQUIRE(bench.on([&](LiveDevice& live) { return live.drive(ada.id, 2, again, 1, false); }));
  // No beat of the agent has come meanwhile.
  const auto told = again->get("stamp");
  REQUIRE(told);
  const auto stamp = link::Stamp::parse(textIn(*told, "stamp"));
  REQUIRE(stamp);
  bench.on([&](LiveDevice& live) { live.beat(ada.id, 2, epoch, *stamp); });
  CHECK(port->get<link::HubBeat>());
}

TEST_CASE("A person in two tabs has one place, kept until the last one is closed and for a while after") {
  LiveBench bench;
  bench.turns.grace = 200ms;
  bench.restart();
  const auto port = bench.ready();
  const auto ada = person("ada");
  const auto first = bench.watch(ada, 0), second = bench.watch(ada, 1);
  const Epoch epoch = bench.drive(ada, *port);
  CHECK(bench.on([&](LiveDevice& live) { return live.join(ada, false); }));
  CHECK(bench.device()->view()->turn.waiting.empty());
  bench.unwatch(first, 0);
  CHECK_FALSE(bench.device()->view()->turn.grace);
  bench.unwatch(second, 1);
  CHECK(bench.device()->view()->turn.grace);
  const auto back = bench.watch(ada, 2);
  CHECK_FALSE(bench.device()->view()->turn.grace);
  CHECK(bench.device()->view()->turn.epoch == epoch);
  bench.unwatch(back, 2);
  const auto watcher = bench.watch(person("eve"), 0);
  CHECK(watcher->get("device", [](const json::Object& each) {
    return each.getObject("device")->getObject("turn")->isNull("holder");
  }));
  CHECK(port->get<link::End>()->epoch == epoch);
}

TEST_CASE("Parameters are checked against the schema of the command before the device hears of them") {
  LiveBench bench;
  const auto port = bench.ready();
  const auto ada = person("ada");
  const auto page = bench.watch(ada);
  const auto refused = [&](const std::string& name, const std::string& params) {
    const auto record = bench.on([&](LiveDevice& live) { return live.command(ada, LiveBench::call(name, params)); });
    REQUIRE(record.state == CommandState::refused);
    REQUIRE(record.error);
    CHECK_FALSE(record.error->message.empty());
    return *record.error;
  };
  CHECK(refused("add", "{\"a\":1001,\"b\":2}").where == "/params/a");
  CHECK(refused("add", "{\"a\":1,\"b\":-1001}").where == "/params/b");
  CHECK(refused("add", "{\"a\":1,\"b\":\"2\"}").where == "/params/b");
  CHECK(refused("add", "{\"a\":1,\"b\":1.5}").where == "/params/b");
  CHECK(refused("add", "{\"a\":1}").where.find("/params") == 0);
  CHECK(refused("add", "{\"a\":1,\"b\":2,\"c\":3}").where.find("/params") == 0);
  CHECK(refused("nothing", "{}").code == ErrorCode::not_found);
  CHECK(refused("", "{}").code == ErrorCode::not_found);
  CHECK(port->count<link::Command>() == 0);
  CHECK(page->get("command", [](const json::Object& each) {
    return textIn(each, "state") == "refused" && textIn(*each.getObject("error"), "pointer") == "/params/a";
  }));
  const auto on_limit =
      bench.on([&](LiveDevice& live) { return live.command(ada, LiveBench::call("add", "{\"a\":1000,\"b\":-1000}")); });
  CHECK(on_limit.state == CommandState::sent);
}

TEST_CASE("A command that needs the turn is refused to everybody else and to a turn that is over") {
  LiveBench bench;
  const auto port = bench.ready();
  const auto ada = person("ada"), bob = person("bob");
  bench.watch(ada);
  bench.watch(bob);
  const Epoch epoch = bench.drive(ada, *port);
  const auto on = [&](const identity::Person& who, Epoch of) {
    return bench.on([&](LiveDevice& live) { return live.command(who, LiveBench::call("on", "{\"on\":true}", of)); });
  };
  CHECK(on(bob, epoch).error->code == ErrorCode::conflict);
  CHECK(on(ada, epoch - 1).error->code == ErrorCode::stale);
  CHECK(on(ada, 0).error->code == ErrorCode::stale);
  CHECK(port->count<link::Command>() == 0);
  CHECK(on(ada, epoch).state == CommandState::sent);
  CHECK(port->get<link::Command>()->epoch == epoch);
}

TEST_CASE("The same idempotency key twice executes once and answers both alike") {
  LiveBench bench;
  const auto port = bench.ready();
  const auto ada = person("ada");
  Record<control::CommandRecord> ends;
  const auto send = [&](const std::string& params, const identity::Person& who) {
    return bench.on([&](LiveDevice& live) {
      return live.command(who, LiveBench::call("add", params, 0, "key-1"), 10s,
                          [&](const control::CommandRecord& record) { ends.add(record); });
    });
  };
  const auto first = send("{\"a\":1,\"b\":2}", ada);
  const auto second = send("{\"a\":1,\"b\":2}", ada);
  CHECK(first.id == second.id);
  CHECK(port->count<link::Command>() == 1);
  CHECK(send("{\"a\":1,\"b\":3}", ada).error->code == ErrorCode::conflict);
  CHECK(send("{\"a\":1,\"b\":2}", person("bob")).state == CommandState::sent);
  CHECK(port->count<link::Command>() == 2);

  bench.says(link::Ack{first.id});
  bench.says(link::CommandResult{first.id, {link::FinalState::succeeded, std::nullopt, "", "", "{\"sum\":3}"}});
  CHECK(send("{\"a\":1,\"b\":2}", ada).state == CommandState::succeeded);
  CHECK(port->count<link::Command>() == 2);
  int succeeded = 0;
  for (const auto& record : ends.all()) succeeded += record.state == CommandState::succeeded;
  CHECK(succeeded == 3);
}

TEST_CASE("Who waits for a command is answered once, in whichever way it ends") {
  LiveBench bench;
  const auto port = bench.ready();
  const auto ada = person("ada");
  Record<control::CommandRecord> ends;
  const auto send = [&](Duration wait, const std::string& name = "forget", const std::string& params = "{}") {
    return bench.on([&](LiveDevice& live) {
      return live.command(ada, LiveBench::call(name, params), wait,
                          [&](const control::CommandRecord& record) { ends.add(record); });
    });
  };
  const auto ended = [&] { return ends.wait([](const auto&) { return true; }); };

  SECTION("it succeeds") {
    const auto record = send(10s);
    bench.says(link::Ack{record.id});
    CHECK(ends.all().empty());
    bench.says(link::CommandResult{record.id, {link::FinalState::succeeded, std::nullopt, "", "", ""}});
    CHECK(ended()->state == CommandState::succeeded);
    CHECK(ended()->acknowledged);
  }
  SECTION("it fails") {
    const auto record = send(10s);
    bench.says(link::CommandResult{record.id, {link::FinalState::failed, ErrorCode::unavailable, "No power.", "", ""}});
    CHECK(ended()->state == CommandState::failed);
    CHECK(ended()->error->message == "No power.");
  }
  SECTION("it is refused at once") {
    send(10s, "add", "{}");
    CHECK(ended()->state == CommandState::refused);
  }
  SECTION("the agent refuses it") {
    const auto record = send(10s);
    bench.says(link::CommandResult{record.id, {link::FinalState::refused, ErrorCode::stale, "Too late.", "", ""}});
    CHECK(ended()->state == CommandState::refused);
  }
  SECTION("the link is lost") {
    send(10s);
    bench.on([&](LiveDevice& live) { live.agentLost({1, 1}); });
    CHECK(ended()->state == CommandState::unknown);
  }
  SECTION("a new link comes") {
    send(10s);
    bench.ready(2);
    CHECK(ended()->state == CommandState::unknown);
  }
  SECTION("nobody answers in its time") {
    send(60s);
    bench.clock.leap(2s);
    bench.beat();
    CHECK(ends.all().empty());
    bench.clock.leap(1s);
    bench.beat();
    CHECK(ended()->state == CommandState::expired);
    CHECK(port->count<link::Cancel>() == 1);
  }
  SECTION("the wait is over first, and the end comes later") {
    const auto record = send(10ms);
    CHECK(ended()->state == CommandState::sent);
    bench.says(link::CommandResult{record.id, {link::FinalState::succeeded, std::nullopt, "", "", ""}});
  }
  SECTION("without any wait") {
    send(0ms);
    CHECK(ended()->state == CommandState::sent);
  }
  bench.settle();
  CHECK(ends.all().size() == 1);
}

TEST_CASE("A person who is revoked loses turn and place at once") {
  LiveBench bench;
  const auto port = bench.ready();
  const auto ada = person("ada"), bob = person("bob");
  const auto page = bench.watch(ada);
  bench.watch(bob);
  const Epoch epoch = bench.drive(ada, *port);
  REQUIRE(bench.on([&](LiveDevice& live) { return live.join(bob, false); }));
  bench.devices->revoke(ada.id);
  bench.settle();
  CHECK(bench.device()->view()->turn.holder->id == bob.id);
  CHECK(port->get<link::End>()->epoch == epoch);
  CHECK(page->get("you", [](const json::Object& you) { return textIn(you, "reason") == "taken"; }));
}

TEST_CASE("A program takes turns without a page, and loses the turn when it falls silent") {
  LiveBench bench;
  bench.turns.program_idle = 5s;
  bench.restart();
  const auto port = bench.ready();
  const auto robot = person("robot");
  const Epoch epoch = bench.drive(robot, *port, true);
  REQUIRE(epoch > 0);
  auto call = LiveBench::call("on", "{\"on\":true}");
  call.from_program = true;
  CHECK(bench.on([&](LiveDevice& live) { return live.command(robot, call); }).state == CommandState::sent);
  CHECK(port->get<link::Command>()->feeds);
  const auto later = [&] {
    bench.clock.leap(2s);
    bench.beat();
  };
  later();
  bench.on([&](LiveDevice& live) { live.touch(robot.id); });
  later();
  later();
  CHECK(bench.device()->view()->turn.holder);
  later();
  CHECK_FALSE(bench.device()->view()->turn.holder);
}

TEST_CASE("The holder of a harmless device ends a stop, on a hazardous one only an administrator does") {
  const std::string type = GENERATE(as<std::string>(), "test_noisy", "test_good");
  LiveBench bench(type);
  const auto port = bench.ready();
  const auto ada = person("ada");
  bench.watch(ada);
  REQUIRE(bench.drive(ada, *port) > 0);
  bench.on([&](LiveDevice& live) { live.pressStop(person("bob"), ""); });
  bench.says(link::Stopped{port->get<link::Stop>()->id, true, ""});
  const Status by_holder = bench.on([&](LiveDevice& live) { return live.resetStop(ada, false); });
  CHECK(by_holder.has_value() == (type == "test_noisy"));
  if (!by_holder) {
    CHECK(by_holder.error().code == ErrorCode::permission_denied);
    CHECK(bench.on([&](LiveDevice& live) { return live.resetStop(person("root"), true); }));
  }
  CHECK(port->get<link::Reset>());
}

TEST_CASE("A device that is enrolled again under its id has a new life, and the old one ends") {
  LiveBench bench;
  const auto former = bench.device();
  const auto page = bench.watch(person("ada"));
  store::waitFor<device::Enrolment>([&](auto done) {
    bench.registry->enrol(bench.id, "test_noisy", "New", done);
  }).value();
  CHECK(bench.device() != former);
  CHECK(page->get("device_gone"));
  bench.settle();
  CHECK(bench.device()->view()->type == "test_noisy");
}

TEST_CASE("Of the events of a device the newest fifty are told to who comes later") {
  LiveBench bench;
  bench.ready();
  for (int i = 0; i < 80; ++i) bench.says(link::AgentEvent{link::EventLevel::info, "line " + std::to_string(i)});
  const auto page = bench.watch(person("ada"));
  REQUIRE(page->get("event", [](const json::Object& each) { return textIn(each, "text") == "line 79"; }));
  CHECK(page->count("event") == 50);
}
