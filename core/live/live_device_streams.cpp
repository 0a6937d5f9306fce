// The pictures of a LiveDevice: which streams it has, who is asked for their pictures (the device's own link, or a
// source of the hub's), and what becomes of those that come. Its sound is live_device_sounds.cpp's.
#include "live/live_device.hpp"

namespace robohub::live {

namespace {
constexpr Duration kTellAgain = std::chrono::minutes(1);
}

std::shared_ptr<media::PictureStream> LiveDevice::stream(std::string_view name) const {
  const auto streams = std::atomic_load(&streams_);
  const auto at = streams->find(name);
  return at == streams->end() ? nullptr : at->second;
}

void LiveDevice::makeStreams() {
  if (!device_type_) return;
  for (const auto& stream : device_type_->type->streams)
    stream.kind == plugin::Stream::Kind::sound ? addSound(stream) : addStream(stream.name);
}

void LiveDevice::addStream(const std::string& name) {
  if (stream(name)) return;
  auto made = std::make_shared<media::PictureStream>(services_.audiences.loops(), loop_, services_.clock);
  made->onInterest([weak = weak_from_this(), name](bool wanted) {
    if (auto self = weak.lock()) self->streamWanted(name, wanted);
  });
  showLive(*made);
  made->onRecording([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->streamChanged();
  });
  auto streams = std::make_shared<Streams>(*std::atomic_load(&streams_));
  streams->emplace(name, std::move(made));
  std::atomic_store(&streams_, std::shared_ptr<const Streams>(std::move(streams)));
}

void LiveDevice::showLive(media::LiveStream& stream) {
  stream.onLive([weak = weak_from_this()](bool) {
    if (const auto self = weak.lock()) self->streamChanged();
  });
}

void LiveDevice::streamChanged() {
  changed_ = true;
  carryOut();
}

// Those of the type first, then those that only a source brings.
std::vector<StreamView> LiveDevice::streamViews() const {
  std::vector<StreamView> views;
  const auto add = [&](const std::string& name, int width, int height) {
    const auto pictures = stream(name);  // none before begin()
    const auto source = sources_.find(name);
    views.push_back({.name = name,
                     .kind = "mjpeg",
                     .width = width,
                     .height = height,
                     .live = pictures && pictures->live(),
                     .fault = source == sources_.end() ? std::string() : source->second.fault,
                     .by_url = source != sources_.end(),
                     .pictures = pictures,
                     .recording = pictures ? pictures->recording() : std::nullopt});
  };
  if (device_type_)
    for (const auto& each : device_type_->type->streams)
      if (each.kind == plugin::Stream::Kind::mjpeg) add(each.name, each.width_px, each.height_px);
  for (const auto& [name, source] : sources_)
    if (!device_type_ || device_type_->type->stream(name) == nullptr) add(name, 0, 0);
  // Behind the pictures: whoever asks for a device's first stream means what is to be seen.
  if (device_type_ && facts_.link == device::Link::agent)
    for (const auto& each : device_type_->type->streams)
      if (const auto heard = each.kind == plugin::Stream::Kind::sound ? sound(each.name) : nullptr)
        views.push_back({.name = each.name, .kind = "sound", .live = heard->live(), .sound = heard});
  return views;
}

void LiveDevice::streamWanted(const std::string& name, bool wanted) {
  const auto source = sources_.find(name);
  if (source == sources_.end()) return sendWatch(name, wanted);
  const auto tell = source->second.wanted;  // it may be replaced meanwhile
  tell(wanted);
}

void LiveDevice::sendWatch(const std::string& stream, bool on) {
  if (bulk_port_ && !sources_.contains(stream)) bulk_port_->send(link::Watch{stream, on});
}

void LiveDevice::setSource(const std::string& stream, std::function<void(bool wanted)> source) {
  if (retired_) return;
  if (source) addStream(stream);
  const auto pictures = this->stream(stream);
  if (!pictures) return;
  const bool wanted = pictures->wanted();
  Source former;
  if (const auto at = sources_.find(stream); at != sources_.end()) {
    // Taken out first: that it has no fault any more does not mean that it delivers.
    former = std::move(at->second);
    sources_.erase(at);
    if (wanted) former.wanted(false);
  } else if (wanted) {
    sendWatch(stream, false);
  }
  pictures->sourceLost();
  if (source) sources_[stream].wanted = std::move(source);
  if (wanted) streamWanted(stream, true);
  changed_ = true;
  carryOut();
}

bool LiveDevice::offer(std::string_view stream, std::string_view jpeg) {
  const auto pictures = sources_.find(stream) == sources_.end() ? nullptr : this->stream(stream);
  return pictures && pictures->offer(jpeg);
}

void LiveDevice::sourceFault(std::string_view stream, const std::string& sentence) {
  const auto at = sources_.find(stream);
  if (at == sources_.end() || at->second.fault == sentence) return;
  Source& source = at->second;
  source.fault = sentence;
  changed_ = true;
  const auto pictures = this->stream(stream);
  if (!sentence.empty()) {
    if (pictures) pictures->sourceLost();
    if (source.told == MonoTime::min() || now() >= source.told + kTellAgain) {
      source.told = now();
      source.told_fault = true;
      event(link::EventLevel::warning, control::EventKind::plugin, "Stream " + at->first + ": " + sentence);
    }
  } else if (source.told_fault && pictures && pictures->wanted()) {
    source.told_fault = false;
    event(link::EventLevel::info, control::EventKind::plugin, "Stream " + at->first + " delivers pictures again.");
  }
  carryOut();
}

void LiveDevice::picture(const AgentPort* port, std::string_view message) {
  if (bulk_port_.get() != port) return;
  const auto picture = link::parsePicture(message);
  if (!picture) return badPicture(picture.error().message);
  if (sources_.contains(picture->stream)) return;
  const auto pictures = stream(picture->stream);
  if (pictures && !pictures->offer(picture->jpeg)) badPicture("It is not a whole JPEG.");
}

void LiveDevice::badPicture(const std::string& why) {
  complain(bad_pictures_, "A picture was", "pictures were", why);
}

// A broken camera must not be the only thing that anybody reads.
void LiveDevice::complain(Complaint& about, const char* one, const char* many, const std::string& why) {
  ++about.count;
  if (about.told != MonoTime::min() && now() < about.told + kTellAgain) return;
  about.told = now();
  const std::string count = about.count == 1 ? one : std::to_string(about.count) + " " + many;
  about.count = 0;
  event(link::EventLevel::warning, control::EventKind::plugin, count + " no good: " + why);
  carryOut();
}

}  // namespace robohub::live
