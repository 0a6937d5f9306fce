#include "laser_turret/driver.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "hw/pca9685.hpp"
#include "unit/laser_turret/turret_on_bench.hpp"

using namespace laser_turret;
using namespace laser_turret::test;

namespace {

const std::string kKnownPairs =
    R"({"pairs":[{"x_px":190,"y_px":190,"x_counts":440,"y_counts":298},{"x_px":555,"y_px":190,"x_counts":340,"y_counts":298},
                 {"x_px":480,"y_px":525,"x_counts":340,"y_counts":220},{"x_px":240,"y_px":525,"x_counts":440,"y_counts":220}]})";

// A bench whose parts fail as told, on the lab's models.
class FailingBench final : public Bench {
 public:
  bool laser_fails = false;
  bool bus_fails = false;
  bool* laser_was_low_first = nullptr;

  std::unique_ptr<rh::hw::GpioOutput> requestLaser() override {
    if (laser_fails) throw rh::hw::OpenError(rh::hw::IoStatus(EBUSY, "Requesting /dev/gpiochip0, line 23"));
    return lab.requestLaser();
  }
  std::unique_ptr<rh::hw::I2cDevice> openServos() override {
    if (laser_was_low_first != nullptr) *laser_was_low_first = lab.laserLine().requested() && !lab.laserLine().level();
    if (bus_fails) lab.bus().fail(EREMOTEIO);
    return lab.openServos();
  }
  LabBench lab{Settings::fromJson(rh::Json::parse(R"({"hardware":"model"})"))};
};

}  // namespace

TEST_CASE("an opened turret stands centred, dark, calibrated in the lab, and says so") {
  Turret turret;
  REQUIRE(turret.opened().status == RH_OK);
  CHECK_FALSE(turret.laser());
  CHECK(turret.servos().x == 200);
  CHECK(turret.servos().y == 200);
  CHECK(turret.lab().chip().reg(rh::hw::pca9685::kPrescale) == 121);
  CHECK(turret.lab().chip().earlyWrites() == 0);
  CHECK(turret.pointing().get<int>("x_counts") == 200);
  CHECK_FALSE(turret.pointing().get<bool>("laser"));
  CHECK_FALSE(turret.pointing().get<bool>("energised"));
  const rh::Json calibration = turret.host().latest("calibration");
  CHECK(calibration.get<bool>("calibrated"));
  CHECK(calibration.find("pairs")->items().size() == 4);
}

TEST_CASE("the laser's line is driven low before the servos' bus is touched") {
  bool low_first = false;
  auto bench = std::make_unique<FailingBench>();
  bench->laser_was_low_first = &low_first;
  Turret turret("{}", nullptr, std::move(bench));
  REQUIRE(turret.opened().status == RH_OK);
  CHECK(low_first);
}

TEST_CASE("a turret that cannot be opened says which part failed and why, and leaves the laser off") {
  auto bench = std::make_unique<FailingBench>();
  bench->laser_fails = true;
  Turret no_laser("{}", nullptr, std::move(bench));
  CHECK(no_laser.opened().status == RH_UNAVAILABLE);
  CHECK(no_laser.opened().text == "Requesting /dev/gpiochip0, line 23: Device or resource busy");

  bench = std::make_unique<FailingBench>();
  bench->bus_fails = true;
  FailingBench& reached = *bench;
  FakeHost host;
  Turret no_bus("{}", &host, std::move(bench));
  CHECK(no_bus.opened().status == RH_UNAVAILABLE);
  CHECK(no_bus.opened().text ==
        "The servos' chip could not be read: lab, address 0x40: reading 1 bytes: Remote I/O error");
  (void)reached;

  Turret wrong(R"({"hardware":"model","servo":{"max_counts":700}})");
  CHECK(wrong.opened().status == RH_INVALID_ARGUMENT);
  CHECK_THAT(wrong.opened().text, Catch::StartsWith("/servo/max_counts must be"));
}

TEST_CASE("on a machine without the hardware a real turret says what is missing") {
  Turret turret(R"({"laser_gpio":{"chip":"/dev/gpiochip-none"}})", nullptr, linuxBench([] {
                  Settings settings;
                  settings.laser_chip = "/dev/gpiochip-none";
                  return settings;
                }()));
  CHECK(turret.opened().status == RH_UNAVAILABLE);
  CHECK(turret.opened().text == "Opening GPIO chip /dev/gpiochip-none: No such file or directory");
}

TEST_CASE("a click moves both servos to where the calibration puts it") {
  Turret turret;
  turret.permit(1);
  REQUIRE(turret.command("calibrate", kKnownPairs).status == RH_OK);
  const Outcome aimed = turret.command("aim", R"({"x_px":190,"y_px":190})");
  CHECK(aimed.status == RH_OK);
  CHECK(turret.servos().x == 440);
  CHECK(turret.servos().y == 298);
  CHECK(turret.pointing().get<double>("x_px") == Approx(190));
  CHECK(turret.pointing().get<double>("y_px") == Approx(190));
}

