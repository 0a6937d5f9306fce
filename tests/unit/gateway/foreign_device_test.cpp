// The fence at the hub, over a wire that the test plays: dead-man, stop, loss, revocation, and what is told of a link
// that confirms nothing.
#include <catch2/catch.hpp>

#include "unit/gateway/fake_link.hpp"

using namespace robohub;
using namespace robohub::gateway;
using namespace robohub::gateway::test;
using control::StopState;
using link::HaltReason;

TEST_CASE("A foreign device is online with what its link can do") {
  ForeignBench foreign;
  foreign.bench.settle();
  const auto view = foreign.bench.device()->view();
  CHECK(view->presence == live::Presence::online);
  CHECK(view->link == device::Link::mqtt);
  CHECK_FALSE(view->fenced);
  CHECK(view->halt == live::HaltKind::sent);
  CHECK(view->plugin_installed);
  const std::string json = live::deviceJson(*view, foreign.bench.clock.now());
  CHECK(json.find("\"link\":\"mqtt\"") != std::string::npos);
  CHECK(json.find("\"halt\":\"sent\"") != std::string::npos);
  CHECK(json.find("\"fenced\":false") != std::string::npos);
  // What it did before the hub knew of it.
  CHECK(foreign.link->halts.all() == std::vector<HaltReason>{HaltReason::link_lost});
}

TEST_CASE("A foreign device carries out the commands of a turn and nothing of another") {
  ForeignBench foreign;
  const Epoch epoch = foreign.drive();
  REQUIRE(epoch != 0);
  const auto done = foreign.command("on", "{\"on\":true}", epoch);
  CHECK(done.state == control::CommandState::succeeded);
  const auto run = foreign.link->runs.wait([](const link::RunCommand& each) { return each.name == "on"; });
  REQUIRE(run);
  CHECK(run->params_json == "{\"on\":true}");
  CHECK(run->epoch == epoch);
  CHECK_FALSE(foreign.link->permits.all().empty());

  CHECK(foreign.command("on", "{\"on\":true}", epoch, "bob").state == control::CommandState::refused);
  CHECK(foreign.command("on", "{\"on\":true}", epoch + 5).state == control::CommandState::refused);
  CHECK(foreign.link->runs.all().size() == 1);
}

TEST_CASE("Runs of two links never have the same number, so that a late answer of the first ends none of the second") {
  ForeignBench one, two;
  REQUIRE(one.command("on", "{\"on\":true}", one.drive()).state == control::CommandState::succeeded);
  REQUIRE(two.command("on", "{\"on\":true}", two.drive()).state == control::CommandState::succeeded);
  REQUIRE(one.link->runs.all().size() == 1);
  REQUIRE(two.link->runs.all().size() == 1);
  CHECK(one.link->runs.all()[0].run != two.link->runs.all()[0].run);
}

TEST_CASE("A command of a turn that is over is refused by the fence too") {
  ForeignBench foreign;
  const Epoch epoch = foreign.drive();
  REQUIRE(epoch != 0);
  const auto stale = [&] {
    link::Command command;
    command.id = "c-900";
    command.epoch = epoch;
    command.seq = 900;
    command.stamp = {foreign.foreign->nonce(), toNs(foreign.bench.clock.now())};
    command.ttl_ms = 2000;
    command.name = "on";
    command.params_json = "{\"on\":true}";
    command.feeds = true;
    return command;
  };
  foreign.bench.on([&](live::LiveDevice& device) { device.leave(live::test::person("ada").id); });
  foreign.bench.on([&](live::LiveDevice&) { foreign.foreign->send(stale()); });
  CHECK(foreign.link->runs.all().empty());
  CHECK_FALSE(foreign.bench.on([&](live::LiveDevice&) {
    return foreign.foreign->permitted(foreign.foreign->device()->services().clock.now());
  }));
}

