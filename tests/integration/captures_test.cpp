// From a camera's pictures, and from older programs beside it, to one video at the hub, whatever is killed or cut on
// the way.
#include <catch2/catch.hpp>

#include "integration/support/cameras.hpp"

using namespace robohub;
using namespace robohub::integration;
namespace fs = std::filesystem;

TEST_CASE("a camera that is asked, and one that sees something move, send captures that are one video each") {
  Cameras cameras;
  REQUIRE(cameras.start(cameras.hub.url()));
  REQUIRE(cameras.commanded("capture"));
  const bool asked = cameras.ready(1);
  INFO(cameras.told());
  REQUIRE(asked);
  const auto capture = cameras.captures().front();
  CHECK(json::getString(*capture, "trigger").value_or("") == "request");
  CHECK(json::getInt(*capture, "width").value_or(0) == 320);
  const Probe video = probe(cameras.download(capture));
  CHECK(video.duration_s == Approx(3).margin(0.5));
  CHECK(static_cast<double>(json::getInt(*capture, "duration_ms").value_or(0)) / 1000 ==
        Approx(video.duration_s).margin(0.1));
  CHECK(video.rises);
  CHECK(video.pictures > 24);
  CHECK(capture->getArray("gaps")->size() == 0);
  CHECK(cameras.nothingWaits());

  REQUIRE(cameras.commanded("arm"));
  // The lab's first walker comes three seconds after the camera is opened.
  json::Object::Ptr pir;
  const bool moved = eventually(
      [&] {
        for (const auto& each : cameras.captures())
          if (json::getString(*each, "trigger").value_or("") == "pir" && cameras.state(each) == "ready") pir = each;
        return !pir.isNull();
      },
      40s);
  INFO(cameras.told());
  REQUIRE(moved);
  const Probe seen = probe(cameras.download(pir));
  CHECK(seen.duration_s > 2);
  CHECK(seen.rises);
  REQUIRE(cameras.commanded("disarm"));
}

TEST_CASE("programs of the older agent go on beside ours") {
  robohub::test::TempFolder theirs;
  const std::string listen = (theirs.path() / "agent.sock").string(), commands = (theirs.path() / "commands").string();
  Process actuator;
  actuator.start(TEST_STANDINS "/camera_programs", {"actuator", commands});
  REQUIRE(actuator.line("ready"));
  Cameras cameras(", local: {listen: \"" + listen + "\", commands: \"" + commands + "\", folders: [\"" +
                  theirs.path().string() + "\"]}");
  REQUIRE(cameras.start(cameras.hub.url()));
  REQUIRE(cameras.commanded("arm"));
  REQUIRE(cameras.commanded("disarm"));
  CHECK(actuator.line("{\"command\":\"arm\"}", 5s));
  CHECK(actuator.line("{\"command\":\"disarm\"}", 5s));

  const auto files = recordSegments(theirs.path(), "pir.1529842538", 3);
  std::vector<std::string> arguments{"segments", listen};
  arguments.insert(arguments.end(), files.begin(), files.end());
  runProgram(arguments);
  const bool joined = cameras.ready(1);
  INFO(cameras.told());
  REQUIRE(joined);
  const auto capture = cameras.captures().front();
  CHECK(json::getInt(*capture, "started_ms").value_or(0) == 1529842538000);
  const Probe video = probe(cameras.download(capture));
  CHECK(video.duration_s == Approx(6).margin(0.3));
  CHECK(video.rises);
  for (const auto& file : files) CHECK(fs::exists(file));  // theirs

  runProgram({"alarm", listen, "4"});
  CHECK(eventually([&] { return cameras.agent.process().output().find("Alarm: gpio 4") != std::string::npos; }));
  // The same again, as after a restart of such a program: one capture, and no segment twice.
  runProgram(arguments);
  CHECK(cameras.nothingWaits());
  CHECK(cameras.captures().size() == 1);
}

TEST_CASE("cut links, killed hubs and killed agents in each phase lose no segment and store none twice") {
  robohub::test::TempFolder theirs;
  const std::string listen = (theirs.path() / "agent.sock").string();
  const auto files = recordSegments(theirs.path(), "cap.1000", 3);
  const auto size = fs::file_size(files[0]);
  REQUIRE(size > 512 * 1024);  // more than two windows

  Cameras cameras(", local: {listen: \"" + listen + "\", folders: [\"" + theirs.path().string() + "\"]}");
  Tap tap(cameras.hub.port());
  REQUIRE(cameras.start("http://127.0.0.1:" + std::to_string(tap.port())));
  std::size_t count = 0;
  for (int round = 0; round < 9; ++round) {
    const std::string key = "cap." + std::to_string(2000 + round);
    std::vector<std::string> arguments{"segments", listen};
    for (int i = 0; i < 3; ++i) {
      arguments.push_back((theirs.path() / (key + "." + std::to_string(i) + ".mp4")).string());
      fs::copy_file(files[static_cast<std::size_t>(i)], arguments.back());
    }
    REQUIRE(eventually([&] { return fs::exists(listen); }, 10s));
    runProgram(arguments);
    ++count;
    waitRandomPhase(120ms);
    INFO("round " << round << ", " << key);
    switch (round % 3) {
      case 0: tap.cut(); break;
      case 1:
        cameras.hub.process().kill();
        tap.cut();
        cameras.hub.start();
        break;
      default:
        cameras.agent.process().kill();
        waitRandomPhase(50ms);
        cameras.agent.start();
        REQUIRE(cameras.agent.online());
        break;
    }
    const bool whole = cameras.ready(count, 40s);
    INFO(cameras.told());
    REQUIRE(whole);
    const auto capture = cameras.captures().front();
    const auto gaps = capture->getArray("gaps");
    // An agent that is killed takes its driver with it: what that had not copied yet is the program's to send again.
    if (round % 3 != 2) {
      CHECK(gaps->size() == 0);
      const Probe video = probe(cameras.download(capture));
      CHECK(video.duration_s == Approx(6).margin(0.3));
      CHECK(video.rises);
    }
  }
  CHECK(cameras.nothingWaits());
}
