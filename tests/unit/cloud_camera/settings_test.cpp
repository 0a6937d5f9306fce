#include <catch2/catch.hpp>

#include "cloud_camera/settings.hpp"
#include "rh/fault.hpp"

using namespace cloud_camera;

namespace {

Settings read(const std::string& json) {
  return Settings::fromJson(rh::Json::parse(json));
}
std::string fault(const std::string& json) {
  try {
    read(json);
  } catch (const rh::Fault& wrong) {
    return wrong.what();
  }
  return "";
}

}  // namespace

TEST_CASE("an empty configuration is a camera at its usual place") {
  const Settings settings = read("{}");
  CHECK(settings.video.source == SourceKind::v4l2);
  CHECK(settings.video.device == "/dev/video0");
  CHECK(settings.pins.debounce_ms == 1000);
  CHECK_FALSE(settings.pins.armed_line);
  CHECK_FALSE(settings.local.listen);
}

TEST_CASE("a complete configuration is read") {
  const Settings settings = read(R"({"video":{"source":"lab","width_px":320,"height_px":240,"fps":10,
      "lab":{"seed":3,"every_s":15}},"motion":{"threshold":20,"area_percent":2,"min_frames":4,"quiet_frames":30},
      "record":{"segment_s":5,"preroll_s":2,"request_s":10,"longest_s":60,"bitrate_kbit":500},
      "gpio":{"chip":"/dev/gpiochip1","armed_line":17,"alarm_line":4,"debounce_ms":500},
      "local":{"listen":"9000","commands":"cam.local:9001","names":"/run/names","folders":["/var/cam"],
      "max_segment_bytes":1000000}})");
  CHECK(settings.video.source == SourceKind::lab);
  CHECK(settings.video.lab_every_s == 15);
  CHECK(settings.motion.min_frames == 4);
  CHECK(settings.record.preroll_s == 2);
  CHECK(settings.pins.alarm_line == 4u);
  REQUIRE(settings.local.listen);
  CHECK(settings.local.listen->host == "127.0.0.1");  // nobody else's business
  CHECK(settings.local.listen->port == 9000);
  CHECK(settings.local.commands->host == "cam.local");
  CHECK(settings.local.folders == std::vector<std::string>{"/var/cam"});
}

TEST_CASE("addresses are ports, hosts with ports, or paths") {
  CHECK(parseLocalAddress("/run/cam.sock", true).path == "/run/cam.sock");
  CHECK(parseLocalAddress("[::1]:9000", true).host == "::1");
  CHECK(parseLocalAddress("0.0.0.0:9000", true).host == "0.0.0.0");
  CHECK(parseLocalAddress(":9000", true).host == "127.0.0.1");
  for (const char* bad : {"", "host", "host:", "host:x", "host:70000", "run/cam.sock", "host:-1"})
    CHECK_THROWS_AS(parseLocalAddress(bad, true), std::invalid_argument);
  CHECK_THROWS_AS(parseLocalAddress("9000", false), std::invalid_argument);
  CHECK_THROWS_AS(parseLocalAddress("host:0", false), std::invalid_argument);
  CHECK_THROWS_AS(parseLocalAddress("/" + std::string(200, 'x'), true), std::invalid_argument);
}

TEST_CASE("what is wrong is told with its place") {
  CHECK(fault(R"({"vidoe":{}})").find("/vidoe is not known") == 0);
  CHECK(fault(R"({"video":{"source":"film"}})") == "/video/source must be v4l2, lab or none.");
  CHECK(fault(R"({"video":{"width_px":641}})") == "/video/width_px must be even.");
  CHECK(fault(R"({"video":{"fps":0}})").find("/video/fps must be an integer of 1..30") == 0);
  CHECK(fault(R"({"gpio":{"armed_line":4,"alarm_line":4}})") ==
        "/gpio/alarm_line must be another one than armed_line.");
  CHECK(fault(R"({"local":{"listen":"9000"}})").find("/local/folders must say") == 0);
  CHECK(fault(R"({"local":{"listen":"9000","folders":["here"]}})").find("absolute") != std::string::npos);
  CHECK(fault(R"({"local":{"commands":"9000"}})").find("/local/commands must say the host") == 0);
  CHECK(fault(R"({"video":{"source":"none"}})").find("no pictures at all") != std::string::npos);
  CHECK(fault(R"({"video":{"source":"none"},"local":{"listen":"9000","folders":["/x"]}})").empty());
  CHECK_FALSE(fault(R"({"motion":{"area_percent":0}})").empty());
  CHECK_FALSE(fault(R"({"record":{"preroll_s":-1}})").empty());
}
