// Sound, from the rover's own model and from ALSA, to what people's programs read.
#include <catch2/catch.hpp>

#include <cmath>
#include <cstdlib>
#include <fstream>

#include "integration/support/stage.hpp"

using namespace robohub::integration;

namespace {

AgentSetup roverSetup(const std::filesystem::path&) {
  AgentSetup setup;
  setup.type = "motor_robot";
  setup.driver = "{hardware: model, model: {fps: 5, seed: 1}}";
  return setup;
}

// What curl has written so far of the device's sound.
class Recording {
 public:
  Recording(const Stage& stage, const std::string& cookie, const std::string& name)
      : file_(stage.temp.path() / (name + ".wav")) {
    curl_.start("/usr/bin/curl", {"--silent", "--fail", "--no-buffer", "--cookie", cookie, "--output", file_.string(),
                                  stage.hub.url() + "/api/v1/devices/d1/streams/sound.wav"});
  }
  std::string bytes() const {
    std::ifstream in(file_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  // Of the last 40 ms; 0 when there is nothing.
  double loudness() const {
    const std::string all = bytes();
    constexpr std::size_t kChunk = 1280;
    if (all.size() < 44 + kChunk) return 0;
    double sum = 0;
    const std::size_t from = 44 + (all.size() - 44 - kChunk) / 2 * 2;
    for (std::size_t i = from; i + 1 < from + kChunk; i += 2) {
      const auto sample =
          static_cast<std::int16_t>(static_cast<unsigned char>(all[i]) | static_cast<unsigned char>(all[i + 1]) << 8);
      sum += static_cast<double>(sample) * sample;
    }
    return std::sqrt(sum / (kChunk / 2)) / 32768;
  }
  Process& curl() { return curl_; }

 private:
  std::filesystem::path file_;
  Process curl_;
};

}  // namespace

TEST_CASE("whoever may watch hears the rover drive, without a turn, and the microphone is off when nobody listens") {
  Stage stage(roverSetup);
  REQUIRE(stage.start("motor_robot"));
  const std::string cookie = stage.hub.guest("Ann");
  const auto live = [&] {
    const auto streams = stage.hub.device("d1")->getArray("streams");
    return streams->getObject(1)->getValue<std::string>("kind") == "sound" &&
           streams->getObject(1)->getValue<bool>("live");
  };
  CHECK_FALSE(live());
  Recording recording(stage, cookie, "first");
  REQUIRE(eventually([&] { return recording.bytes().size() > 44 + 16'000; }));
  CHECK(recording.bytes().substr(0, 4) == "RIFF");
  CHECK(recording.loudness() < 0.01);
  CHECK(live());

  Page page(stage.hub, "Ben");
  REQUIRE(page.drive("d1"));
  REQUIRE(eventually([&] {
    page.command("d1", "drive", R"({"left_percent":100,"right_percent":100})");
    return recording.loudness() > 0.1;
  }));
  CHECK(page.command("d1", "stop", "{}") == "succeeded");
  CHECK(eventually([&] { return recording.loudness() < 0.01; }));
  REQUIRE(page.command("d1", "buzzer", R"({"on":true})") == "succeeded");
  CHECK(eventually([&] { return recording.loudness() > 0.1; }));

  // A second one hears from now on, and the first one's end is not his.
  Recording second(stage, stage.hub.guest("Cem"), "second");
  REQUIRE(eventually([&] { return second.bytes().size() > 44; }));
  recording.curl().kill();
  const auto so_far = second.bytes().size();
  CHECK(eventually([&] { return second.bytes().size() > so_far + 16'000; }));
  second.curl().kill();
  CHECK(eventually([&] { return !live(); }));
}

TEST_CASE("sound is not given to strangers, and ends with its session") {
  Stage stage(roverSetup);
  REQUIRE(stage.start("motor_robot"));
  const std::string target = "/api/v1/devices/d1/streams/sound.wav";
  CHECK(stage.hub.request("GET", target).status == 401);
  const std::string cookie = stage.hub.guest("Ann");
  CHECK(stage.hub.request("GET", "/api/v1/devices/d1/streams/main.wav", "", cookie).status == 404);
  CHECK(stage.hub.request("GET", "/api/v1/devices/d1/streams/sound.mjpeg", "", cookie).status == 404);
  CHECK(stage.hub.request("GET", "/api/v1/devices/d1/streams/sound.jpg", "", cookie).status == 404);
  Recording recording(stage, cookie, "ann");
  REQUIRE(eventually([&] { return recording.bytes().size() > 44 + 1280; }));
  CHECK(stage.hub.request("DELETE", "/api/v1/session", "", cookie).status / 100 == 2);
  CHECK(recording.curl().exitCode(5s));
}

TEST_CASE("ffmpeg reads what the hub sends as the WAV that it is") {
  Stage stage(roverSetup);
  REQUIRE(stage.start("motor_robot"));
  Process ffmpeg;
  ffmpeg.start("/usr/bin/ffmpeg",
               {"-loglevel", "info", "-headers", "Cookie: " + stage.hub.guest("Ann") + "\r\n", "-t", "1", "-i",
                stage.hub.url() + "/api/v1/devices/d1/streams/sound.wav", "-f", "null", "-"});
  const auto decoded = ffmpeg.exitCode(20s);
  INFO(ffmpeg.output());
  CHECK(decoded == 0);
  CHECK(ffmpeg.output().find("pcm_s16le") != std::string::npos);
  CHECK(ffmpeg.output().find("16000 Hz") != std::string::npos);
}

TEST_CASE("the agent's own microphone takes the driver's place, and comes back after it was missing") {
  Stage stage([](const std::filesystem::path& folder) {
    AgentSetup setup = roverSetup(folder);
    setup.more = "microphone: {source: alsa, device: mic}\n";
    return setup;
  });
  const auto folder = stage.temp.path();
  const std::string pcm(60 * 32'000, '\x20');  // 8224, ever
  std::ofstream(folder / "heard.raw", std::ios::binary) << pcm;
  const auto plug = [&](const std::string& text) {
    std::ofstream(folder / "next.conf") << text;
    std::filesystem::rename(folder / "next.conf", folder / "asound.conf");
  };
  plug("pcm.other { type null }\n");
  ::setenv("ALSA_CONFIG_PATH", (folder / "asound.conf").c_str(), 1);
  const bool started = stage.start("motor_robot");
  ::unsetenv("ALSA_CONFIG_PATH");
  REQUIRE(started);

  Recording recording(stage, stage.hub.guest("Ann"), "ann");
  REQUIRE(eventually(
      [&] { return stage.agent.process().output().find("The microphone mic cannot be opened") != std::string::npos; },
      10s));
  CHECK(recording.bytes().size() <= 44);
  plug("pcm.mic { type plug slave.pcm { type file slave.pcm { type null } file /dev/null infile \"" +
       (folder / "heard.raw").string() + "\" format raw } }\n");
  REQUIRE(eventually([&] { return recording.loudness() > 0.2; }, 10s));
  CHECK(recording.bytes().substr(44, 1280) == pcm.substr(0, 1280));
  CHECK(stage.agent.process().output().find("The microphone is heard again.") != std::string::npos);
}
