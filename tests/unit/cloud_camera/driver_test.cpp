// The camera as its host sees it: armed and disarmed, captures, alarms, pins, what a restart keeps, and a camera that
// goes away.
#include <catch2/catch.hpp>

#include <fstream>

#include "cloud_camera/lab/scene.hpp"
#include "hw/model/gpio_line.hpp"
#include "unit/cloud_camera/camera_host.hpp"
#include "unit/cloud_camera/video.hpp"

using namespace cloud_camera;
using namespace cloud_camera::test;

namespace {

// Pictures at a steady, fast beat, of which a test says whether something moves, and that can be unplugged.
struct Stage {
  std::atomic<bool> moves{false}, unplugged{false};
  std::atomic<int> opened{0}, closed{0};
};

class StageSource final : public Source {
 public:
  explicit StageSource(Stage& stage) : stage_(stage) {
    if (stage_.unplugged) throw SourceLost("The camera is not there.");
    ++stage_.opened;
  }
  ~StageSource() override { ++stage_.closed; }
  FramePtr next(std::chrono::milliseconds, bool) override {
    if (stage_.unplugged) throw SourceLost("The camera is gone.");
    std::this_thread::sleep_for(2ms);
    auto frame = std::make_shared<Frame>(128, 96);
    if (stage_.moves) {
      at_ = (at_ + 16) % 80;
      for (int y = 20; y < 76; ++y)
        for (int x = 0; x < 48; ++x) frame->y[static_cast<std::size_t>(y * 128 + at_ + x)] = 200;
    }
    // Its time runs faster than the test's, so that seconds of video take a moment.
    t_ns_ += 100'000'000;
    frame->t_ns = t_ns_;
    return frame;
  }

 private:
  Stage& stage_;
  int at_ = 0;
  std::int64_t t_ns_ = 1'000'000'000;
};

struct Rig {
  Stage stage;
  rh::hw::model::GpioLine armed_line{"armed"}, alarm_line{"alarm"};
  CameraHost host;
  Settings settings;
  std::unique_ptr<Driver> driver;

  Rig() {
    settings.video.fps = 10;
    settings.record.segment_s = 2;
    settings.record.request_s = 3;
    settings.motion.quiet_frames = 10;
    settings.pins.alarm_line = 4;
    settings.pins.debounce_ms = 200;
  }
  void open(bool pins = true) {
    Hardware hardware;
    hardware.open_source = [this] { return std::make_unique<StageSource>(stage); };
    if (pins) hardware.armed = armed_line.requestOutput(false);
    if (pins) hardware.alarm = alarm_line.requestInput(rh::hw::Edge::rising);
    driver = std::make_unique<Driver>(host.context(), settings, std::move(hardware));
  }
  bool is(const char* member, bool value) {
    return host.until([&] { return host.latest("state").get<bool>(member, !value) == value; });
  }
};

}  // namespace

TEST_CASE("nobody looks: the camera stays closed; somebody looks: there are pictures") {
  Rig rig;
  rig.open();
  std::this_thread::sleep_for(50ms);
  CHECK(rig.stage.opened == 0);
  rig.driver->watch("main", true);
  CHECK(rig.host.until([&] { return rig.host.frames() > 3; }));
  rig.driver->watch("main", false);
  CHECK(rig.host.until([&] { return rig.stage.closed == 1; }));
}

TEST_CASE("an asked capture is recorded, handed over and ended, with its progress told") {
  Rig rig;
  rig.open();
  CHECK(rig.is("capturing", false));
  rig.driver->capture();
  CHECK(rig.host.until([&] { return rig.host.ends().size() == 1; }));
  CHECK(rig.is("capturing", false));
  const auto segments = rig.host.segments();
  REQUIRE(segments.size() == 2);
  CHECK(segments[0].trigger == "request");
  CHECK(segments[0].bytes > 0);
  CHECK(rig.host.ends().begin()->second == 2);
  CHECK(readVideo(rig.host.folder() / segments[0].file).good);
  CHECK(rig.host.latest("state").get<int>("segments", 0) == 2);
  rig.driver->capturesWaiting(2, 1000);
  CHECK(rig.host.latest("state").get<int>("uploading", 0) == 2);
  rig.driver->capturesWaiting(0, 0);
  CHECK(rig.host.latest("state").get<int>("uploading", 9) == 0);
}