TEST_CASE("Outputs of a foreign device end when whoever drives falls silent") {
  ForeignBench foreign;
  const Epoch epoch = foreign.drive();
  foreign.link->halts.clear();
  REQUIRE(foreign.command("on", "{\"on\":true}", epoch).state == control::CommandState::succeeded);
  const auto before = std::chrono::steady_clock::now();
  REQUIRE(foreign.link->halted(HaltReason::deadman));
  const auto took = std::chrono::steady_clock::now() - before;
  CHECK(took < std::chrono::milliseconds(600));  // a dead-man of 300 ms
  // Alive again: the next command moves it.
  CHECK(foreign.command("on", "{\"on\":true}", epoch).state == control::CommandState::succeeded);
}

TEST_CASE("The end of a turn halts a foreign device") {
  ForeignBench foreign;
  const Epoch epoch = foreign.drive();
  REQUIRE(foreign.command("on", "{\"on\":true}", epoch).state == control::CommandState::succeeded);
  foreign.link->halts.clear();
  foreign.bench.on([&](live::LiveDevice& device) { device.leave(live::test::person("ada").id); });
  CHECK(foreign.link->halted(HaltReason::turn_over));
}

TEST_CASE("A stop over an unfenced link is sent, never called confirmed, and can be ended") {
  ForeignBench foreign;
  const Epoch epoch = foreign.drive();
  REQUIRE(foreign.command("on", "{\"on\":true}", epoch).state == control::CommandState::succeeded);
  foreign.press();
  REQUIRE(foreign.link->halted(HaltReason::stop));
  REQUIRE(foreign.stopBecomes(StopState::unconfirmed));
  CHECK(foreign.stop().message == "Sent; this link cannot confirm it.");
  CHECK(foreign.command("on", "{\"on\":true}", epoch).state == control::CommandState::refused);
  REQUIRE(
      foreign.bench.on([](live::LiveDevice& device) { return device.resetStop(live::test::person("root"), true); }));
  CHECK(foreign.stopBecomes(StopState::none));
}

TEST_CASE("A stop that could not even be sent stays so and cannot be ended") {
  ForeignBench foreign;
  foreign.link->sends = false;
  foreign.press();
  REQUIRE(foreign.stopBecomes(StopState::unconfirmed));
  CHECK(foreign.stop().message == "The wire is full.");
  REQUIRE(
      foreign.bench.on([](live::LiveDevice& device) { return device.resetStop(live::test::person("root"), true); }));
  CHECK(ForeignBench::eventually([&] { return !foreign.stop().resetting; }));
  CHECK(foreign.stop().state == StopState::unconfirmed);
}

TEST_CASE("A halt that could not be sent is told, tried again until it is, and driving goes on behind it") {
  ForeignBench foreign;
  const Epoch epoch = foreign.drive();
  REQUIRE(foreign.command("on", "{\"on\":true}", epoch).state == control::CommandState::succeeded);
  foreign.link->halts.clear();
  foreign.link->sends = false;
  REQUIRE(foreign.link->halted(HaltReason::deadman));
  REQUIRE(foreign.bench.log.wait(
      [](const std::string& line) { return line.find("could not be told to stop") != std::string::npos; }));
  CHECK(foreign.command("on", "{\"on\":true}", epoch).state == control::CommandState::refused);
  const std::size_t tried = foreign.link->halts.all().size();
  CHECK(ForeignBench::eventually([&] { return foreign.link->halts.all().size() > tried; }));
  foreign.link->sends = true;
  REQUIRE(foreign.bench.log.wait(
      [](const std::string& line) { return line.find("was told to stop now") != std::string::npos; }));
  const std::size_t sent = foreign.link->halts.all().size();
  CHECK(foreign.command("on", "{\"on\":true}", epoch).state == control::CommandState::succeeded);
  // Whoever drives falls silent again: one more, and none of the older ones.
  REQUIRE(ForeignBench::eventually([&] { return foreign.link->halts.all().size() == sent + 1; }));
}

TEST_CASE("A stop that could be sent only later counts as sent then") {
  ForeignBench foreign;
  foreign.link->sends = false;
  foreign.press();
  REQUIRE(foreign.stopBecomes(StopState::unconfirmed));
  foreign.link->sends = true;
  CHECK(ForeignBench::eventually([&] { return foreign.stop().message == "Sent; this link cannot confirm it."; }));
}

