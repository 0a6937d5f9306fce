#include "gateway/pending.hpp"

#include <catch2/catch.hpp>

using namespace robohub;
using namespace robohub::gateway;

namespace {

PendingDevice robot(const std::string& id) {
  PendingDevice device;
  device.foreign_id = id;
  device.name = "Robot " + id;
  device.type = "motor_robot";
  return device;
}

}  // namespace

TEST_CASE("A device waits until it is accepted, and whoever brought it is told") {
  ManualClock clock;
  Pending pending(clock);
  std::string accepted;
  REQUIRE(pending.offer(
      robot("a"), [&](const DeviceId& id) { accepted = id.str(); }, [] {}));
  REQUIRE(pending.all().size() == 1);
  CHECK(pending.all()[0].since_ms == toMs(clock.wall()));
  CHECK(pending.find(device::Link::robot_tcp, "a"));
  CHECK_FALSE(pending.find(device::Link::mqtt, "a"));
  pending.accept(device::Link::robot_tcp, "a", *DeviceId::parse("robot-a"));
  CHECK(accepted == "robot-a");
  CHECK(pending.all().empty());
  pending.accept(device::Link::robot_tcp, "a", *DeviceId::parse("robot-b"));
  CHECK(accepted == "robot-a");
}

TEST_CASE("A refused device may come again after a day") {
  ManualClock clock;
  Pending pending(clock);
  bool refused = false;
  REQUIRE(pending.offer(
      robot("a"), [](const DeviceId&) {}, [&] { refused = true; }));
  REQUIRE(pending.refuse(device::Link::robot_tcp, "a"));
  CHECK(refused);
  CHECK_FALSE(pending.refuse(device::Link::robot_tcp, "a"));
  clock.advance(std::chrono::hours(23));
  const auto again = pending.offer(robot("a"), {}, {});
  REQUIRE_FALSE(again);
  CHECK(again.error().code == ErrorCode::permission_denied);
  clock.advance(std::chrono::hours(2));
  CHECK(pending.offer(robot("a"), {}, {}));
}

TEST_CASE("A newer offer is not taken back by an older ticket, and keeps its place in time") {
  ManualClock clock;
  Pending pending(clock);
  const auto first = pending.offer(robot("a"), {}, {});
  const auto since = pending.all().at(0).since_ms;
  clock.advance(std::chrono::seconds(5));
  const auto second = pending.offer(robot("a"), {}, {});
  REQUIRE(second);
  CHECK(pending.all().at(0).since_ms == since);
  pending.withdraw(*first);
  CHECK(pending.all().size() == 1);
  pending.withdraw(*second);
  CHECK(pending.all().empty());
}

TEST_CASE("Only so many may wait") {
  ManualClock clock;
  Pending pending(clock);
  for (std::size_t i = 0; i < Pending::kMost; ++i) REQUIRE(pending.offer(robot(std::to_string(i)), {}, {}));
  const auto more = pending.offer(robot("one too many"), {}, {});
  REQUIRE_FALSE(more);
  CHECK(more.error().code == ErrorCode::exhausted);
  CHECK(pending.offer(robot("7"), {}, {}));
}

TEST_CASE("An id is made of whatever a device calls itself") {
  CHECK(deviceIdOf("robot-", "1as6df").str() == "robot-1as6df");
  CHECK(deviceIdOf("robot-", "Robot X/../é").str() == "robot-robot-x------");
  CHECK(deviceIdOf("", "Robot X").str() == "robot-x");
  CHECK(deviceIdOf("", "/").str() == "device");
  CHECK(deviceIdOf("robot-", std::string(200, 'x')).str().size() <= 64);
}