TEST_CASE("armed, it records what moves and says so; disarmed, it does not") {
  Rig rig;
  rig.open();
  rig.stage.moves = true;
  rig.driver->watch("main", true);
  CHECK(rig.host.until([&] { return rig.host.frames() > 20; }));
  CHECK(rig.host.segments().empty());
  rig.stage.moves = false;
  rig.driver->arm();
  CHECK(rig.is("armed", true));
  CHECK(rig.armed_line.level());
  const int seen = rig.host.frames();
  CHECK(rig.host.until([&] { return rig.host.frames() > seen + 30; }));
  CHECK(rig.host.segments().empty());
  rig.stage.moves = true;
  CHECK(rig.host.until([&] { return !rig.host.segments().empty(); }));
  CHECK(rig.host.segments()[0].trigger == "pir");
  CHECK(rig.host.latest("alarm").get<std::string>("source", "") == "motion");
  rig.driver->disarm();
  CHECK(rig.host.until([&] { return rig.host.ends().size() == 1; }));
  CHECK(rig.is("capturing", false));
  CHECK_FALSE(rig.armed_line.level());
}

TEST_CASE("being armed and the newest alarms outlive a restart") {
  Rig rig;
  rig.open();
  rig.driver->arm();
  rig.alarm_line.drive(true);
  CHECK(rig.host.until([&] { return rig.host.latest("alarm").has("at_ms"); }));
  rig.driver.reset();
  CHECK_FALSE(rig.armed_line.level());
  rig.open();
  CHECK(rig.host.latest("state").get<bool>("armed", false));
  CHECK(rig.armed_line.level());
  REQUIRE(rig.host.latest("alarms").find("recent")->items().size() == 1);
  const rh::Json alarm = rig.host.latest("alarms").find("recent")->items()[0];
  CHECK(alarm.get<std::string>("source", "") == "gpio 4");
  const std::string at = alarm.get<std::string>("at", "");
  CHECK((at.size() == 24 && at[10] == 'T' && at[19] == '.' && at.back() == 'Z'));
  rig.driver.reset();
  rig.host.setState("{\"armed\":");  // a broken disk
  rig.open();
  CHECK_FALSE(rig.host.latest("state").get<bool>("armed", true));
  CHECK(rig.host.logged("disarmed"));
}

TEST_CASE("a capture's name is given once, over restarts, also when the clock begins earlier each time") {
  Rig rig;
  const auto now_s =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  const auto capture = [&rig] {
    const auto before = rig.host.ends().size();
    rig.driver->capture();
    REQUIRE(rig.host.until([&] { return rig.host.ends().size() == before + 1; }));
    return rig.host.segments().back();
  };
  // The last capture before the restart was at a time that has not come yet.
  rig.host.setState(R"({"armed":false,"named_s":)" + std::to_string(now_s + 5000) + "}");
  rig.open();
  const auto first = capture();
  CHECK(first.key == "cap." + std::to_string(now_s + 5001));
  CHECK(first.started_ms >= now_s * 1000);
  CHECK(first.started_ms < (now_s + 1000) * 1000);
  SECTION("closed in good order") {}
  SECTION("killed, behind its host's word that something waits") {
    rig.driver->capturesWaiting(1, 5);
    const auto kept = rig.host.state();
    rig.driver.reset();
    rig.host.setState(kept.value_or("{}"));
  }
  rig.driver.reset();
  // The hub has them.
  for (const auto& each : rig.host.segments()) std::filesystem::remove(rig.host.folder() / each.file);
  rig.open();
  CHECK(capture().key == "cap." + std::to_string(now_s + 5002));
}

TEST_CASE("a kept name of a time that no clock shows is no reason to name captures so for ever") {
  Rig rig;
  rig.host.setState(R"({"armed":false,"named_s":7258118400})");
  rig.open();
  rig.driver->capture();
  REQUIRE(rig.host.until([&] { return rig.host.ends().size() == 1; }));
  CHECK(rig.host.segments().back().key.size() == std::string("cap.1700000000").size());
  CHECK(rig.host.segments().back().key < "cap.7");
}

