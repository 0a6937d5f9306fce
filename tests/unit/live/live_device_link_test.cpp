// The agent's side of a device: hello, versions, the two links, pictures, epochs and stops that outlive the hub.
#include <catch2/catch.hpp>

#include "link/picture.hpp"
#include "live/live_device.hpp"
#include "unit/live/live_bench.hpp"

using namespace robohub;
using namespace robohub::live;
using namespace robohub::live::test;

namespace {

control::CommandRecord add(LiveBench& bench, const identity::Person& who) {
  return bench.on([&](LiveDevice& live) { return live.command(who, LiveBench::call("add", "{\"a\":1,\"b\":2}")); });
}

}  // namespace

TEST_CASE("A device that never had an agent is shown so, with what its type has") {
  LiveBench bench;
  bench.settle();
  const auto view = bench.device()->view();
  CHECK(view->presence == Presence::never);
  CHECK(view->plugin_version.empty());
  CHECK(view->hazards == std::vector<std::string>{"light"});
  CHECK(view->streams.size() == 2);  // pictures and sound
  CHECK(view->type_info_json.find("\"add\"") != std::string::npos);
}

TEST_CASE("What everybody sees of a device is whole from the first moment") {
  LiveBench bench;
  const DeviceId id = *DeviceId::parse("another");
  store::waitFor<device::Enrolment>([&](auto done) { bench.registry->enrol(id, "test_good", "", done); }).value();
  const auto view = bench.devices->find(id)->view();
  CHECK(view->hazards == std::vector<std::string>{"light"});
  CHECK_FALSE(view->type_info_json.empty());
}

TEST_CASE("An agent of the right type and version comes online") {
  LiveBench bench;
  const auto port = bench.ready();
  const auto welcome = port->get<link::Welcome>();
  REQUIRE(welcome);
  CHECK(welcome->hub == "0.1.0-test");
  CHECK(welcome->link.size() == 32);
  const auto view = bench.device()->view();
  CHECK(view->presence == Presence::online);
  CHECK(view->plugin_version == "1.0.0");
  CHECK(view->plugin_installed);
  CHECK(view->deadman_ms == 300);
  CHECK(add(bench, person("ada")).state == control::CommandState::sent);
  CHECK(port->get<link::Command>()->name == "add");
}

TEST_CASE("An agent that runs another type is refused and changes nothing") {
  LiveBench bench;
  auto hello = bench.hello();
  hello.plugin.type = "test_noisy";
  const auto port = bench.online(hello);
  const auto refused = port->get<link::Refused>();
  REQUIRE(refused);
  CHECK(refused->message.find("test_good") != std::string::npos);
  CHECK(refused->message.find("test_noisy") != std::string::npos);
  CHECK(port->closed() == link::kCloseRefused);
  CHECK(bench.device()->view()->presence == Presence::never);
}

TEST_CASE("With a version or manifest that is not installed only stop works") {
  LiveBench bench;
  auto hello = bench.hello();
  SECTION("the version is unknown") {
    hello.plugin.version = "9.9.9";
  }
  SECTION("the manifest differs") {
    hello.plugin.manifest = std::string(64, 'a');
  }
  const auto ada = person("ada");
  const auto port = bench.online(hello);
  bench.beat();
  CHECK(bench.device()->view()->presence == Presence::online);
  CHECK_FALSE(bench.device()->view()->plugin_installed);

  const auto refused = add(bench, ada);
  CHECK(refused.state == control::CommandState::refused);
  REQUIRE(refused.error);
  CHECK(refused.error->code == ErrorCode::unsupported);
  bench.watch(ada);
  CHECK(bench.on([&](LiveDevice& live) { return live.join(ada, false); }));
  bench.beat();
  CHECK(port->count<link::Grant>() == 0);

  bench.on([&](LiveDevice& live) { live.pressStop(ada, "now"); });
  const auto stop = port->get<link::Stop>();
  REQUIRE(stop);
  CHECK(stop->by == "ada");
  bench.says(link::Stopped{stop->id, true, ""});
  CHECK(bench.device()->view()->stop.state == control::StopState::confirmed);
}

