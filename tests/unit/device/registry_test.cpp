#include "device/registry.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <future>
#include <sstream>

#include "identity/secrets.hpp"
#include "store/wait_for.hpp"
#include "unit/store/temp_folder.hpp"

using namespace robohub;
using namespace robohub::device;
using namespace std::chrono_literals;

namespace {

struct Hub {
  explicit Hub(const std::filesystem::path& path)
      : folder(store::DataFolder::open(path, "test").value()),
        database(store::Database::open(*folder).value()),
        audit(*database, clock),
        registry(Registry::load(*database, Settings{}, clock, &audit).value()) {
    registry->onChange([this](const Change& change) { changes.push_back(change); });
  }

  Result<Enrolment> enrol(std::string type = "laser_turret", std::string name = "Turret") {
    return store::waitFor<Enrolment>([&](auto done) { registry->enrol(id, type, name, done); });
  }
  Result<std::string> claim(std::string code, std::string key) {
    return store::waitFor<std::string>([&](auto done) { registry->claim(code, id, key, done); });
  }
  template <class Start>
  static Status wait(Start start) {
    std::promise<Status> answer;
    start([&](Status status) { answer.set_value(std::move(status)); });
    return answer.get_future().get();
  }
  Status revoke() {
    return wait([&](auto done) { registry->revoke(id, done); });
  }
  Status reserve(Epoch up_to) {
    return wait([&](auto done) { registry->reserveEpochs(id, up_to, done); });
  }
  std::vector<Change::Kind> kinds() const {
    std::vector<Change::Kind> kinds;
    for (auto& change : changes) kinds.push_back(change.kind);
    return kinds;
  }

  DeviceId id = *DeviceId::parse("lab-turret");
  ManualClock clock;
  std::unique_ptr<store::DataFolder> folder;
  std::unique_ptr<store::Database> database;
  identity::Audit audit;
  std::unique_ptr<Registry> registry;
  std::vector<Change> changes;
};

using Kind = Change::Kind;

}  // namespace

