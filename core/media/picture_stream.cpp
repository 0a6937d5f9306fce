#include "media/picture_stream.hpp"

#include <algorithm>
#include <utility>

namespace robohub::media {

struct PictureStream::Waiter {
  std::function<void(PicturePtr)> done;
  net::TimerId timer = 0;
};

PictureStream::PictureStream(net::LoopPool& loops, net::Loop& owner, const Clock& clock)
    : LiveStream(loops, owner, clock, kFresh, kLinger), waiters_(loops.size()) {}

PicturePtr PictureStream::fresh() const {
  PicturePtr picture = std::atomic_load(&newest_);
  return picture && isFresh(picture->received) ? picture : nullptr;
}

bool PictureStream::offer(std::string_view jpeg) {
  auto framed = framePicture(jpeg, clock().now(), clock().wall());
  if (!framed) return false;
  const PicturePtr picture = std::move(*framed);
  std::atomic_store(&newest_, picture);
  passOn(picture->part, net::SendClass::picture);
  return true;
}

void PictureStream::addViewer(std::shared_ptr<net::HttpStream> viewer, net::Loop& loop, std::shared_ptr<void> token) {
  if (ended()) return viewer->close();
  viewer->send(mjpegOpening(), net::SendClass::control);
  if (const PicturePtr picture = fresh()) viewer->send(picture->part, net::SendClass::picture);
  add(std::move(viewer), loop, std::move(token));
}

// ---- stills -------------------------------------------------------------------------------------------------------

PicturePtr PictureStream::newest() {
  touchInterest();
  return fresh();
}

void PictureStream::awaitPicture(net::Loop& loop, Duration limit, std::function<void(PicturePtr)> done) {
  if (PicturePtr picture = newest()) {
    done(std::move(picture));
    return;
  }
  if (ended()) return done(nullptr);
  auto waiter = std::make_shared<Waiter>();
  waiter->done = std::move(done);
  const std::size_t index = loop.index();
  waiter->timer = loop.after(limit, [weak = weak_from_this(), index, waiter] {
    const auto self = std::static_pointer_cast<PictureStream>(weak.lock());
    if (!self || std::erase(self->waiters_[index], waiter) == 0) return;
    self->countOthers(index, -1);
    waiter->done(nullptr);
  });
  waiters_[index].push_back(std::move(waiter));
  countOthers(index, 1);
  touchInterest();
}

void PictureStream::passedOn(std::size_t loop_index) {
  if (waiters_[loop_index].empty()) return;
  countOthers(loop_index, -static_cast<std::ptrdiff_t>(waiters_[loop_index].size()));
  answer(loop_index, std::atomic_load(&newest_));
}

void PictureStream::endedOn(std::size_t loop_index) {
  answer(loop_index, nullptr);
}

void PictureStream::answer(std::size_t loop_index, const PicturePtr& picture) {
  for (const auto& waiter : std::exchange(waiters_[loop_index], {})) {
    loopAt(loop_index).cancel(waiter->timer);
    waiter->done(picture);
  }
}

// ---- recordings ---------------------------------------------------------------------------------------------------

void PictureStream::recordingBegun(StreamRecording recording) {
  owner().post([weak = weak_from_this(), recording] {
    if (const auto self = std::static_pointer_cast<PictureStream>(weak.lock())) self->setRecording(recording);
  });
}

void PictureStream::recordingOver(CaptureId capture) {
  owner().post([weak = weak_from_this(), capture] {
    const auto self = std::static_pointer_cast<PictureStream>(weak.lock());
    if (self && self->recording_ && self->recording_->capture == capture) self->setRecording(std::nullopt);
  });
}

void PictureStream::setRecording(std::optional<StreamRecording> recording) {
  recording_ = recording;
  if (on_recording_) on_recording_();
}

}  // namespace robohub::media
