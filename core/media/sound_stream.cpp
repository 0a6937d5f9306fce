#include "media/sound_stream.hpp"

#include <algorithm>
#include <utility>

namespace robohub::media {
namespace {

constexpr int kSampleBytes = 2;
constexpr double kOverRate = 1.25;  // sound cards' clocks differ, by far less than this

void put(std::string& text, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
}

double bytesPerSecond(int rate_hz) {
  return kOverRate * rate_hz * kSampleBytes;
}

double seconds(Duration time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

std::string_view wavContentType() {
  return "audio/wav";
}

SharedBytes wavOpening(int rate_hz) {
  constexpr std::uint32_t kEndless = 0xFFFFFFFF;
  std::string head = "RIFF";
  put(head, kEndless, 4);
  head += "WAVEfmt ";
  put(head, 16, 4);
  put(head, 1, 2);  // PCM
  put(head, 1, 2);  // one channel
  put(head, static_cast<std::uint32_t>(rate_hz), 4);
  put(head, static_cast<std::uint32_t>(rate_hz) * kSampleBytes, 4);
  put(head, kSampleBytes, 2);
  put(head, 8 * kSampleBytes, 2);
  head += "data";
  put(head, kEndless, 4);
  return shareBytes(std::move(head));
}

SoundStream::SoundStream(net::LoopPool& loops, net::Loop& owner, const Clock& clock, int rate_hz)
    : LiveStream(loops, owner, clock, kFresh, Duration::zero()),
      rate_hz_(rate_hz),
      allowed_bytes_(bytesPerSecond(rate_hz) * seconds(kBurst)),
      allowed_at_(clock.now()) {}

bool SoundStream::withinRate(std::size_t bytes) {
  const MonoTime now = clock().now();
  const double a_second = bytesPerSecond(rate_hz_);
  allowed_bytes_ = std::min(allowed_bytes_ + a_second * seconds(now - allowed_at_), a_second * seconds(kBurst));
  allowed_at_ = now;
  if (allowed_bytes_ < static_cast<double>(bytes)) return false;
  allowed_bytes_ -= static_cast<double>(bytes);
  return true;
}

Status SoundStream::offer(std::string_view pcm) {
  if (!withinRate(pcm.size())) return fail(ErrorCode::exhausted, "More sound comes than its rate allows.");
  if (wanted()) passOn(shareBytes(std::string(pcm)), net::SendClass::sound);
  return {};
}

void SoundStream::addListener(std::shared_ptr<net::HttpStream> listener, net::Loop& loop, std::shared_ptr<void> token) {
  if (ended()) return listener->close();
  listener->send(wavOpening(rate_hz_), net::SendClass::control);
  add(std::move(listener), loop, std::move(token));
}

}  // namespace robohub::media
