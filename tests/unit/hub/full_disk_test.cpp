// A real hub on a disk that fills up: what is safety goes on, what can wait is refused with a sentence, and when there
// is room again everything works as before, without a restart.
#include <catch2/catch.hpp>

#include "store/database.hpp"
#include "unit/hub/process_hub.hpp"
#include "unit/store/small_disk.hpp"

using namespace robohub;
using namespace robohub::test;

namespace {

const std::string kSmallReserve =
    "guests: {watch: true, play: true}\n"
    "disk: {warning: 4MiB, reserve: 2MiB, ballast: 1MiB}\n";

}  // namespace

TEST_CASE("A disk that was filled while the hub was down keeps it neither from starting nor from stopping") {
  SmallDisk disk(24);
  if (!disk.mounted()) {
    WARN("left out: no file system may be mounted here");
    return;
  }
  ProcessHub hub(kSmallReserve, disk.path() / "data");
  hub.start();
  hub.device("d1");
  CHECK(hub.process.end() == 0);
  REQUIRE(std::filesystem::exists(disk.path() / "data" / "ballast"));
  disk.fill(0);
  hub.start();
  CHECK_FALSE(std::filesystem::exists(disk.path() / "data" / "ballast"));
  CHECK(hub.asAdministrator("POST", "/api/v1/devices/d1/stop").status == 202);
  CHECK(hub.process.end() == 0);
  disk.free();
  hub.start();
  CHECK(hub.asAdministrator("GET", "/api/v1/devices/d1").json->getObject("stop")->getValue<std::string>("state") !=
        "none");
}

TEST_CASE("A scheduled backup leaves a disk that is nearly full to stops and turns, and comes when there is room") {
  SmallDisk disk(24);
  if (!disk.mounted()) {
    WARN("left out: no file system may be mounted here");
    return;
  }
  const auto shelf = disk.path() / "shelf";
  ProcessHub hub(kSmallReserve, disk.path() / "data");
  hub.start();
  hub.device("d1");
  disk.fill(0);
  REQUIRE(eventually([&] { return !std::filesystem::exists(disk.path() / "data" / "ballast"); }));
  hub.configure(kSmallReserve + "backup: {folder: " + shelf.string() + "}\n");
  CHECK(hub.reload()->getValue<bool>("ok"));
  const auto failed = [&] {
    return hub.asAdministrator("GET", "/api/v1/health").body.find("\"id\":\"backup-failed\"") != std::string::npos;
  };
  CHECK(eventually(failed));
  CHECK(hub.asAdministrator("GET", "/api/v1/health").body.find("are kept for stops and turns") != std::string::npos);
  CHECK(std::filesystem::is_empty(shelf));
  CHECK(hub.asAdministrator("POST", "/api/v1/devices/d1/stop").status == 202);

  disk.free();
  CHECK(hub.reload()->getValue<bool>("ok"));
  CHECK(eventually([&] { return !std::filesystem::is_empty(shelf) && !failed(); }));
}

TEST_CASE("A full disk stops no turn and no stop, and the hub recovers by itself") {
  SmallDisk disk(24);
  if (!disk.mounted()) {
    WARN("left out: no file system may be mounted here");
    return;
  }
  ProcessHub hub(kSmallReserve, disk.path() / "data");
  hub.start();
  hub.device("d1");
  hub.device("d2", "test_noisy");
  ScriptedAgent agent(hub.port, "d1"), other(hub.port, "d2", "test_noisy", 2);
  agent.online();
  other.online();
  const std::string ada = hub.guest("Ada");
  auto page = hub.page(ada);
  const auto active = [](const json::Object& you) { return json::getString(you, "state").value_or("") == "active"; };
  page.send(R"({"type":"join","device":"d1"})");
  page.send(R"({"type":"watch","device":"d1"})");
  page.get("you", active);

  const auto finding = [&] {
    return hub.asAdministrator("GET", "/api/v1/health").body.find("\"id\":\"disk\",\"level\":\"critical\"") !=
           std::string::npos;
  };
  disk.fill(0);
  REQUIRE(eventually(finding));

  // Reading, the turn that runs, a new turn elsewhere, commands.
  CHECK(hub.ask({.target = "/readyz"}).status == 200);
  page.send(R"({"type":"command","device":"d1","name":"forget","params":{},"epoch":0,"key":"k1"})");
  agent.carryOut();
  page.get("command",
           [](const json::Object& command) { return json::getString(command, "state").value_or("") == "succeeded"; });
  page.send(R"({"type":"join","device":"d2"})");
  page.send(R"({"type":"watch","device":"d2"})");
  page.get("you",
           [&](const json::Object& you) { return active(you) && json::getString(you, "device").value_or("") == "d2"; });

  // What can wait is refused, with a sentence.
  const Answer refused = hub.asAdministrator("POST", "/api/v1/devices", R"({"id":"d3","type":"test_good"})");
  CHECK(refused.status == 507);
  CHECK(refused.text("code") == "exhausted");
  CHECK(refused.text("title") == "Insufficient Storage");
  CHECK(refused.text("detail").find("nearly full") != std::string::npos);

  // A backup goes to another disk, and not to this one.
  const auto backup = [&](const std::filesystem::path& file) {
    return hub.asAdministrator("POST", "/api/v1/backup", "{\"path\":" + json::quote(file.string()) + "}");
  };
  CHECK(backup(hub.folder.path() / "elsewhere.tar").status == 201);
  const Answer no_room = backup(disk.path() / "here.tar");
  CHECK(no_room.text("code") == "exhausted");
  CHECK(no_room.text("detail").find("There is no room for a backup") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(disk.path() / "here.tar"));

  // A stop reaches the device and the disk, by the room that the ballast left.
  CHECK(hub.ask({.method = "POST", .target = "/api/v1/devices/d1/stop", .cookie = ada}).status == 202);
  const auto stop = agent.control->get("stop");
  agent.say(link::Stopped{json::getString(*stop, "id").value(), true, ""});
  CHECK(eventually([&] {
    const Answer device = hub.asAdministrator("GET", "/api/v1/devices/d1");
    return device.json && device.json->getObject("stop")->getValue<std::string>("state") == "confirmed";
  }));
  // And a device can be revoked.
  CHECK(hub.asAdministrator("DELETE", "/api/v1/devices/d2").status == 204);

  // Everything full, ballast and all: still nobody is thrown out.
  disk.fill(0);
  CHECK(hub.ask({.target = "/readyz"}).status == 200);
  page.send(R"({"type":"ping"})");
  CHECK(page.get("pong"));

  disk.free();
  REQUIRE(eventually([&] { return !finding() && std::filesystem::exists(disk.path() / "data" / "ballast"); }));
  CHECK(hub.asAdministrator("POST", "/api/v1/devices", R"({"id":"d3","type":"test_good"})").status == 201);
  CHECK(hub.process.running());

  // The stop has survived, and the database is good.
  CHECK(hub.process.end() == 0);
  hub.start();
  CHECK(hub.asAdministrator("GET", "/api/v1/devices/d1").json->getObject("stop")->getValue<std::string>("state") !=
        "none");
  CHECK(hub.asAdministrator("GET", "/api/v1/devices/d2").status == 404);
  CHECK(hub.asAdministrator("GET", "/api/v1/devices/d3").status == 200);
}
