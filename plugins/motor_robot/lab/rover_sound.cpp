#include "motor_robot/lab/rover_sound.hpp"

#include <algorithm>
#include <cmath>

namespace motor_robot {
namespace {

constexpr float kTurn = 6.2831853f;
constexpr float kStep_s = 1.0f / kSoundRate_hz;
constexpr float kSpinUp_s = 0.12f;  // a motor takes this long to most of its speed
constexpr float kFade_s = 0.004f;
constexpr float kMotorLoudness = 0.16f, kBuzzerLoudness = 0.3f, kNoise = 0.004f;
// Two motors of one make are never quite alike.
constexpr std::array<float, 2> kIdle_hz{85, 92}, kFull_hz{310, 325};
constexpr float kBuzzer_hz = 2300;

}  // namespace

float RoverSound::Tone::next(float frequency_hz, float target, float bright) {
  loudness += (target - loudness) * (kStep_s / kFade_s);
  if (loudness < 1e-5f) return 0;
  phase += frequency_hz * kStep_s;
  phase -= std::floor(phase);
  const float angle = kTurn * phase;
  return loudness * (std::sin(angle) + bright * (std::sin(3 * angle) / 3 + std::sin(5 * angle) / 5));
}

void RoverSound::make(const SoundSources& sources, std::span<std::int16_t> samples) {
  for (std::int16_t& sample : samples) {
    random_ = random_ * 1664525u + 1013904223u;  // Numerical Recipes, "quick and dirty"
    float sum = kNoise * (static_cast<float>(random_ >> 8) / 8388608.0f - 1.0f);
    for (std::size_t i = 0; i < motors_.size(); ++i) {
      speeds_[i] += (sources.motors[i] - speeds_[i]) * (kStep_s / kSpinUp_s);
      const float target = speeds_[i] < 0.01f ? 0 : kMotorLoudness * (0.35f + 0.65f * speeds_[i]);
      sum += motors_[i].next(kIdle_hz[i] + (kFull_hz[i] - kIdle_hz[i]) * speeds_[i], target, 0.6f);
    }
    sum += buzzer_.next(kBuzzer_hz, sources.buzzer ? kBuzzerLoudness : 0, 1);
    sample = static_cast<std::int16_t>(32767 * std::clamp(sum, -1.0f, 1.0f));
  }
}

}  // namespace motor_robot
