// A hub and a camera's agent with the real programs, recorders beside the camera, and what one sees of their captures.
#pragma once
#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>

#include "integration/support/stage.hpp"
#include "integration/support/tap.hpp"

namespace robohub::integration {

namespace fs = std::filesystem;

inline AgentSetup cameraSetup(const std::string& more = "") {
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
inline Probe probe(const fs::path& file) {
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
inline std::vector<std::string> recordSegments(const fs::path& folder, const std::string& key, int count) {
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

inline void runProgram(const std::vector<std::string>& arguments) {
  Process program;
  program.start(TEST_STANDINS "/camera_programs", arguments);
  const auto code = program.exitCode(5s);
  INFO(program.output());
  CHECK(code == 0);
}

}  // namespace robohub::integration
