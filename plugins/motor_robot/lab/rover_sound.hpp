// What a microphone on the simulated rover hears: the whine of each motor, higher and louder the harder it is driven,
// the buzzer while it is on, and the faint noise of any microphone. The same calls make the same sound.
#pragma once
#include <array>
#include <cstdint>
#include <span>

namespace motor_robot {

constexpr int kSoundRate_hz = 16000;
constexpr int kSoundChunk_ms = 40;

// What makes the noise now.
struct SoundSources {
  std::array<float, 2> motors{};  // 0..1, how hard each is driven
  bool buzzer = false;
};

// Owned by one thread.
class RoverSound {
 public:
  // The samples that follow the last ones made.
  void make(const SoundSources& sources, std::span<std::int16_t> samples);

 private:
  struct Tone {
    float phase = 0;  // 0..1
    float loudness = 0;
    // The next sample of a tone that moves towards `target` loudness without a click; `bright` adds overtones.
    float next(float frequency_hz, float target, float bright);
  };
  std::array<Tone, 2> motors_;
  std::array<float, 2> speeds_{};  // of the motors: they follow what drives them
  Tone buzzer_;
  std::uint32_t random_ = 1;
};

}  // namespace motor_robot