TEST_CASE("a device is enrolled, claimed with a key of its own, and known again after a restart") {
  test::TempFolder temp;
  std::string key = identity::randomToken();
  {
    Hub hub(temp.path());
    auto enrolment = hub.enrol();
    REQUIRE(enrolment);
    CHECK(enrolment->expires == hub.clock.wall() + 24h);
    CHECK_FALSE(hub.registry->find(hub.id)->claimed);
    CHECK_FALSE(hub.registry->authenticate(hub.id, key));
    CHECK(hub.claim(enrolment->claim_code, key) == std::string("laser_turret"));
    CHECK(hub.registry->authenticate(hub.id, key));
    CHECK(hub.kinds() == std::vector{Kind::enrolled, Kind::claimed});
  }
  Hub hub(temp.path());
  auto device = hub.registry->find(hub.id);
  REQUIRE(device);
  CHECK(device->name == "Turret");
  CHECK(device->type == "laser_turret");
  CHECK(device->claimed);
  CHECK(hub.registry->snapshot()->size() == 1);
  CHECK(hub.registry->authenticate(hub.id, key));
  CHECK_FALSE(hub.registry->authenticate(hub.id, identity::randomToken()));
  CHECK_FALSE(hub.registry->authenticate(*DeviceId::parse("other"), key));
  CHECK_FALSE(hub.registry->authenticate(hub.id, ""));
  CHECK_FALSE(hub.registry->authenticate(hub.id, key + "="));
  CHECK_FALSE(hub.registry->authenticate(hub.id, std::string(100'000, 'A')));
}

TEST_CASE("the same code with the same key is answered alike, with another key refused, and a wrong or old code too") {
  test::TempFolder temp;
  Hub hub(temp.path());
  std::string key = identity::randomToken(), other = identity::randomToken();
  CHECK(hub.claim("0000-0000-0000", key).error().code == ErrorCode::permission_denied);
  auto first = hub.enrol().value();
  CHECK(hub.claim("0000-0000-0000", key).error().code == ErrorCode::permission_denied);
  CHECK(hub.claim("nonsense", key).error().code == ErrorCode::permission_denied);
  CHECK(hub.claim(first.claim_code, "short").error().where == "/key");
  CHECK(hub.claim(first.claim_code, std::string(43, '!')).error().where == "/key");
  hub.clock.advance(24h);
  CHECK(hub.claim(first.claim_code, key).error().code == ErrorCode::permission_denied);

  auto second = hub.enrol().value();
  CHECK(hub.claim(first.claim_code, key).error().code == ErrorCode::permission_denied);
  REQUIRE(hub.claim(second.claim_code, key));
  CHECK(hub.claim(second.claim_code, key) == std::string("laser_turret"));
  CHECK(hub.claim(second.claim_code, other).error().code == ErrorCode::conflict);
  hub.clock.advance(48h);
  CHECK(hub.claim(second.claim_code, key) == std::string("laser_turret"));
  CHECK(hub.enrol().error().code == ErrorCode::conflict);
  CHECK(hub.registry->authenticate(hub.id, key));
}

TEST_CASE("two agents claiming with one code at once: one key wins") {
  test::TempFolder temp;
  Hub hub(temp.path());
  auto enrolment = hub.enrol().value();
  std::string keys[2] = {identity::randomToken(), identity::randomToken()};
  std::promise<Result<std::string>> answers[2];
  for (int i = 0; i < 2; ++i)
    hub.registry->claim(enrolment.claim_code, hub.id, keys[i],
                        [&answers, i](auto result) { answers[i].set_value(std::move(result)); });
  bool won[2];
  for (int i = 0; i < 2; ++i) won[i] = answers[i].get_future().get().has_value();
  REQUIRE(won[0] != won[1]);
  CHECK(hub.registry->authenticate(hub.id, keys[won[0] ? 0 : 1]));
  CHECK_FALSE(hub.registry->authenticate(hub.id, keys[won[0] ? 1 : 0]));
}

TEST_CASE("a revoked key is void at once, observers hear of it, and nothing queued before brings it back") {
  test::TempFolder temp;
  std::string key = identity::randomToken();
  {
    Hub hub(temp.path());
    REQUIRE(hub.claim(hub.enrol()->claim_code, key));
    // The writer is held, so that the reservation is still queued when the device is revoked.
    std::promise<void> open;
    hub.database->write(
        [&](store::Session&) -> Status {
          open.get_future().wait();
          return {};
        },
        [](Status) {});
    std::promise<Status> reserved, revoked;
    hub.registry->reserveEpochs(hub.id, 64, [&](Status status) {
      CHECK_FALSE(hub.registry->find(hub.id));
      reserved.set_value(std::move(status));
    });
    hub.registry->revoke(hub.id, [&](Status status) { revoked.set_value(std::move(status)); });
    CHECK_FALSE(hub.registry->authenticate(hub.id, key));
    CHECK_FALSE(hub.registry->find(hub.id));
    CHECK(hub.changes.back().kind == Kind::revoked);
    open.set_value();
    CHECK(reserved.get_future().get());
    REQUIRE(revoked.get_future().get());
    CHECK_FALSE(hub.registry->find(hub.id));
    CHECK(hub.revoke().error().code == ErrorCode::not_found);
    CHECK(hub.reserve(128).error().code == ErrorCode::not_found);
  }
  Hub hub(temp.path());
  CHECK(hub.registry->snapshot()->empty());
  CHECK_FALSE(hub.registry->authenticate(hub.id, key));
}

TEST_CASE("a revocation that the disk refuses is told, and the device is back") {
  test::TempFolder temp;
  Hub hub(temp.path());
  std::string key = identity::randomToken();
  REQUIRE(hub.claim(hub.enrol()->claim_code, key));
  REQUIRE(Hub::wait([&](auto done) { hub.registry->saveStop(hub.id, R"({"id":"s-6"})", done); }));
  CHECK_FALSE(hub.registry->stopUnsaved(hub.id));
  hub.database->close();
  CHECK_FALSE(Hub::wait([&](auto done) { hub.registry->saveStop(hub.id, R"({"id":"s-7"})", done); }));
  CHECK(hub.registry->find(hub.id)->stop_json == R"({"id":"s-6"})");
  CHECK(hub.revoke().error().code == ErrorCode::unavailable);
  // With the stop that was told last, whether the disk has it or not.
  CHECK(hub.registry->find(hub.id)->stop_json == R"({"id":"s-7"})");
  CHECK(hub.registry->stopUnsaved(hub.id));
  CHECK(hub.registry->authenticate(hub.id, key));
  CHECK(hub.kinds() == std::vector{Kind::enrolled, Kind::claimed, Kind::revoked, Kind::enrolled});
}

TEST_CASE(
    "epochs only rise, over restarts and even when the id is revoked and enrolled again; so does a stop hold on") {
  test::TempFolder temp;
  {
    Hub hub(temp.path());
    REQUIRE(hub.enrol());
    CHECK(hub.reserve(64));
    CHECK(hub.registry->find(hub.id)->epoch_reserved == 64);
    CHECK(hub.reserve(10));
    CHECK(hub.registry->find(hub.id)->epoch_reserved == 64);
    CHECK(hub.reserve(~0ull).error().code == ErrorCode::invalid_argument);
    REQUIRE(Hub::wait([&](auto done) { hub.registry->saveStop(hub.id, R"({"id":"s-7"})", done); }));
    CHECK(Hub::wait([&](auto done) { hub.registry->saveStop(hub.id, std::string(20'000, 'x'), done); }).error().code ==
          ErrorCode::too_large);
    REQUIRE(hub.revoke());
    REQUIRE(hub.enrol("motor_robot", ""));
  }
  Hub hub(temp.path());
  auto device = hub.registry->find(hub.id);
  CHECK(device->epoch_reserved == 64);
  CHECK(device->stop_json == R"({"id":"s-7"})");
  CHECK(device->type == "motor_robot");
  CHECK(device->name == "lab-turret");
}

TEST_CASE("what an agent said of itself, its state at rest and a new name are kept") {
  test::TempFolder temp;
  std::string manifest(64, 'a');
  {
    Hub hub(temp.path());
    REQUIRE(hub.enrol());
    auto seen = [&](std::string version, std::string hash) {
      return Hub::wait([&](auto done) { hub.registry->saveSeen(hub.id, version, hash, done); });
    };
    CHECK(seen("1.0.0", manifest));
    CHECK(seen("1.0.0", manifest));
    CHECK(seen("1.0.0", "zz").error().code == ErrorCode::invalid_argument);
    CHECK(Hub::wait([&](auto done) { hub.registry->saveReported(hub.id, R"({"laser":false})", done); }));
    CHECK(Hub::wait([&](auto done) { hub.registry->rename(hub.id, " Cat's toy ", done); }));
    CHECK(Hub::wait([&](auto done) { hub.registry->rename(hub.id, "a\u202eb", done); }).error().where == "/name");
    CHECK(hub.kinds() == std::vector{Kind::enrolled, Kind::seen, Kind::renamed});
  }
  Hub hub(temp.path());
  auto device = hub.registry->find(hub.id);
  CHECK(device->plugin_version == "1.0.0");
  CHECK(device->manifest_sha256 == manifest);
  CHECK(device->reported_json == R"({"laser":false})");
  CHECK(device->name == "Cat's toy");
}

TEST_CASE("a snapshot that is held does not change under its holder") {
  test::TempFolder temp;
  Hub hub(temp.path());
  REQUIRE(hub.enrol());
  auto before = hub.registry->snapshot();
  REQUIRE(hub.revoke());
  CHECK(before->size() == 1);
  CHECK(before->begin()->second->name == "Turret");
  CHECK(hub.registry->snapshot()->empty());
}

TEST_CASE("what cannot be a device is refused with its place") {
  test::TempFolder temp;
  Hub hub(temp.path());
  CHECK(hub.enrol("No Type").error().where == "/type");
  CHECK(hub.enrol("laser_turret", "a\nb").error().where == "/name");
  hub.id = DeviceId();
  CHECK(hub.enrol().error().where == "/id");
  CHECK(hub.registry->snapshot()->empty());
}

TEST_CASE("neither claim code nor key stands in the data folder") {
  test::TempFolder temp;
  Hub hub(temp.path());
  std::string key = identity::randomToken(), code = hub.enrol()->claim_code;
  REQUIRE(hub.claim(code, key));
  for (auto& entry : std::filesystem::directory_iterator(temp.path())) {
    std::stringstream text;
    text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    CHECK(text.str().find(key) == std::string::npos);
    CHECK(text.str().find(code) == std::string::npos);
  }
}

TEST_CASE("labels and room are kept in order, told, and not inherited by another device of the same id") {
  test::TempFolder temp;
  Hub hub(temp.path());
  REQUIRE(hub.enrol());
  auto place = [&](std::vector<std::string> labels, const std::string& room) {
    return Hub::wait([&](auto done) { hub.registry->place(hub.id, labels, room, done); });
  };
  REQUIRE(place({"lab", "arm"}, "  Hall 1 "));
  const auto device = hub.registry->find(hub.id);
  CHECK(device->labels == std::vector<std::string>{"arm", "lab"});
  CHECK(device->room == "Hall 1");
  CHECK(hub.kinds().back() == Kind::placed);
  CHECK(placeOf(*device).device == "lab-turret");
  CHECK(place({"lab", "lab"}, "").error().where == "/labels");
  CHECK(place({"Lab"}, "").error().where == "/labels");
  CHECK(place(std::vector<std::string>(17, "x"), "").error().where == "/labels");
  CHECK(place({}, std::string(65, 'x')).error().where == "/room");
  // A device that is enrolled again while nobody has claimed it is the same one; one that was revoked is not.
  REQUIRE(hub.enrol());
  CHECK(hub.registry->find(hub.id)->labels.size() == 2);
  REQUIRE(hub.revoke());
  REQUIRE(hub.enrol());
  CHECK(hub.registry->find(hub.id)->labels.empty());
  CHECK(hub.registry->find(hub.id)->room.empty());
}

TEST_CASE("a renewed code replaces the old one, keeps the rest, and is for unclaimed devices only") {
  test::TempFolder temp;
  Hub hub(temp.path());
  const auto first = hub.enrol("laser_turret", "Mine");
  REQUIRE(first);
  auto renew = [&] { return store::waitFor<Enrolment>([&](auto done) { hub.registry->renewCode(hub.id, done); }); };
  const auto second = renew();
  REQUIRE(second);
  CHECK(second->type == "laser_turret");
  CHECK(hub.registry->find(hub.id)->name == "Mine");
  const std::string key = identity::randomToken();
  CHECK_FALSE(hub.claim(first->claim_code, key));
  CHECK(hub.claim(second->claim_code, key));
  CHECK(renew().error().code == ErrorCode::conflict);
  REQUIRE(hub.revoke());
  CHECK(renew().error().code == ErrorCode::not_found);
}

TEST_CASE("what administrators do to the list stands in the audit, with who and from where") {
  test::TempFolder temp;
  Hub hub(temp.path());
  const identity::Actor ada{"u-1", "Ada", "192.0.2.7"};
  REQUIRE(
      store::waitFor<Enrolment>([&](auto done) { hub.registry->enrol(hub.id, "laser_turret", "Turret", done, ada); }));
  REQUIRE(Hub::wait([&](auto done) { hub.registry->rename(hub.id, "New", done, ada); }));
  REQUIRE(Hub::wait([&](auto done) { hub.registry->place(hub.id, {"lab"}, "", done, ada); }));
  REQUIRE(Hub::wait([&](auto done) { hub.registry->revoke(hub.id, done, ada); }));
  const auto rows = store::waitFor<std::vector<identity::AuditRow>>([&](auto done) { hub.audit.find({}, done); });
  REQUIRE(rows);
  std::vector<std::string> actions;
  for (const auto& row : *rows) {
    actions.push_back(row.entry.action);
    CHECK(row.entry.actor.address == "192.0.2.7");
    CHECK(row.entry.object == "device:lab-turret");
  }
  CHECK(actions == std::vector<std::string>{"device.revoke", "device.place", "device.rename", "device.enrol"});
}
