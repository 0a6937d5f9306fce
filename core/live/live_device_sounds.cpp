// The sound of a LiveDevice: it comes over the device's own bulk link, only while somebody listens.
#include "link/sound.hpp"
#include "live/live_device.hpp"

namespace robohub::live {

std::shared_ptr<media::SoundStream> LiveDevice::sound(std::string_view name) const {
  const auto sounds = std::atomic_load(&sounds_);
  const auto at = sounds->find(name);
  return at == sounds->end() ? nullptr : at->second;
}

void LiveDevice::addSound(const plugin::Stream& declared) {
  const auto before = sound(declared.name);
  if (before && before->rateHz() == declared.rate_hz) return;
  if (before) before->end();  // listeners were told another rate; they dial again
  auto made =
      std::make_shared<media::SoundStream>(services_.audiences.loops(), loop_, services_.clock, declared.rate_hz);
  made->onInterest([weak = weak_from_this(), name = declared.name](bool wanted) {
    if (auto self = weak.lock()) self->sendWatch(name, wanted);
  });
  showLive(*made);
  auto sounds = std::make_shared<Sounds>(*std::atomic_load(&sounds_));
  sounds->insert_or_assign(declared.name, std::move(made));
  std::atomic_store(&sounds_, std::shared_ptr<const Sounds>(std::move(sounds)));
}

void LiveDevice::soundsLost() {
  for (const auto all = std::atomic_load(&sounds_); const auto& [name, sound] : *all) sound->sourceLost();
}

void LiveDevice::sound(const AgentPort* port, std::string_view message) {
  if (bulk_port_.get() != port) return;
  const auto chunk = link::parseSound(message);
  if (!chunk) return badSound(chunk.error().message);
  const auto stream = sound(chunk->stream);
  if (!stream) return;
  Status good = link::checkSound(chunk->pcm, stream->rateHz());
  if (good) good = stream->offer(chunk->pcm);
  if (!good) badSound(good.error().message);
}

void LiveDevice::badSound(const std::string& why) {
  complain(bad_sounds_, "A chunk of sound was", "chunks of sound were", why);
}

}  // namespace robohub::live
