#include "link/sound.hpp"

#include "link/stream_head.hpp"

namespace robohub::link {
namespace {

constexpr char kSound = 0x03;
constexpr std::int64_t kSampleBytes = 2;

}  // namespace

Status checkSound(std::string_view pcm, int rate_hz) {
  const auto bytes = static_cast<std::int64_t>(pcm.size());
  if (bytes % kSampleBytes != 0)
    return fail(ErrorCode::invalid_argument, "A chunk of sound ends within a sample of 16 bits.");
  const std::int64_t samples_1000 = bytes / kSampleBytes * 1000;
  if (samples_1000 < rate_hz * kShortestSound_ms)
    return fail(ErrorCode::invalid_argument, "A chunk of sound is shorter than 10 ms.");
  if (samples_1000 > rate_hz * kLongestSound_ms)
    return fail(ErrorCode::too_large, "A chunk of sound is longer than 100 ms.");
  return {};
}

Result<std::string> encodeSoundHead(std::string_view stream, std::int64_t t_ns) {
  return encodeStreamHead(kSound, stream, t_ns);
}

Result<SoundView> parseSound(std::string_view message) {
  const auto read = parseStreamMessage(kSound, message, "sound");
  if (!read) return fail(read.error());
  return SoundView{read->stream, read->t_ns, read->bytes};
}

}  // namespace robohub::link