TEST_CASE("Where nothing stops a device from here, a stop says so") {
  ForeignBench foreign(live::HaltKind::none);
  foreign.press();
  REQUIRE(foreign.stopBecomes(StopState::unconfirmed));
  CHECK(foreign.stop().message == "This device cannot be stopped from here.");
  CHECK(foreign.link->halts.all().empty());
}

TEST_CASE("A stop over a fenced foreign link is confirmed") {
  ForeignBench foreign(live::HaltKind::local, false, true);
  foreign.press();
  CHECK(foreign.stopBecomes(StopState::confirmed));
}

TEST_CASE("Hazards over an unfenced link need the setting, and the device says why") {
  ForeignBench foreign(live::HaltKind::sent, false);
  CHECK(foreign.isOnline());
  const auto joined =
      foreign.bench.on([](live::LiveDevice& device) { return device.join(live::test::person("ada"), true); });
  REQUIRE_FALSE(joined);
  CHECK(joined.error().code == ErrorCode::permission_denied);
  CHECK(joined.error().message.find("accept_unfenced") != std::string::npos);
  CHECK(foreign.bench.log.wait(
      [](const std::string& line) { return line.find("accept_unfenced") != std::string::npos; }));
}

TEST_CASE("Taking the setting back ends turns on unfenced hazards") {
  ForeignBench foreign;
  REQUIRE(foreign.drive() != 0);
  foreign.bench.accepts_unfenced = false;
  foreign.bench.on([&](live::LiveDevice& device) { device.configure(foreign.bench.turns); });
  CHECK_FALSE(foreign.bench.on([](live::LiveDevice& device) { return device.turn().holder.has_value(); }));
}

TEST_CASE("A foreign device whose wire is lost is offline, and what ran may have happened") {
  ForeignBench foreign;
  foreign.link->answers = false;
  const Epoch epoch = foreign.drive();
  auto call = live::test::LiveBench::call("on", "{\"on\":true}", epoch);
  call.from_program = true;
  std::promise<control::CommandRecord> done;
  foreign.bench.on([&](live::LiveDevice& device) {
    device.command(live::test::person("ada"), call, std::chrono::seconds(5),
                   [&](const control::CommandRecord& record) { done.set_value(record); });
  });
  REQUIRE(foreign.link->runs.wait([](const link::RunCommand&) { return true; }));
  foreign.bench.on([&](live::LiveDevice&) { foreign.foreign->lost(); });
  CHECK(done.get_future().get().state == control::CommandState::unknown);
  CHECK_FALSE(foreign.isOnline());
  CHECK(foreign.link->ends.all().empty());
  CHECK(foreign.foreign->over());
}

TEST_CASE("Only the link of a device that is no longer wanted ends for good") {
  ForeignBench silent;
  silent.bench.on([&](live::LiveDevice&) { silent.foreign->end("silent"); });
  CHECK(silent.link->ends.all() == std::vector<std::string>{"silent"});
  CHECK_FALSE(silent.link->ends_for_good);

  ForeignBench replaced;
  const auto before = replaced.link;
  replaced.connect();
  CHECK(before->ends_for_good);

  ForeignBench revoked;
  revoked.bench.on([&](live::LiveDevice& device) { device.retire(); });
  CHECK(revoked.link->ends_for_good);
}

TEST_CASE("A command that ends later is answered later") {
  ForeignBench foreign;
  foreign.link->answers = false;
  const Epoch epoch = foreign.drive();
  auto call = live::test::LiveBench::call("on", "{\"on\":true}", epoch);
  call.from_program = true;
  std::promise<control::CommandRecord> done;
  foreign.bench.on([&](live::LiveDevice& device) {
    device.command(live::test::person("ada"), call, std::chrono::seconds(5),
                   [&](const control::CommandRecord& record) { done.set_value(record); });
  });
  const auto run = foreign.link->runs.wait([](const link::RunCommand&) { return true; });
  REQUIRE(run);
  foreign.bench.on([&](live::LiveDevice&) {
    foreign.foreign->finished(run->run, {link::FinalState::failed, ErrorCode::unavailable, "It is stuck.", {}, {}});
  });
  const auto record = done.get_future().get();
  CHECK(record.state == control::CommandState::failed);
  CHECK(record.error->message == "It is stuck.");
}

