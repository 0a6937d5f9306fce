#include "motor_robot/sensors.hpp"

#include <catch2/catch.hpp>
#include <cerrno>

#include "unit/motor_robot/robot_on_bench.hpp"

using namespace motor_robot;
using namespace motor_robot::test;

TEST_CASE("orientation comes ten times a second and climate once, of what the chips measure") {
  Robot robot;
  REQUIRE(robot.host().awaitPublished("orientation", 12));
  CHECK(robot.host().published("climate") >= 1);
  CHECK(robot.host().published("climate") <= robot.host().published("orientation") / 10 + 1);
  const rh::Json orientation = robot.host().latest("orientation");
  CHECK(std::abs(orientation.get<double>("pitch_deg")) < 5);
  CHECK(std::abs(orientation.get<double>("roll_deg")) < 5);
  const rh::Json climate = robot.host().latest("climate");
  CHECK(climate.get<double>("temperature_cel") == Approx(19.5).margin(5));
  CHECK(climate.get<double>("pressure_pa") == Approx(100900).margin(400));
  CHECK(robot.lab().barometer().earlyReads() == 0);
  CHECK(robot.host().log().empty());
}

TEST_CASE("a missing chip is told once, its channel is quiet, and the rest works") {
  Robot robot(R"({"hardware":"model","accelerometer":{"address":83},"barometer":{"address":118}})",
              [](LabBench& lab) { lab.barometer().eraseCalibration(); });
  REQUIRE(robot.opened().status == RH_OK);
  const std::string told = robot.host().awaitLog("barometer");
  CHECK_THAT(told, Catch::StartsWith("The barometer cannot be read, so there is no climate until it can: lab, address "
                                     "0x76: the calibration words cannot be true"));
  CHECK_THAT(told, Catch::EndsWith("It is tried again every 2 s; the rest works."));
  REQUIRE(robot.host().awaitPublished("orientation", 3));
  CHECK(robot.host().log().size() == 1);
  CHECK(robot.host().published("climate") == 0);
  robot.permit(1);
  CHECK(robot.drive(10, 10).status == RH_OK);
}

TEST_CASE("a bus that is not there costs both channels and no motor") {
  Robot robot(R"({"hardware":"model"})", [](LabBench& lab) { lab.bus().fail(ENXIO); });
  REQUIRE(robot.opened().status == RH_OK);
  CHECK_FALSE(robot.host().awaitLog("accelerometer").empty());
  CHECK_FALSE(robot.host().awaitLog("barometer").empty());
  robot.permit(1);
  CHECK(robot.drive(10, 10).status == RH_OK);
  CHECK(robot.host().published("orientation") == 0);
}

TEST_CASE("a chip that falls silent and comes back is told both times") {
  Robot robot;
  REQUIRE(robot.host().awaitPublished("orientation", 1));
  robot.lab().accelerometer().reset();
  CHECK_THAT(robot.host().awaitLog("accelerometer cannot"), Catch::Contains("the chip had a reset"));
  const int before = robot.host().published("orientation");
  CHECK_FALSE(robot.host().awaitLog("The accelerometer answers again.").empty());
  CHECK(robot.host().published("orientation") == before + 1);
}

TEST_CASE("sensors that are not fitted are not asked for") {
  Robot robot(R"({"hardware":"model","accelerometer":{"fitted":false},"barometer":{"fitted":false}})",
              [](LabBench& lab) { lab.bus().fail(EIO); });
  robot.permit(1);
  CHECK(robot.drive(10, 10).status == RH_OK);
  CHECK(robot.host().log().empty());
}

TEST_CASE("a robot closes within a measurement, whatever its bus does") {
  const auto begun = std::chrono::steady_clock::now();
  {
    Robot robot;
    REQUIRE(robot.opened().status == RH_OK);
  }
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(2));
}
