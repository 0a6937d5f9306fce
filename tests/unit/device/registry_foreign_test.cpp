// Devices without our agent in the registry: attached once, known by what they call themselves.
#include <catch2/catch.hpp>

#include "device/registry.hpp"
#include "store/data_folder.hpp"
#include "store/wait_for.hpp"
#include "unit/store/temp_folder.hpp"

using namespace robohub;
using namespace robohub::device;

namespace {

struct Hub {
  explicit Hub(const std::filesystem::path& path)
      : folder(store::DataFolder::open(path, "test").value()),
        database(store::Database::open(*folder).value()),
        audit(*database, clock),
        registry(Registry::load(*database, Settings{}, clock, &audit).value()) {
    registry->onChange([this](const Change& change) { changes.push_back(change.kind); });
  }
  ~Hub() { database->close(); }

  Result<DeviceId> attach(const char* id, const char* foreign_id, const char* type = "motor_robot",
                          Link link = Link::robot_tcp, Registry::Revoked revoked = Registry::Revoked::returns) {
    return store::waitFor<DeviceId>([&](auto done) {
      registry->attach(*DeviceId::parse(id), type, "Robot X", link, foreign_id, done, identity::Actor::hub(), revoked);
    });
  }
  Result<DeviceId> attachByItself(const char* id, const char* foreign_id) {
    return attach(id, foreign_id, "motor_robot", Link::robot_tcp, Registry::Revoked::stays);
  }
  Status revoke(const char* id) {
    return store::waitFor<DeviceId>([&](auto done) {
             registry->revoke(*DeviceId::parse(id), [done, id](Status status) {
               if (status)
                 done(*DeviceId::parse(id));
               else
                 done(fail(status.error()));
             });
           })
        .map([](const DeviceId&) {});
  }
  Result<Enrolment> enrol(const char* id) {
    return store::waitFor<Enrolment>(
        [&](auto done) { registry->enrol(*DeviceId::parse(id), "laser_turret", "Turret", done); });
  }

  ManualClock clock;
  std::unique_ptr<store::DataFolder> folder;
  std::unique_ptr<store::Database> database;
  identity::Audit audit;
  std::unique_ptr<Registry> registry;
  std::vector<Change::Kind> changes;
};

}  // namespace

TEST_CASE("A foreign device is attached once, is claimed by that and survives a restart") {
  test::TempFolder folder;
  {
    Hub hub(folder.path());
    REQUIRE(hub.attach("robot-a", "1as6df"));
    REQUIRE(hub.attach("robot-a", "1as6df"));
    CHECK(hub.changes == std::vector<Change::Kind>{Change::Kind::enrolled});
  }
  Hub hub(folder.path());
  const auto device = hub.registry->findForeign(Link::robot_tcp, "1as6df");
  REQUIRE(device);
  CHECK(device->id.str() == "robot-a");
  CHECK(device->name == "Robot X");
  CHECK(device->link == Link::robot_tcp);
  CHECK(device->foreign_id == "1as6df");
  CHECK(device->claimed);
  CHECK_FALSE(hub.registry->findForeign(Link::mqtt, "1as6df"));
  CHECK_FALSE(hub.registry->findForeign(Link::robot_tcp, "1as6d"));
  // Nobody has a key to it.
  CHECK_FALSE(hub.registry->authenticate(device->id, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
  CHECK_FALSE(hub.registry->authenticate(device->id, ""));
}

TEST_CASE("One foreign device has one id, and one id one device") {
  test::TempFolder folder;
  Hub hub(folder.path());
  REQUIRE(hub.attach("robot-a", "a"));
  REQUIRE(hub.enrol("turret"));
  const auto twice = hub.attach("robot-b", "a");
  REQUIRE_FALSE(twice);
  CHECK(twice.error().code == ErrorCode::conflict);
  CHECK(twice.error().message.find("robot-a") != std::string::npos);
  CHECK(hub.attach("robot-a", "b").error().code == ErrorCode::conflict);
  CHECK(hub.attach("robot-a", "a", "motor_robot", Link::mqtt).error().code == ErrorCode::conflict);
  CHECK(hub.attach("turret", "c").error().code == ErrorCode::conflict);
  CHECK(hub.enrol("robot-a").error().code == ErrorCode::conflict);
  // The same under another type is that type from now on.
  REQUIRE(hub.attach("robot-a", "a", "rover"));
  CHECK(hub.registry->find(*DeviceId::parse("robot-a"))->type == "rover");
}

TEST_CASE("A revoked foreign device is unknown, and may be attached or enrolled anew") {
  test::TempFolder folder;
  Hub hub(folder.path());
  REQUIRE(hub.attach("robot-a", "a"));
  REQUIRE(hub.revoke("robot-a"));
  CHECK_FALSE(hub.registry->findForeign(Link::robot_tcp, "a"));
  REQUIRE(hub.attach("robot-b", "a"));
  CHECK(hub.registry->findForeign(Link::robot_tcp, "a")->id.str() == "robot-b");
  REQUIRE(hub.enrol("robot-a"));
  const auto enrolled = hub.registry->find(*DeviceId::parse("robot-a"));
  CHECK(enrolled->link == Link::agent);
  CHECK(enrolled->foreign_id.empty());
  CHECK_FALSE(enrolled->claimed);
}

TEST_CASE("What attaches itself takes back no revocation, neither its own nor that of the device of this id") {
  test::TempFolder folder;
  Hub hub(folder.path());
  REQUIRE(hub.attachByItself("robot-a", "a"));
  REQUIRE(hub.attachByItself("robot-a", "a"));
  REQUIRE(hub.revoke("robot-a"));
  CHECK(hub.attachByItself("robot-a", "a").error().code == ErrorCode::permission_denied);
  CHECK(hub.attachByItself("robot-b", "a").error().code == ErrorCode::permission_denied);
  CHECK(hub.attachByItself("robot-a", "A").error().code == ErrorCode::permission_denied);
  CHECK_FALSE(hub.registry->find(*DeviceId::parse("robot-a")));
  REQUIRE(hub.attachByItself("robot-b", "b"));
  // An administrator may.
  REQUIRE(hub.attach("robot-a", "a"));
  REQUIRE(hub.attachByItself("robot-a", "a"));
}

TEST_CASE("What is attached must be somebody") {
  test::TempFolder folder;
  Hub hub(folder.path());
  CHECK(hub.attach("robot-a", "").error().where == "/foreign_id");
  CHECK(hub.attach("robot-a", "a\nb").error().where == "/foreign_id");
  CHECK(hub.attach("robot-a", std::string(201, 'x').c_str()).error().where == "/foreign_id");
  CHECK(hub.attach("robot-a", "a", "No Type").error().where == "/type");
  CHECK(hub.attach("robot-a", "a", "motor_robot", Link::agent).error().where == "/link");
}
