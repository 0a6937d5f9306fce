#include "laser_turret/calibration.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "rh/fault.hpp"

using namespace laser_turret;

namespace {

const std::string kOldFile = R"({
  "targetCalibration": [{"x":190,"y":190},{"x":555,"y":190},{"x":480,"y":525},{"x":240,"y":525}],
  "servoCalibration": [{"x":"440","y":"298"},{"x":"340","y":298},{"x":340,"y":"220"},{"x":"440.0","y":"220"}]})";

std::string refusal(const std::string& json) {
  try {
    (void)Calibration::fromOldFile(json, "calibration.json");
  } catch (const rh::Fault& fault) {
    return fault.what();
  }
  return "";
}

std::string with(const std::string& from, const std::string& to) {
  std::string text = kOldFile;
  text.replace(text.find(from), from.size(), to);
  return text;
}

}  // namespace

TEST_CASE("the older program's calibration file maps its known click exactly, numbers as strings too") {
  const Calibration calibration = Calibration::fromOldFile(kOldFile, "calibration.json");
  const auto counts = calibration.countsOf({190, 190});
  REQUIRE(counts);
  CHECK(counts->x == 440);
  CHECK(counts->y == 298);
  CHECK(calibration.residualCounts() < 1e-9);
  const auto pixel = calibration.pixelOf({440, 298});
  REQUIRE(pixel);
  CHECK(pixel->x == Approx(190));
  CHECK(pixel->y == Approx(190));
}

TEST_CASE("a wrong calibration file is refused with its name and the place in it") {
  CHECK_THAT(refusal("{"), Catch::StartsWith("calibration.json: this is not JSON: "));
  CHECK_THAT(refusal("[]"), Catch::StartsWith("calibration.json: an object"));
  CHECK_THAT(refusal(with("servoCalibration", "servos")), Catch::StartsWith("calibration.json /servoCalibration: "));
  CHECK_THAT(refusal(with(R"({"x":555,"y":190},)", "")),
             Catch::StartsWith("calibration.json /targetCalibration: four points are needed, found 3."));
  CHECK_THAT(refusal(with(R"("x":480)", R"("x":"48o")")),
             Catch::StartsWith("calibration.json /targetCalibration/2/x: \"48o\" is not a number."));
  CHECK_THAT(refusal(with(R"("y":"220"})", R"("z":"220"})")),
             Catch::StartsWith("calibration.json /servoCalibration/2/y: a number is missing"));
  CHECK_THAT(refusal(with(R"("x":480)", R"("x":"1e9")")), Catch::Contains("/targetCalibration/2/x: "));
  CHECK_THAT(refusal(with(R"("x":480)", R"("x":"nan")")), Catch::Contains("/targetCalibration/2/x: "));
  CHECK_THAT(refusal(with(R"({"x":480,"y":525})", R"({"x":190,"y":190})")),
             Catch::StartsWith("calibration.json: Points 1 and 3 of the picture are the same"));
}

TEST_CASE("a calibration file that is not there or far too large is refused") {
  CHECK_THROWS_WITH(Calibration::importFile("/nowhere/calibration.json"),
                    "/nowhere/calibration.json: the calibration file cannot be opened.");
  std::string name = (std::filesystem::temp_directory_path() / "rh-calibration-XXXXXX").string();
  const int fd = ::mkstemp(name.data());
  REQUIRE(fd >= 0);
  ::close(fd);
  std::ofstream(name) << kOldFile;
  CHECK(Calibration::importFile(name).countsOf({190, 190})->x == 440);
  std::ofstream(name) << std::string(70000, ' ');
  CHECK_THROWS_WITH(Calibration::importFile(name), Catch::Contains("larger than 64 KiB"));
  std::filesystem::remove(name);
}

TEST_CASE("a calibration comes back from its kept form") {
  const Calibration calibration = Calibration::fromOldFile(kOldFile, "calibration.json");
  const Calibration again = Calibration::fromState(calibration.toState());
  CHECK(again.countsOf({400, 300})->x == calibration.countsOf({400, 300})->x);
  CHECK_THROWS_AS(Calibration::fromState(R"({"pairs":[]})"), rh::Fault);
  CHECK_THROWS_AS(Calibration::fromState("half a fi"), rh::Fault);
}

TEST_CASE("a pixel far beyond every servo has no position rather than a wrapped one") {
  const Calibration calibration = Calibration::fromOldFile(kOldFile, "calibration.json");
  CHECK_FALSE(calibration.countsOf({1e12, 190}));
}