TEST_CASE("A second control link replaces the first, whose end is nobody's loss") {
  LiveBench bench;
  const auto ada = person("ada");
  bench.watch(ada);
  const auto first = bench.ready(1);
  const Epoch epoch = bench.drive(ada, *first);
  REQUIRE(epoch > 0);
  const auto second = bench.ready(2);
  CHECK(first->closed() == link::kCloseReplaced);
  bench.on([&](LiveDevice& live) { live.agentLost({1, 1}); });
  CHECK(bench.device()->view()->presence == Presence::online);
  // The same turn goes on, on the new link.
  const auto grant = second->get<link::Grant>();
  REQUIRE(grant);
  CHECK(grant->epoch == epoch);
  CHECK(grant->stamp.nonce == link::Nonce{2, 2});
  CHECK(first->get<link::Welcome>()->turn == 0);
  CHECK(second->get<link::Welcome>()->epoch_floor < epoch);
  CHECK(second->get<link::Welcome>()->turn == epoch);  // so that it begins nothing anew
  const auto sent = first->messages.all().size();
  bench.says(link::AgentBeat{9'000'000'000, false, 0}, 1);
  CHECK(first->messages.all().size() == sent);
}

TEST_CASE("An agent that says nothing for three seconds is offline") {
  LiveBench bench;
  const auto port = bench.ready();
  const auto page = bench.watch(person("ada"));
  bench.clock.leap(3100ms);
  bench.on([&](LiveDevice& live) { live.touch(person("ada").id); });
  CHECK(port->closed() == 1011);
  CHECK(bench.device()->view()->presence == Presence::offline);
  CHECK(page->get("device", [](const json::Object& each) {
    return each.getObject("device")->getValue<std::string>("presence") == "offline";
  }));
}

TEST_CASE("The bulk link belongs to the control link that is up") {
  LiveBench bench;
  auto bulk = std::make_shared<ScriptedPort>();
  const auto come = [&](const std::string& link) {
    return bench.on([&](LiveDevice& live) { return live.bulkOnline(bulk, link); });
  };
  CHECK_FALSE(come(std::string(32, '0')));
  const auto first = bench.ready(1);
  CHECK_FALSE(come(std::string(32, '0')));
  CHECK_FALSE(come(""));
  CHECK(come(first->get<link::Welcome>()->link));
  CHECK(bulk->get<link::BulkWelcome>());

  const auto another = std::make_shared<ScriptedPort>();
  CHECK(bench.on([&](LiveDevice& live) { return live.bulkOnline(another, first->get<link::Welcome>()->link); }));
  CHECK(bulk->closed() == link::kCloseReplaced);

  bench.ready(2);
  CHECK(another->closed() == 1000);
  CHECK_FALSE(come(first->get<link::Welcome>()->link));
}

TEST_CASE("Pictures are asked for while somebody wants them and reach who waits") {
  LiveBench bench;
  const auto control = bench.ready();
  const auto bulk = std::make_shared<ScriptedPort>();
  REQUIRE(bench.on([&](LiveDevice& live) { return live.bulkOnline(bulk, control->get<link::Welcome>()->link); }));
  CHECK(bulk->count<link::Watch>() == 0);
  const auto page = bench.watch(person("ada"));

  std::promise<std::string> still;
  net::Loop& loop = bench.loops->at(2);
  loop.post([&] {
    bench.device()->stream("main")->awaitPicture(loop, 5s, [&](const media::PicturePtr& picture) {
      still.set_value(picture ? std::string(picture->jpeg()) : "");
    });
  });
  const auto watch = bulk->get<link::Watch>();
  REQUIRE(watch);
  CHECK(watch->stream == "main");
  CHECK(watch->on);

  const std::string jpeg = "\xff\xd8\xffpicture\xff\xd9";
  const auto push = [&](const AgentPort* port, const std::string& bytes) {
    bench.on([&](LiveDevice& live) { live.picture(port, bytes); });
  };
  push(bulk.get(), "garbage");
  push(bulk.get(), link::encodePictureHead("nothing", 5).value() + jpeg);
  push(control.get(), link::encodePictureHead("main", 5).value() + jpeg);
  CHECK_FALSE(bench.device()->view()->streams[0].live);
  push(bulk.get(), link::encodePictureHead("main", 5).value() + jpeg);
  CHECK(still.get_future().get() == jpeg);
  CHECK(bench.device()->view()->streams[0].live);
  CHECK(page->get("device", [](const json::Object& each) {
    return each.getObject("device")->getArray("streams")->getObject(0)->getValue<bool>("live");
  }));

  bench.on([&](LiveDevice& live) { live.bulkLost(bulk.get()); });
  CHECK_FALSE(bench.device()->view()->streams[0].live);
  CHECK(bench.device()->stream("nothing") == nullptr);
}

TEST_CASE("A bulk link that comes back is asked at once for what is wanted") {
  LiveBench bench;
  const auto control = bench.ready();
  bench.device()->stream("main")->newest();
  bench.settle();
  const auto bulk = std::make_shared<ScriptedPort>();
  REQUIRE(bench.on([&](LiveDevice& live) { return live.bulkOnline(bulk, control->get<link::Welcome>()->link); }));
  CHECK(bulk->get<link::Watch>()->on);
}

TEST_CASE("Epochs are reserved on disk before one of them is granted, and rise over restarts") {
  LiveBench bench;
  const auto ada = person("ada");
  Epoch before = 0;
  for (int run = 0; run < 3; ++run) {
    bench.watch(ada);
    const auto port = bench.ready();
    const Epoch epoch = bench.drive(ada, *port);
    REQUIRE(epoch > before);
    CHECK(port->get<link::Welcome>()->epoch_floor < epoch);
    CHECK(port->get<link::Welcome>()->epoch_floor >= before);
    CHECK(bench.registry->find(bench.id)->epoch_reserved >= epoch);
    before = epoch;
    bench.restart();
    CHECK(bench.registry->find(bench.id)->epoch_reserved >= epoch);
  }
}

TEST_CASE("A stop survives a restart of the hub, latched and unconfirmed until the agent confirms it again") {
  LiveBench bench;
  const auto ada = person("ada");
  auto port = bench.ready();
  bench.on([&](LiveDevice& live) { live.pressStop(ada, "the cat"); });
  const auto stop = port->get<link::Stop>();
  REQUIRE(stop);
  bench.says(link::Stopped{stop->id, true, "Laser off."});
  REQUIRE(bench.device()->view()->stop.state == control::StopState::confirmed);

  bench.restart();
  bench.settle();
  auto shown = bench.device()->view()->stop;
  CHECK(shown.state == control::StopState::unconfirmed);
  CHECK(shown.id == stop->id);
  CHECK(shown.by == "ada");
  CHECK(shown.reason == "the cat");
  CHECK_FALSE(bench.on([&](LiveDevice& live) { return live.resetStop(ada, true); }));

  port = bench.ready();
  const auto again = port->get<link::Stop>();
  REQUIRE(again);
  CHECK(again->id == stop->id);
  CHECK(bench.device()->view()->stop.state == control::StopState::sent);
  CHECK(add(bench, ada).error->code == ErrorCode::stopped);
  bench.says(link::Stopped{stop->id, true, ""});
  CHECK(bench.device()->view()->stop.state == control::StopState::confirmed);

  CHECK(bench.on([&](LiveDevice& live) { return live.resetStop(ada, true); }));
  bench.says(link::ResetDone{port->get<link::Reset>()->id, true, ""});
  CHECK(bench.device()->view()->stop.state == control::StopState::none);
  CHECK(add(bench, ada).state == control::CommandState::sent);
  bench.restart();
  bench.settle();
  CHECK(bench.device()->view()->stop.state == control::StopState::none);
}

TEST_CASE("A stored stop that cannot be read keeps the device stopped and says why") {
  LiveBench bench;
  bench.settle();  // a device that begins while a stop is being saved saves its own
  std::promise<Status> saved;
  bench.registry->saveStop(bench.id, "{garbage", [&](Status status) { saved.set_value(std::move(status)); });
  REQUIRE(saved.get_future().get());
  bench.restart();
  bench.settle();
  const auto stop = bench.device()->view()->stop;
  CHECK(stop.state == control::StopState::unconfirmed);
  CHECK(stop.by == "robohub");
  CHECK(stop.reason.find("cannot be read") != std::string::npos);
}

TEST_CASE("A stop that only the agent knows of is taken over and written down") {
  LiveBench bench;
  auto hello = bench.hello();
  hello.stopped = link::StopFacts{"s-9", "Bob", "smoke"};
  const auto port = bench.online(hello);
  CHECK(port->get<link::Stop>()->id == "s-9");
  bench.restart();
  bench.settle();
  CHECK(bench.device()->view()->stop.by == "Bob");
  CHECK(bench.device()->view()->stop.id == "s-9");
}

TEST_CASE("Revoking a device closes its links, tells its pages, and answers who waits") {
  LiveBench bench;
  const auto ada = person("ada");
  const auto port = bench.ready();
  const auto page = bench.watch(ada);
  const auto live = bench.device();
  std::promise<control::CommandState> ended;
  bench.on([&](LiveDevice& each) {
    each.command(ada, LiveBench::call("forget"), 60s,
                 [&](const control::CommandRecord& record) { ended.set_value(record.state); });
  });
  std::promise<Status> revoked;
  bench.registry->revoke(bench.id, [&](Status status) { revoked.set_value(std::move(status)); });
  REQUIRE(revoked.get_future().get());
  CHECK(ended.get_future().get() == control::CommandState::unknown);
  CHECK(port->get<link::Refused>()->code == "not_found");
  CHECK(port->closed() == link::kCloseRefused);
  CHECK(page->get("device_gone"));
  CHECK(bench.device() == nullptr);

  // Who still holds it finds it closed.
  std::promise<void> tried;
  LiveDevices::on(live, [&](LiveDevice& each) {
    CHECK_FALSE(each.join(ada, false));
    CHECK(each.command(ada, LiveBench::call("forget")).error->code == ErrorCode::not_found);
    CHECK(each.pressStop(ada, "").error().code == ErrorCode::not_found);
    const auto late = std::make_shared<ScriptedPort>();
    each.agentOnline(late, link::Hello{});
    CHECK(late->closed() == link::kCloseRefused);
    CHECK_FALSE(each.bulkOnline(late, ""));
    tried.set_value();
  });
  tried.get_future().get();
}

TEST_CASE("Telemetry and events reach those who watch, and the newest reach those who come later") {
  LiveBench bench;
  bench.ready();
  const auto page = bench.watch(person("ada"));
  bench.says(link::Telemetry{"output", 5'250'000'000, "{\"on\":true,\"n\":1}"});
  bench.says(link::AgentEvent{link::EventLevel::warning, "Say \"hello\"\n"});
  const auto value = page->get("telemetry");
  REQUIRE(value);
  CHECK(value->getValue<std::string>("device") == "d1");
  CHECK(value->getValue<std::string>("channel") == "output");
  // Of the wall clock: nothing is known of this device's clock, so as of now.
  CHECK(std::abs(value->getValue<std::int64_t>("t_ms") - toMs(SystemClock().wall())) < 60'000);
  CHECK(value->getObject("value")->getValue<bool>("on"));
  const auto event = page->get("event", [](const json::Object& each) { return each.get("kind") == "plugin"; });
  REQUIRE(event);
  CHECK(event->getValue<std::string>("level") == "warning");
  CHECK(event->getValue<std::string>("text") == "Say \"hello\"\n");

  bench.says(link::Telemetry{"output", 6'000'000'000, "{\"on\":false,\"n\":2}"});
  const auto later = bench.watch(person("bob"), 1);
  REQUIRE(later->get("telemetry"));
  CHECK(later->count("telemetry") == 1);
  CHECK(later->get("telemetry")->getObject("value")->getValue<int>("n") == 2);
  CHECK(later->get("event", [](const json::Object& each) { return each.get("kind") == "plugin"; }));
  bench.says(link::Telemetry{"not a name\"", 6, "{}"});
  bench.settle();
  CHECK(later->count("telemetry") == 1);
}

TEST_CASE("Telemetry whose value is no object reaches nobody") {
  LiveBench bench;
  bench.ready();
  const auto page = bench.watch(person("ada"));
  for (const char* value : {"", "1", "[1]", "\"x\"", "true"}) bench.says(link::Telemetry{"output", 1, value});
  bench.says(link::Telemetry{"output", 1, "{\"last\":1}"});
  REQUIRE(page->get("telemetry"));
  CHECK(page->count("telemetry") == 1);
}

TEST_CASE("A hub without TLS gives no turns on what could do harm, whatever version the agent says") {
  LiveBench bench("test_good", false);
  const auto ada = person("ada");
  bench.watch(ada);
  const auto join = [&] { return bench.on([&](LiveDevice& live) { return live.join(ada, false); }); };

  auto hello = bench.hello(1);
  auto port = bench.ready(1);
  const Status joined = join();
  REQUIRE_FALSE(joined);
  CHECK(joined.error().code == ErrorCode::permission_denied);
  CHECK(joined.error().message.find("TLS") != std::string::npos);

  // With an unknown version nothing is known of hazards; the turn must not come later by that way.
  hello = bench.hello(2);
  hello.plugin.version = "9.9.9";
  bench.online(hello);
  (void)join();
  port = bench.ready(3);
  bench.beat(3);
  bench.settle();
  CHECK(port->count<link::Grant>() == 0);
  CHECK_FALSE(bench.device()->view()->turn.holder);
}

TEST_CASE("A hub without TLS gives turns on what is harmless") {
  LiveBench bench("test_noisy", false);
  bench.watch(person("ada"));
  const auto port = bench.ready();
  CHECK(bench.drive(person("ada"), *port) > 0);
}