TEST_CASE("without a permit nothing moves and nothing is lit") {
  Turret turret;
  for (const auto& [name, params] :
       {std::pair("aim", R"({"x_px":320,"y_px":300})"), std::pair("laser", R"({"on":true})"),
        std::pair("nudge", R"({"axis":"x","counts":5})"), std::pair("centre", "{}"),
        std::pair("servo", R"({"x_counts":300,"y_counts":300})")}) {
    CHECK(turret.command(name, params).status == RH_NOT_PERMITTED);
  }
  turret.permit(1, 0.0);
  CHECK(turret.command("laser", R"({"on":true})").status == RH_NOT_PERMITTED);
  CHECK_FALSE(turret.laser());
  CHECK(turret.servos().x == 200);
  CHECK(turret.command("laser", R"({"on":false})").status == RH_OK);
}

TEST_CASE("a point that one servo cannot reach moves neither") {
  Turret turret(R"({"hardware":"model","servo":{"min_counts":150,"max_counts":430}})");
  turret.permit(1);
  REQUIRE(turret.command("calibrate", kKnownPairs).status == RH_OK);
  const Outcome refused = turret.command("aim", R"({"x_px":190,"y_px":190})");
  CHECK(refused.status == RH_INVALID_ARGUMENT);
  CHECK(refused.text ==
        "The point (190, 190) is out of the servos' reach (x 440, y 298 counts; allowed are 150 to 430). Nothing was "
        "moved.");
  CHECK(turret.servos().x == 200);
  CHECK(turret.servos().y == 200);
  CHECK(turret.command("servo", R"({"x_counts":300,"y_counts":431})").status == RH_INVALID_ARGUMENT);
  CHECK(turret.command("nudge", R"({"axis":"y","counts":-51})").status == RH_INVALID_ARGUMENT);
  CHECK(turret.servos().x == 200);
  CHECK(turret.command("nudge", R"({"axis":"y","counts":-50})").status == RH_OK);
  CHECK(turret.servos().y == 150);
}

TEST_CASE("a point beyond the horizon is refused") {
  Turret turret;
  turret.permit(1);
  REQUIRE(turret.command("calibrate", kKnownPairs).status == RH_OK);
  const Outcome refused = turret.command("aim", R"({"x_px":360,"y_px":2000})");
  CHECK(refused.status == RH_INVALID_ARGUMENT);
  CHECK_THAT(refused.text, Catch::Contains("beyond the horizon"));
}

TEST_CASE("an area that is kept out takes no click, no typed position and no nudge") {
  Turret turret(R"({"hardware":"model","allow_calibration":true,
                    "keep_out":[{"x_px":180,"y_px":180,"width_px":40,"height_px":40}]})");
  turret.permit(1);
  // Uncalibrated positions are free: somebody must be able to measure the points. The lab is calibrated already.
  REQUIRE(turret.command("calibrate", kKnownPairs).status == RH_OK);
  const Outcome refused = turret.command("aim", R"({"x_px":190,"y_px":190})");
  CHECK(refused.status == RH_INVALID_ARGUMENT);
  CHECK(refused.text ==
        "The point (190, 190) lies in an area that is kept out (from (180, 180) to (220, 220)). Nothing was moved.");
  CHECK(turret.command("servo", R"({"x_counts":440,"y_counts":298})").status == RH_INVALID_ARGUMENT);
  REQUIRE(turret.command("servo", R"({"x_counts":425,"y_counts":298})").status == RH_OK);
  CHECK(turret.command("nudge", R"({"axis":"x","counts":10})").status == RH_INVALID_ARGUMENT);
  CHECK(turret.servos().x == 425);
  CHECK(turret.command("aim", R"({"x_px":300,"y_px":300})").status == RH_OK);
}

TEST_CASE("degenerate points are refused and the old calibration stays, in memory and on disk") {
  FakeHost host;
  Turret turret(R"({"hardware":"model"})", &host);
  turret.permit(1);
  const Outcome good = turret.command("calibrate", kKnownPairs);
  REQUIRE(good.status == RH_OK);
  CHECK(rh::Json::parse(good.text).get<double>("residual_counts") < 1e-6);
  const auto kept = host.state;
  std::string line = kKnownPairs;
  line.replace(line.find("\"x_px\":480,\"y_px\":525"), 21, "\"x_px\":900,\"y_px\":190");
  const Outcome refused = turret.command("calibrate", line);
  CHECK(refused.status == RH_INVALID_ARGUMENT);
  CHECK_THAT(refused.text, Catch::StartsWith("Points 1, 2 and 3 of the picture lie on one line"));
  CHECK(host.state == kept);
  CHECK(turret.command("aim", R"({"x_px":190,"y_px":190})").status == RH_OK);
  CHECK(turret.servos().x == 440);
}