TEST_CASE("A second link of a foreign device takes the place of the first") {
  ForeignBench foreign;
  const auto first = foreign.link;
  const auto former = foreign.foreign;
  foreign.connect();
  CHECK(first->ends.wait([](const std::string&) { return true; }));
  CHECK(former->over());
  CHECK(foreign.isOnline());
  foreign.bench.on([&](live::LiveDevice&) { former->lost(); });
  CHECK(foreign.isOnline());
}

TEST_CASE("A revoked foreign device is halted and its wire closed") {
  ForeignBench foreign;
  const Epoch epoch = foreign.drive();
  REQUIRE(foreign.command("on", "{\"on\":true}", epoch).state == control::CommandState::succeeded);
  foreign.link->halts.clear();
  std::promise<Status> revoked;
  foreign.bench.registry->revoke(foreign.bench.id, [&](Status status) { revoked.set_value(std::move(status)); });
  REQUIRE(revoked.get_future().get());
  CHECK(foreign.link->ends.wait([](const std::string&) { return true; }));
  CHECK_FALSE(foreign.link->halts.all().empty());
}

TEST_CASE("Values of a foreign device are checked, and bad ones told once a minute") {
  ForeignBench foreign;
  const auto page = foreign.bench.watch(live::test::person("ada"));
  foreign.bench.on([&](live::LiveDevice&) {
    foreign.foreign->publish("output", "{\"on\":true,\"n\":3}");
    foreign.foreign->publish("output", "{\"on\":\"yes\",\"n\":3}");
    foreign.foreign->publish("output", "{\"on\":true");
    foreign.foreign->publish("nothing", "{}");
  });
  REQUIRE(page->get("telemetry"));
  foreign.bench.settle();
  CHECK(page->count("telemetry") == 1);
  std::size_t told = 0;
  for (const std::string& line : foreign.bench.log.all()) told += line.find("no good") != std::string::npos;
  CHECK(told == 1);
}

TEST_CASE("Without the plugin a foreign device can only be stopped") {
  ForeignBench foreign;
  foreign.facts.link.type = nullptr;
  foreign.connect();
  CHECK(foreign.isOnline());
  CHECK(foreign.command("on", "{\"on\":true}", 1).state == control::CommandState::refused);
  foreign.press();
  CHECK(foreign.link->halted(HaltReason::stop));
  CHECK(foreign.bench.log.wait(
      [](const std::string& line) { return line.find("not installed here") != std::string::npos; }));
}

TEST_CASE("Interest in a stream reaches the wire, and its pictures the hub") {
  ForeignBench foreign;
  const auto stream = foreign.bench.device()->stream("main");
  REQUIRE(stream);
  foreign.bench.on([&](live::LiveDevice&) {
    stream->awaitPicture(foreign.bench.device()->loop(), std::chrono::seconds(1), [](media::PicturePtr) {});
  });
  CHECK(foreign.link->watched.wait([](const auto& each) { return each.first == "main" && each.second; }));
  foreign.bench.on([&](live::LiveDevice&) { foreign.foreign->picture("main", "\xff\xd8\xffpicture\xff\xd9"); });
  CHECK(stream->newest() != nullptr);
}

TEST_CASE("A foreign device's picture that is cut short is told of") {
  ForeignBench foreign;
  foreign.bench.on([&](live::LiveDevice&) { foreign.foreign->picture("main", "\xff\xd8\xffpicture"); });
  CHECK(foreign.bench.log.wait(
      [](const std::string& line) { return line.find("its picture is not a whole JPEG") != std::string::npos; }));
}
