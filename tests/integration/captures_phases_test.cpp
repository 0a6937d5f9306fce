// A capture has phases; the hub and the agent are killed in each of them, and the link is gone besides. Nothing may be
// lost that the recorder handed over, and nothing may come twice.
#include <catch2/catch.hpp>

#include "integration/support/cameras.hpp"

using namespace robohub;
using namespace robohub::integration;
namespace fs = std::filesystem;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}
bool midSegment(const std::string& text) {
  return has(text, "\"segment_at\"") && has(text, "\"number\":1,") && !has(text, "\"offset\":0}");
}

struct Phase {
  const char* name;
  Tap::Wanted reached;  // at this text, which does not arrive any more
};
const Phase kPhases[] = {
    {"it begins, and the hub has not heard of it",
     [](bool from_hub, const std::string& text) { return !from_hub && has(text, "\"type\":\"capture\""); }},
    {"it has begun, and the agent has not heard that",
     [](bool from_hub, const std::string& text) { return from_hub && has(text, "\"segment_at\""); }},
    {"a segment is half there", [](bool from_hub, const std::string& text) { return from_hub && midSegment(text); }},
    {"a segment is stored, and the agent has not heard that",
     [](bool from_hub, const std::string& text) { return from_hub && has(text, "\"segment_done\""); }},
    {"all is stored, and the hub has not heard of the end",
     [](bool from_hub, const std::string& text) { return !from_hub && has(text, "\"capture_end\""); }},
    {"it has ended and is being joined, and the agent has not heard that",
     [](bool from_hub, const std::string& text) { return from_hub && has(text, "\"capture_done\""); }},
};

// Three segments and the end of the capture are on the device's disk: what happens now is not the recorder's business.
bool handedOver(const Cameras& cameras, const std::string& key) {
  int segments = 0;
  bool ended = false;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(cameras.agent.state() / "captures", none)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(key + "~")) continue;
    if (name.ends_with(".mp4")) ++segments;
    if (!name.ends_with(".json")) continue;
    std::ifstream in(entry.path());
    ended = has({std::istreambuf_iterator<char>(in), {}}, "\"ended\":true");
  }
  return segments == 3 && ended;
}

}  // namespace

TEST_CASE("a hub or an agent that is killed in any phase of a capture has all of it once afterwards") {
  robohub::test::TempFolder theirs;
  const std::string listen = (theirs.path() / "agent.sock").string();
  const auto files = recordSegments(theirs.path(), "cap.1000", 3);
  REQUIRE(fs::file_size(files[1]) > 512 * 1024);  // more than two windows

  Cameras cameras(", local: {listen: \"" + listen + "\", folders: [\"" + theirs.path().string() + "\"]}");
  Tap tap(cameras.hub.port());
  REQUIRE(cameras.start("http://127.0.0.1:" + std::to_string(tap.port())));
  std::size_t count = 0;
  for (const bool hub_is_killed : {true, false}) {
    for (const Phase& phase : kPhases) {
      INFO((hub_is_killed ? "the hub, when " : "the agent, when ") << phase.name);
      const std::string key = "cap." + std::to_string(3000 + count);
      std::vector<std::string> arguments{"segments", listen};
      for (int i = 0; i < 3; ++i) {
        arguments.push_back((theirs.path() / (key + "." + std::to_string(i) + ".mp4")).string());
        fs::copy_file(files[static_cast<std::size_t>(i)], arguments.back());
      }
      REQUIRE(eventually([&] { return fs::exists(listen); }, 10s));
      tap.holdAt(kPhases[0].reached);
      runProgram(arguments);
      REQUIRE(eventually([&] { return tap.holding() && handedOver(cameras, "in-" + key); }, 20s));
      if (&phase != &kPhases[0]) {
        tap.holdAt(phase.reached);
        tap.goOn();
        REQUIRE(eventually([&] { return tap.holding(); }, 20s));
      }
      auto& killed = hub_is_killed ? cameras.hub.process() : cameras.agent.process();
      killed.kill();
      tap.cut();
      if (hub_is_killed)
        cameras.hub.start();
      else
        cameras.agent.start();
      REQUIRE(cameras.agent.online(20s));
      const bool whole = cameras.ready(++count, 40s);
      INFO(cameras.told());
      REQUIRE(whole);
      const auto capture = cameras.captures().front();
      CHECK(capture->getArray("gaps")->size() == 0);
      const Probe video = probe(cameras.download(capture));
      CHECK(video.duration_s == Approx(6).margin(0.3));
      CHECK(video.rises);
      CHECK(cameras.nothingWaits());
    }
  }
}
