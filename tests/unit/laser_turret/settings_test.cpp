#include "laser_turret/settings.hpp"

#include <catch2/catch.hpp>

#include "rh/fault.hpp"

using laser_turret::Settings;

namespace {

Settings parse(const std::string& json) {
  return Settings::fromJson(rh::Json::parse(json));
}

}  // namespace

TEST_CASE("an empty configuration is the turret as it was always wired") {
  const Settings settings = parse("{}");
  CHECK_FALSE(settings.model);
  CHECK(settings.i2c == "/dev/i2c-1");
  CHECK(settings.address == 0x40);
  CHECK(settings.frequency_hz == 50);
  CHECK(settings.laser_chip == "/dev/gpiochip0");
  CHECK(settings.laser_line == 23);
  CHECK(settings.servo.min_counts == 150);
  CHECK(settings.servo.max_counts == 600);
  CHECK(settings.servo.centre_counts == 200);
  CHECK_FALSE(settings.laser_follows_turn);
}

TEST_CASE("everything that can be set arrives") {
  const Settings settings = parse(
      R"({"hardware":"model","i2c":"/dev/i2c-3","address":65,"frequency_hz":60,"x_channel":4,"y_channel":7,
          "laser_gpio":{"chip":"/dev/gpiochip4","line":17},"servo":{"min_counts":200,"max_counts":500,"centre_counts":375},
          "keep_out":[{"x_px":1,"y_px":2,"width_px":30,"height_px":40}],"calibration_file":"c.json",
          "laser_follows_turn":true,"model":{"fps":15,"seed":9,"edges":"/tmp/edges"}})");
  CHECK(settings.model);
  CHECK(settings.address == 65);
  CHECK(settings.y_channel == 7);
  CHECK(settings.laser_line == 17);
  CHECK(settings.servo.centre_counts == 375);
  REQUIRE(settings.keep_out.size() == 1);
  CHECK(settings.keep_out[0].contains({31, 42}));
  CHECK_FALSE(settings.keep_out[0].contains({31.1, 42}));
  CHECK(settings.laser_follows_turn);
  CHECK(settings.model_fps == 15);
  CHECK(settings.model_edges == "/tmp/edges");
}

TEST_CASE("where areas are kept out the page may not calibrate unless the operator says so") {
  const std::string area = R"("keep_out":[{"x_px":1,"y_px":2,"width_px":30,"height_px":40}])";
  CHECK(parse("{}").allow_calibration);
  CHECK(parse(R"({"keep_out":[]})").allow_calibration);
  CHECK_FALSE(parse("{" + area + "}").allow_calibration);
  CHECK(parse("{" + area + R"(,"allow_calibration":true})").allow_calibration);
  CHECK_FALSE(parse(R"({"allow_calibration":false})").allow_calibration);
}

TEST_CASE("wrong settings are refused with the place and what is allowed") {
  CHECK_THROWS_WITH(parse(R"({"hardwear":"model"})"),
                    Catch::StartsWith("/hardwear is not known; known here are: hardware, "));
  CHECK_THROWS_WITH(parse(R"({"hardware":"arduino"})"), "/hardware must be linux or model.");
  CHECK_THROWS_WITH(parse(R"({"address":3})"), "/address must be an integer of 8..119.");
  CHECK_THROWS_WITH(parse(R"({"address":"64"})"), "/address must be an integer of 8..119.");
  CHECK_THROWS_WITH(parse(R"({"x_channel":1})"), "/y_channel must be another one than x_channel.");
  CHECK_THROWS_WITH(parse(R"({"servo":{"min_counts":100}})"), "/servo/min_counts must be an integer of 150..600.");
  CHECK_THROWS_WITH(parse(R"({"servo":{"min_counts":500,"max_counts":400}})"),
                    "/servo/min_counts must be below max_counts.");
  CHECK_THROWS_WITH(parse(R"({"servo":{"min_counts":300}})"),
                    "/servo/centre_counts must lie within min_counts..max_counts.");
  CHECK_THROWS_WITH(parse(R"({"laser_gpio":{"pin":23}})"), Catch::StartsWith("/laser_gpio/pin is not known"));
  CHECK_THROWS_WITH(parse(R"({"laser_gpio":23})"), "/laser_gpio must be a mapping.");
  CHECK_THROWS_WITH(parse(R"({"keep_out":[{"x_px":1,"y_px":2,"width_px":3}]})"),
                    Catch::StartsWith("/keep_out/0/height_px must be a number of "));
  CHECK_THROWS_WITH(parse(R"({"model":{"fps":0}})"), "/model/fps must be an integer of 1..30.");
}
