#include "agent/alsa_capture.hpp"

#include <alsa/asoundlib.h>

#include <cerrno>

namespace robohub::agent {
namespace {

// The library would write its own lines to standard error; ours say what is the matter.
void keepQuiet(const char*, int, const char*, int, const char*, ...) {}

Error fault(const std::string& device, const char* what, long error) {
  return {ErrorCode::unavailable,
          "The microphone " + device + " " + what + ": " + snd_strerror(static_cast<int>(error)) + ".",
          {}};
}

}  // namespace

void AlsaCapture::Close::operator()(void* pcm) const {
  snd_pcm_close(static_cast<snd_pcm_t*>(pcm));
}

Result<AlsaCapture> AlsaCapture::open(const std::string& device, int rate_hz) {
  constexpr unsigned kBuffer_us = 400'000;  // what may wait for this thread
  snd_lib_error_set_handler(keepQuiet);
  snd_pcm_t* pcm = nullptr;
  // Without blocking, so that a device that another program holds is an error and no wait.
  if (const int error = snd_pcm_open(&pcm, device.c_str(), SND_PCM_STREAM_CAPTURE, SND_PCM_NONBLOCK); error < 0)
    return fail(fault(device, "cannot be opened", error));
  AlsaCapture capture(device, pcm);
  if (const int error = snd_pcm_set_params(pcm, SND_PCM_FORMAT_S16, SND_PCM_ACCESS_RW_INTERLEAVED, 1,
                                           static_cast<unsigned>(rate_hz), 1, kBuffer_us);
      error < 0)
    return fail(fault(device, ("does not give one channel at " + std::to_string(rate_hz) + " Hz").c_str(), error));
  if (const int error = snd_pcm_start(pcm); error < 0) return fail(fault(device, "does not start", error));
  return capture;
}

Result<std::size_t> AlsaCapture::read(std::span<std::int16_t> into, Duration patience) {
  auto* pcm = static_cast<snd_pcm_t*>(pcm_.get());
  const int ready = snd_pcm_wait(pcm, static_cast<int>(toMs(patience)));
  if (ready < 0) return recovered(ready);
  if (ready == 0) return std::size_t{0};
  const auto frames = snd_pcm_readi(pcm, into.data(), into.size());
  if (frames == -EAGAIN) return std::size_t{0};
  if (frames < 0) return recovered(frames);
  return static_cast<std::size_t>(frames);
}

// After an overrun, or the machine's sleep, it goes on; a device that was pulled out does not.
Result<std::size_t> AlsaCapture::recovered(long error) {
  auto* pcm = static_cast<snd_pcm_t*>(pcm_.get());
  if (snd_pcm_recover(pcm, static_cast<int>(error), 1) < 0 || snd_pcm_start(pcm) < 0)
    return fail(fault(device_, "is gone", error));
  return std::size_t{0};
}

}  // namespace robohub::agent
