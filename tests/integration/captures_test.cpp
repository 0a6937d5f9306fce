// From a camera's pictures, and from older programs beside it, to one video at the hub, whatever is killed or cut on
// the way.
#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>

#include "integration/support/stage.hpp"
#include "integration/support/tap.hpp"

using namespace robohub;
using namespace robohub::integration;

namespace {

namespace fs = std::filesystem;

AgentSetup cameraSetup(const std::string& more = "") {
  AgentSetup setup;
  setup.type = "cloud_camera";
  setup.driver =
      "{video: {source: lab, width_px: 320, height_px: 192, fps: 12, lab: {seed: 1, every_s: 10}}, "
      "record: {segment_s: 1, request_s: 3, preroll_s: 1}" +
      more + "}";
  return setup;
}

struct Cameras {
  robohub::test::TempFolder temp;
  HubProcess hub{temp.path()};
  AgentProcess agent;

  explicit Cameras(const std::string& more = "") : agent(temp.path(), cameraSetup(more)) { hub.start(); }
  bool start(const std::string& hub_url) {
    agent.configure(hub_url, hub.enrol("d1", "cloud_camera"));
    agent.start();
    return agent.online();
  }
  int command(const std::string& name) {
    return hub.request("POST", "/api/v1/devices/d1/commands/" + name, "{}", hub.administrator()).status;
  }
  bool commanded(const std::string& name) {
    return eventually([&] { return command(name) == 200; }, 10s);
  }
  // CAPTUREs, the newest first.
  std::vector<json::Object::Ptr> captures() {
    std::vector<json::Object::Ptr> all;
    const auto answer = hub.request("GET", "/api/v1/captures?device=d1", "", hub.administrator());
    if (!answer.json) return all;
    const auto list = answer.json->getArray("captures");
    for (std::size_t i = 0; list && i < list->size(); ++i) all.push_back(list->getObject(static_cast<unsigned>(i)));
    return all;
  }
  std::string state(const json::Object::Ptr& capture) const { return json::getString(*capture, "state").value_or(""); }
  // Waits until `count` captures are there, all of them ready.
  bool ready(std::size_t count, std::chrono::milliseconds patience = 30s) {
    return eventually(
        [&] {
          const auto all = captures();
          return all.size() == count &&
                 std::all_of(all.begin(), all.end(), [&](const auto& each) { return state(each) == "ready"; });
        },
        patience);
  }
  std::string told() {
    std::string text;
    for (const auto& each : captures()) text += json::write(*each) + "\n";
    return text + agent.process().output();
  }
  fs::path download(const json::Object::Ptr& capture) {
    const auto id = std::to_string(json::getInt(*capture, "id").value_or(0));
    const fs::path file = temp.path() / (id + ".mp4");
    const auto answer = hub.request("GET", "/api/v1/captures/" + id + "/video.mp4", "", hub.administrator());
    INFO("video.mp4: " << answer.status << " " << answer.body.substr(0, 300));
    CHECK(answer.status == 200);
    std::ofstream(file, std::ios::binary) << answer.body;
    return file;
  }
  // What waits at the agent.
  bool nothingWaits() {
    return eventually([&] {
      for (const auto& entry : fs::directory_iterator(agent.state() / "captures"))
        if (entry.is_regular_file()) return false;
      return true;
    });
  }
};

// What ffprobe says of a video: duration, and whether its pictures' times rise.
struct Probe {
  double duration_s = 0;
  int pictures = 0;
  bool rises = true;
};
Probe probe(const fs::path& file) {
  Probe found;
  Process ffprobe;
  ffprobe.start("/usr/bin/ffprobe", {"-v", "error", "-select_streams", "v:0", "-show_entries", "packet=pts_time", "-of",
                                     "csv=p=0", file.string()});
  CHECK(ffprobe.exitCode(20s).value_or(-1) == 0);
  INFO(ffprobe.output());
  double last = -1;
  std::istringstream lines(ffprobe.output());
  for (std::string line; std::getline(lines, line); ++found.pictures) {
    const double at = std::strtod(line.c_str(), nullptr);
    found.rises = found.rises && at > last;
    last = at;
  }
  Process format;
  format.start("/usr/bin/ffprobe",
               {"-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", file.string()});
  CHECK(format.exitCode(20s).value_or(-1) == 0);
  found.duration_s = std::strtod(format.output().c_str(), nullptr);
  return found;
}

// Segments of a recorder beside the agent, larger than any window.
std::vector<std::string> recordSegments(const fs::path& folder, const std::string& key, int count) {
  std::vector<std::string> files;
  for (int i = 0; i < count; ++i) {
    files.push_back((folder / (key + "." + std::to_string(i) + ".mp4")).string());
    Process ffmpeg;
    ffmpeg.start("/usr/bin/ffmpeg", {"-loglevel",
                                     "error",
                                     "-y",
                                     "-f",
                                     "lavfi",
                                     "-i",
                                     "testsrc2=size=640x360:rate=12",
                                     "-t",
                                     "2",
                                     "-c:v",
                                     "libx264",
                                     "-preset",
                                     "ultrafast",
                                     "-b:v",
                                     "4M",
                                     "-minrate",
                                     "4M",
                                     "-maxrate",
                                     "4M",
                                     "-bufsize",
                                     "4M",
                                     "-x264-params",
                                     "nal-hrd=cbr",
                                     "-pix_fmt",
                                     "yuv420p",
                                     files.back()});
    REQUIRE(ffmpeg.exitCode(30s) == 0);
  }
  return files;
}

void runProgram(const std::vector<std::string>& arguments) {
  Process program;
  program.start(TEST_STANDINS "/camera_programs", arguments);
  const auto code = program.exitCode(5s);
  INFO(program.output());
  CHECK(code == 0);
}

}  // namespace

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
  const bool moved = cameras.ready(2, 40s);
  INFO(cameras.told());
  REQUIRE(moved);
  const auto pir = cameras.captures().front();
  CHECK(json::getString(*pir, "trigger").value_or("") == "pir");
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