TEST_CASE("a calibration that could not be kept is not used") {
  FakeHost host;
  Turret turret(R"({"hardware":"model"})", &host);
  const rh::Json before = host.latest("calibration");
  host.save_status = RH_EXHAUSTED;
  CHECK(turret.command("calibrate", kKnownPairs).status == RH_EXHAUSTED);
  CHECK(host.latest("calibration") == before);
}

TEST_CASE("a calibration has the time that a slow disk takes, and what moves the turret has not") {
  const auto type = Driver::type();
  for (const auto& command : type.type.find("commands")->items())
    CHECK(command.get<std::int64_t>("ttl_ms") == (command.get<std::string>("name") == "calibrate" ? 30'000 : 2000));
}

TEST_CASE("a kept calibration is there again after the device was opened anew") {
  FakeHost host;
  {
    Turret turret(R"({"hardware":"model"})", &host);
    REQUIRE(turret.command("calibrate", kKnownPairs).status == RH_OK);
  }
  Turret again(R"({"hardware":"model"})", &host);
  again.permit(1);
  REQUIRE(again.command("aim", R"({"x_px":190,"y_px":190})").status == RH_OK);
  CHECK(again.servos().x == 440);
}

TEST_CASE("the older program's calibration file is used while none is kept, and a wrong one is named with its place") {
  std::string name = (std::filesystem::temp_directory_path() / "rh-turret-XXXXXX").string();
  const int fd = ::mkstemp(name.data());
  REQUIRE(fd >= 0);
  ::close(fd);
  std::ofstream(name)
      << R"({"targetCalibration":[{"x":190,"y":190},{"x":555,"y":190},{"x":480,"y":525},{"x":240,"y":525}],
      "servoCalibration":[{"x":"440","y":"298"},{"x":"340","y":"298"},{"x":"340","y":"220"},{"x":"440","y":"220"}]})";
  const std::string config = R"({"hardware":"model","calibration_file":")" + name + R"("})";
  {
    FakeHost host;
    Turret turret(config, &host);
    turret.permit(1);
    REQUIRE(turret.command("aim", R"({"x_px":190,"y_px":190})").status == RH_OK);
    CHECK(turret.servos().x == 440);
    CHECK(turret.servos().y == 298);
    CHECK_FALSE(host.state);
  }
  std::ofstream(name) << R"({"targetCalibration":[{"x":190}]})";
  Turret wrong(config);
  CHECK(wrong.opened().status == RH_INVALID_ARGUMENT);
  CHECK(wrong.opened().text == name + " /targetCalibration: four points are needed, found 1.");
  std::filesystem::remove(name);
}

TEST_CASE("a damaged kept calibration leaves the turret uncalibrated and is logged") {
  FakeHost host;
  host.state = "{\"pairs\":";
  Turret turret(R"({"hardware":"model"})", &host);
  REQUIRE(turret.opened().status == RH_OK);
  REQUIRE(host.log_lines.size() == 1);
  CHECK_THAT(host.log_lines[0], Catch::StartsWith("The kept calibration cannot be used"));
  CHECK_FALSE(host.latest("calibration").get<bool>("calibrated"));
  turret.permit(1);
  const Outcome refused = turret.command("aim", R"({"x_px":190,"y_px":190})");
  CHECK(refused.status == RH_CONFLICT);
  CHECK_THAT(refused.text, Catch::StartsWith("The turret is not calibrated yet"));
  CHECK(turret.command("servo", R"({"x_counts":300,"y_counts":300})").status == RH_OK);
}

TEST_CASE("a bus error while aiming is told and puts the laser out") {
  Turret turret;
  turret.permit(1);
  REQUIRE(turret.command("laser", R"({"on":true})").status == RH_OK);
  REQUIRE(turret.laser());
  turret.lab().bus().fail(ETIMEDOUT);
  const Outcome failed = turret.command("aim", R"({"x_px":320,"y_px":300})");
  CHECK(failed.status == RH_UNAVAILABLE);
  CHECK(failed.text ==
        "The servos did not take the new position: lab, address 0x40: reading 1 bytes: Connection timed out. The laser "
        "is off.");
  CHECK_FALSE(turret.laser());
  CHECK_FALSE(turret.pointing().get<bool>("laser"));
  turret.lab().bus().fail(0);
  CHECK(turret.command("aim", R"({"x_px":320,"y_px":300})").status == RH_OK);
  CHECK_FALSE(turret.laser());
}
