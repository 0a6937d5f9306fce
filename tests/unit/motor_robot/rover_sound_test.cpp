// What the microphone on the simulated rover hears.
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "motor_robot/lab/rover_sound.hpp"
#include "unit/motor_robot/robot_on_bench.hpp"

using namespace motor_robot;
using namespace motor_robot::test;

namespace {

double loudness(const std::vector<std::int16_t>& samples) {
  double sum = 0;
  for (const std::int16_t sample : samples) sum += static_cast<double>(sample) * sample;
  return std::sqrt(sum / static_cast<double>(samples.size())) / 32768;
}

// How much of it is at this frequency (Goertzel).
double toneAt(double frequency_hz, const std::vector<std::int16_t>& samples) {
  const double turn = 2 * M_PI * frequency_hz / kSoundRate_hz;
  double re = 0, im = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    re += samples[i] * std::cos(turn * static_cast<double>(i));
    im += samples[i] * std::sin(turn * static_cast<double>(i));
  }
  return 2 * std::hypot(re, im) / static_cast<double>(samples.size()) / 32768;
}

// The second of two seconds, when everything has its speed.
std::vector<std::int16_t> heard(RoverSound& sound, const SoundSources& sources) {
  std::vector<std::int16_t> samples(kSoundRate_hz);
  sound.make(sources, samples);
  sound.make(sources, samples);
  return samples;
}

std::vector<std::int16_t> samplesOf(const std::vector<std::uint8_t>& bytes) {
  std::vector<std::int16_t> samples;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2)
    samples.push_back(static_cast<std::int16_t>(bytes[i] | bytes[i + 1] << 8));
  return samples;
}

}  // namespace

TEST_CASE("a rover that stands is heard as faint noise, one that drives whines, louder and higher the faster") {
  RoverSound sound;
  const double still = loudness(heard(sound, {}));
  CHECK(still > 0);
  CHECK(still < 0.003);
  const auto slow = heard(sound, {{0.3f, 0.3f}, false});
  const auto fast = heard(sound, {{1, 1}, false});
  CHECK(loudness(slow) > 20 * still);
  CHECK(loudness(fast) > 1.3 * loudness(slow));
  CHECK(toneAt(310, fast) > 0.1);
  CHECK(toneAt(310, slow) < 0.02);
  CHECK(loudness(heard(sound, {})) < 0.003);
}

TEST_CASE("each motor has its own tone, and the buzzer drowns both") {
  RoverSound sound;
  const auto left = heard(sound, {{1, 0}, false});
  CHECK(toneAt(310, left) > 0.1);
  CHECK(toneAt(325, left) < 0.02);
  const auto buzzing = heard(sound, {{1, 0}, true});
  CHECK(toneAt(2300, buzzing) > 0.25);
  CHECK(loudness(buzzing) > loudness(left));
}

TEST_CASE("nothing clicks: no sample jumps when something is switched") {
  RoverSound sound;
  std::vector<std::int16_t> samples = heard(sound, {{1, 1}, false});
  std::vector<std::int16_t> behind(64);
  sound.make({}, behind);
  CHECK(std::abs(behind[0] - samples.back()) < 3000);
}

TEST_CASE("the robot's sound comes only while somebody listens, and tells when it drives and buzzes") {
  Robot robot;
  robot.permit(1);
  CHECK(robot.host().frames() == 0);
  robot.watch(true, "sound");
  const auto hear = [&] {
    const auto chunk = robot.host().nextFrame();
    REQUIRE(chunk.size() == 2 * kSoundRate_hz * kSoundChunk_ms / 1000);
    return loudness(samplesOf(chunk));
  };
  const auto becomes = [&](auto fits) {
    for (int i = 0; i < 200; ++i)
      if (fits(hear())) return true;
    return false;
  };
  CHECK(becomes([](double loud) { return loud < 0.005; }));
  REQUIRE(robot.drive(100, 100).status == RH_OK);
  CHECK(becomes([](double loud) { return loud > 0.1; }));
  REQUIRE(robot.command("stop").status == RH_OK);
  CHECK(becomes([](double loud) { return loud < 0.005; }));
  REQUIRE(robot.command("buzzer", R"({"on":true})").status == RH_OK);
  CHECK(becomes([](double loud) { return loud > 0.1; }));
  (void)robot.halt();
  CHECK(becomes([](double loud) { return loud < 0.005; }));
  robot.watch(false, "sound");
}