TEST_CASE("what a list has named counts once, over restarts, and is kept before the end") {
  Rig rig;
  const std::filesystem::path list = rig.host.temp() / "list", theirs = rig.host.temp() / "theirs";
  std::filesystem::create_directory(theirs);
  rig.settings.local.names = list.string();
  rig.settings.local.folders = {theirs.string()};
  const auto name = [&](const std::string& segment) {
    std::ofstream(theirs / segment) << "video";
    std::ofstream(list, std::ios::app) << segment << "\n";
  };
  std::ofstream(list).flush();
  rig.open(false);
  rig.driver->arm();
  name("pir.5.0.mp4");
  REQUIRE(rig.host.until([&] { return rig.host.segments().size() == 1; }));
  // As its host says while segments go to the hub.
  const auto kept = [&] { return rig.host.state().value_or("").find("\"names\"") != std::string::npos; };
  for (std::uint32_t waiting = 1; waiting < 1000 && !kept(); ++waiting, std::this_thread::sleep_for(5ms))
    rig.driver->capturesWaiting(waiting, 5);
  CHECK(kept());
  rig.driver.reset();
  std::filesystem::remove(rig.host.folder() / "in-pir.5.0.mp4");  // the hub has it
  rig.open(false);
  name("pir.6.0.mp4");
  REQUIRE(rig.host.until([&] { return rig.host.segments().size() == 2; }));
  CHECK(rig.host.segments()[1].key == "in-pir.6");
}

TEST_CASE("a program that records in the same second as the camera itself has a capture of its own") {
  Rig rig;
  const std::filesystem::path list = rig.host.temp() / "list", theirs = rig.host.temp() / "theirs";
  std::filesystem::create_directory(theirs);
  std::ofstream(list).flush();
  rig.settings.local.names = list.string();
  rig.settings.local.folders = {theirs.string()};
  rig.open(false);
  rig.driver->arm();
  rig.driver->capture();
  REQUIRE(rig.host.until([&] { return rig.host.ends().size() == 1; }));
  const auto own = rig.host.segments();
  REQUIRE_FALSE(own.empty());
  std::ofstream(theirs / own[0].file) << "video";
  std::ofstream(list, std::ios::app) << own[0].file << "\n";
  REQUIRE(rig.host.until([&] { return rig.host.segments().size() == own.size() + 1; }));
  const auto other = rig.host.segments().back();
  CHECK(other.key == "in-" + own[0].key);
  CHECK(other.file == "in-" + own[0].file);
  CHECK(other.trigger == own[0].trigger);
  rig.driver->disarm();
  REQUIRE(rig.host.until([&] { return rig.host.ends().size() == 2; }));
  CHECK(rig.host.ends().at(own[0].key) == own.size());
  CHECK(rig.host.ends().at(other.key) == 1);
}

TEST_CASE("an alarm is kept as soon as its recording is handed over, or somebody looks, and not only at the end") {
  Rig rig;
  rig.open();
  rig.alarm_line.drive(true);
  CHECK(rig.host.until([&] { return rig.host.latest("alarm").has("at_ms"); }));
  CHECK_FALSE(rig.host.state().has_value());
  SECTION("handed over") {
    rig.driver->capturesWaiting(1, 5);
  }
  SECTION("somebody looks") {
    rig.driver->watch("main", true);
  }
  CHECK_THAT(rig.host.state().value_or(""), Catch::Matchers::Contains("gpio 4"));
}

TEST_CASE("an alarm that a full disk would not keep is kept at the end") {
  Rig rig;
  rig.open();
  rig.alarm_line.drive(true);
  CHECK(rig.host.until([&] { return rig.host.latest("alarm").has("at_ms"); }));
  rig.host.failSaves(true);
  CHECK_THROWS_AS(rig.driver->arm(), rh::Fault);
  CHECK_FALSE(rig.armed_line.level());
  rig.host.failSaves(false);
  rig.driver.reset();
  rig.open();
  CHECK(rig.host.latest("alarms").find("recent")->items().size() == 1);
}

TEST_CASE("an alarm's pin that bounces is one alarm") {
  Rig rig;
  rig.open();
  for (int i = 0; i < 5; ++i) {
    rig.alarm_line.drive(true);
    rig.alarm_line.drive(false);
  }
  CHECK(rig.host.until([&] { return rig.host.latest("alarm").has("at_ms"); }));
  std::this_thread::sleep_for(400ms);  // longer than it is deaf, and than the queued edges take
  rig.alarm_line.drive(true);
  const auto alarms = [&] { return rig.host.latest("alarms").find("recent")->items().size(); };
  CHECK(rig.host.until([&] { return alarms() == 2; }));
}

TEST_CASE("a camera that goes away ends its capture and comes back") {
  Rig rig;
  rig.settings.record.request_s = 600;
  rig.open();
  rig.driver->capture();
  CHECK(rig.is("capturing", true));
  CHECK(rig.host.until([&] { return !rig.host.segments().empty(); }));
  rig.stage.unplugged = true;
  CHECK(rig.host.until([&] { return rig.host.ends().size() == 1; }));
  CHECK(rig.host.until([&] { return rig.host.logged("The camera is gone."); }));
  rig.driver->watch("main", true);
  CHECK(rig.host.until([&] { return rig.host.logged("The camera is not there."); }));
  CHECK_THROWS_AS(rig.driver->capture(), rh::Fault);
  rig.stage.unplugged = false;
  CHECK(rig.host.until([&] { return rig.host.logged("gives pictures again"); }));
  CHECK_NOTHROW(rig.driver->capture());
}

