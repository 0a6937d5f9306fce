// What is shown of a device while it is away: what it will be able to do, and what comes without it.
#include <catch2/catch.hpp>
#include <future>

#include "live/live_device.hpp"
#include "unit/live/live_bench.hpp"

using namespace robohub;
using namespace robohub::live;
using namespace robohub::live::test;

TEST_CASE("A device without our agent needs no version: until it comes it has what this hub has of its type") {
  LiveBench bench;
  // Seen by a hub that had other versions than this one, or that made the type of its configuration.
  const auto seen = [&](const char* name, const std::string& type) {
    const DeviceId id = *DeviceId::parse(name);
    REQUIRE(store::waitFor<DeviceId>(
        [&](auto done) { bench.registry->attach(id, type, "", device::Link::mqtt, name, done); }));
    std::promise<Status> saved;
    bench.registry->saveSeen(id, "0.0.1", std::string(64, '0'), [&](Status status) { saved.set_value(status); });
    REQUIRE(saved.get_future().get());
    return id;
  };
  const DeviceId known = seen("known", "test_good"), own = seen("own", "plug");
  bench.restart();
  const auto view = bench.devices->find(known)->view();
  CHECK(view->presence == Presence::offline);
  CHECK(view->plugin_installed);
  CHECK(view->plugin_version == "1.0.0");
  CHECK(view->type_info_json.find("\"add\"") != std::string::npos);
  const auto plug = bench.devices->find(own);
  CHECK(deviceJson(*plug->view(), bench.clock.now()).find("\"plugin\":null") != std::string::npos);
  // Its gateway knows what it can do.
  std::promise<void> told;
  LiveDevices::on(plug, [&](LiveDevice& live) {
    live.expect({device::Link::mqtt, false, HaltKind::none, bench.catalogue.newest("test_good")});
    told.set_value();
  });
  told.get_future().get();
  CHECK(plug->view()->plugin_installed);
  CHECK(plug->view()->halt == HaltKind::none);
  CHECK(plug->view()->type_info_json.find("\"add\"") != std::string::npos);
}

TEST_CASE("A stream that the hub reads by itself says so, since its pictures come without the device") {
  LiveBench bench;
  bench.on([](LiveDevice& live) { live.setSource("yard", [](bool) {}); });
  const auto view = bench.device()->view();
  CHECK(view->streams.size() == 3);
  for (const StreamView& each : view->streams) {
    INFO(each.name);
    CHECK(each.by_url == (each.name == "yard"));
  }
  const std::string json = deviceJson(*view, bench.clock.now());
  CHECK(json.find("\"by_url\":true") != std::string::npos);
  CHECK(json.find("\"by_url\":false") == std::string::npos);
}

TEST_CASE("A stop that the disk has not taken holds, also where the disk then refuses to revoke the device") {
  LiveBench bench;
  const auto former = bench.device();
  bench.database->close();
  REQUIRE(bench.on([](LiveDevice& live) { return live.pressStop(person("ada"), "the cat"); }));
  std::promise<Status> revoked;
  bench.registry->revoke(bench.id, [&](Status status) { revoked.set_value(std::move(status)); });
  REQUIRE_FALSE(revoked.get_future().get());
  REQUIRE(bench.device());
  REQUIRE(bench.device() != former);
  const auto stop = bench.on([](LiveDevice& live) { return live.stop(); });
  CHECK(stop.state == control::StopState::unconfirmed);
  CHECK(bench.registry->stopUnsaved(bench.id));
}