TEST_CASE("a camera that was away when nobody wanted anything else of it is asked again by the next capture") {
  Rig rig;
  rig.stage.unplugged = true;
  rig.open();
  CHECK(rig.is("away", false));
  rig.driver->capture();
  REQUIRE(rig.host.until([&] { return rig.host.logged("The camera is not there."); }));
  rig.stage.unplugged = false;
  // Its wish is void by then, and nobody tries the camera any more.
  REQUIRE(rig.is("away", false));
  CHECK(rig.stage.opened == 0);
  CHECK_NOTHROW(rig.driver->capture());
  CHECK(rig.host.until([&] { return rig.host.ends().size() == 1; }));
  CHECK_FALSE(rig.host.segments().empty());
}

TEST_CASE("an armed camera that is away says so as long as it lasts") {
  Rig rig;
  rig.open();
  rig.driver->arm();
  REQUIRE(rig.host.until([&] { return rig.stage.opened == 1; }));
  CHECK_FALSE(rig.host.latest("state").get<bool>("away", true));
  rig.stage.unplugged = true;
  REQUIRE(rig.is("away", true));
  CHECK(rig.host.latest("state").get<bool>("armed", false));
  CHECK_THROWS_AS(rig.driver->capture(), rh::Fault);
  rig.stage.unplugged = false;
  CHECK(rig.is("away", false));
  CHECK(rig.host.latest("state").get<bool>("armed", false));
}

TEST_CASE("a device without a camera of its own says nothing of one that is away") {
  Rig rig;
  rig.settings.video.source = SourceKind::none;
  rig.driver = std::make_unique<Driver>(rig.host.context(), rig.settings, Hardware{});
  CHECK(rig.host.latest("state").has("armed"));
  CHECK_FALSE(rig.host.latest("state").has("away"));
}

TEST_CASE("segments that a killed driver had finished go on, what it had begun does not") {
  Rig rig;
  for (const char* name :
       {"pir.100.0.mp4", "pir.100.1.mp4", "in-cap.200.0.ts", "in-pir.100.0.mp4", "pir.100.2.mp4.part", "notes.txt"})
    std::ofstream(rig.host.folder() / name) << "bytes";
  rig.open();
  const auto segments = rig.host.segments();
  REQUIRE(segments.size() == 4);
  // Those of programs beside it are captures of their own.
  CHECK(rig.host.ends() == std::map<std::string, std::uint32_t>{{"in-cap.200", 1}, {"in-pir.100", 1}, {"pir.100", 2}});
  CHECK_FALSE(std::filesystem::exists(rig.host.folder() / "pir.100.2.mp4.part"));
  CHECK_FALSE(std::filesystem::exists(rig.host.folder() / "notes.txt"));
}

TEST_CASE("where its host keeps no captures, asking for one is refused") {
  CameraHost host(false);
  Stage stage;
  Settings settings;
  Hardware hardware;
  hardware.open_source = [&] { return std::make_unique<StageSource>(stage); };
  Driver driver(host.context(), settings, std::move(hardware));
  CHECK_THROWS_AS(driver.capture(), rh::Fault);
  CHECK_NOTHROW(driver.arm());
}

TEST_CASE("opening and closing, armed and with somebody who looks, leaves nothing behind") {
  Rig rig;
  rig.host.setState(R"({"armed":true})");
  for (int i = 0; i < 20; ++i) {
    rig.open(false);
    rig.driver->watch("main", true);
    rig.driver->capture();
    rig.driver.reset();
  }
  CHECK(rig.stage.opened == rig.stage.closed);
}

TEST_CASE("its type passes the checks of plugins and declares what the older agent's devices have") {
  const auto type = Driver::type();
  CHECK(type.type.find("commands")->items().size() == 3);
  // What waits for a disk is not taken for a driver that hangs.
  for (const auto& command : type.type.find("commands")->items())
    CHECK(command.get<std::int64_t>("ttl_ms") == (command.get<std::string>("name") == "capture" ? 2000 : 30'000));
  for (const auto& command : type.type.find("commands")->items()) CHECK(command.get<std::string>("turn", "") == "none");
  CHECK(type.type.find("safety")->find("hazards")->items().empty());
}
