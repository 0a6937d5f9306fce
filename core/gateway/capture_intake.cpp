#include "gateway/capture_intake.hpp"

#include "link/chunk.hpp"

namespace robohub::gateway {
namespace {

// What may wait for a capture that is being begun: an agent waits for answers, so more is a flood.
constexpr std::size_t kMostWaiting = 4;

Error notKept() {
  return {ErrorCode::unavailable, "This hub keeps no captures now.", {}};
}

// Only what speaks of the segment itself is for good, since an agent deletes what is refused so. That another link of
// the device sends it is over soon; a fault of this hub's disk or database passes, or somebody mends it.
ErrorCode toAgent(ErrorCode code) {
  const bool passes = code == ErrorCode::stale || code == ErrorCode::internal || code == ErrorCode::timeout ||
                      code == ErrorCode::permission_denied;
  return passes ? ErrorCode::unavailable : code;
}

}  // namespace

void CaptureIntake::refuse(const link::SegmentReady& segment, const Error& error) {
  ways_.say(link::SegmentDone{segment.key, segment.number, false, toAgent(error.code), error.message});
}

void CaptureIntake::refuse(const link::CaptureEnd& end, const Error& error) {
  ways_.say(link::CaptureDone{end.key, false, toAgent(error.code), error.message});
}

void CaptureIntake::take(const link::CaptureBegin& begin) {
  if (over_ || captures_ == nullptr) return;
  if (const auto known = open_.find(begin.key); known != open_.end()) {
    const auto& id = known->second.id;
    if (!id || (*id && captures_->find(**id))) return;  // said again
    open_.erase(known);                                 // refused before, or it has made room for others since
  }
  if (open_.size() >= kMaxCaptures) std::erase_if(open_, [this](const auto& each) { return isOver(each.second); });
  // What is refused here is told with the segment that follows.
  if (open_.size() >= kMaxCaptures) return;
  Capture& capture = open_[begin.key];
  // Recordings and single pictures are the hub's own: no end of theirs would come from a device.
  if (begin.trigger != "pir" && begin.trigger != "request" && begin.trigger != "alarm") {
    capture.id = fail(ErrorCode::invalid_argument, "A capture's trigger is pir, request or alarm.", "/trigger");
    return;
  }
  captures_->begin({device_, begin.key, begin.trigger, begin.started_ms},
                   [&loop = loop_, weak = weak_from_this(), key = begin.key](Result<media::CaptureId> id) {
                     loop.post([weak, key, id = std::move(id)] {
                       if (const auto self = weak.lock()) self->begun(key, id);
                     });
                   });
}

// Refused, or over at the hub, whether a driver has ever said so or not. A segment that comes for it yet is told that
// it was not begun on this link, and its device begins it again.
bool CaptureIntake::isOver(const Capture& capture) const {
  if (!capture.id) return false;
  const auto known = *capture.id ? captures_->find(**capture.id) : nullptr;
  return !known || known->state != media::CaptureState::open;
}

void CaptureIntake::begun(const std::string& key, const Result<media::CaptureId>& id) {
  if (over_) return;
  const auto capture = open_.find(key);
  if (capture == open_.end() || capture->second.id) return;
  capture->second.id = id;
  for (auto& each : std::exchange(capture->second.waiting, {}))
    std::visit([&](const auto& message) { sort(message); }, each);
}

// To the capture that it belongs to, now or once that is begun.
template <class Message>
void CaptureIntake::sort(const Message& message) {
  if (over_) return;
  if (captures_ == nullptr) return refuse(message, notKept());
  const auto capture = open_.find(message.key);
  if (capture == open_.end())
    return refuse(message, open_.size() >= kMaxCaptures
                               ? Error{ErrorCode::exhausted, "Too many captures of this device are under way.", {}}
                               : Error{ErrorCode::unavailable, "This capture was not begun on this link.", {}});
  const auto& id = capture->second.id;
  if (id) return *id ? carry(message, **id) : refuse(message, id->error());
  if (capture->second.waiting.size() >= kMostWaiting) return ways_.cut("too much at once about one capture");
  capture->second.waiting.push_back(message);
}

void CaptureIntake::take(const link::SegmentReady& segment) {
  sort(segment);
}

void CaptureIntake::take(const link::CaptureEnd& end) {
  sort(end);
}

void CaptureIntake::begin(const link::SegmentReady& segment, media::CaptureId id) {
  stopCurrent();
  media::SegmentStart start;
  start.number = segment.number;
  start.bytes = segment.bytes;
  start.sha256 = segment.sha256;
  start.format = segment.format;
  current_ = Current{};
  current_->segment = segment;
  const auto generation = ++generation_;
  // It may answer before it returns, but only into the loop.
  current_->writer =
      captures_->segment(id, start, [&loop = loop_, weak = weak_from_this(), generation](Result<std::uint64_t> offset) {
        loop.post([weak, generation, offset = std::move(offset)] {
          if (const auto self = weak.lock()) self->progressed(generation, offset);
        });
      });
}

void CaptureIntake::progressed(std::uint64_t generation, const Result<std::uint64_t>& offset) {
  if (over_ || !current_ || generation != generation_) return;
  if (!offset) {
    const auto segment = current_->segment;
    stopCurrent();
    return refuse(segment, offset.error());
  }
  if (!current_->offset) current_->offset = *offset;
  current_->told = *offset;
  ways_.say(link::SegmentAt{current_->segment.key, current_->segment.number, *offset});
  finishWhenComplete();
}

void CaptureIntake::piece(std::string_view message) {
  if (over_) return;
  const auto piece = link::parseChunk(message);
  if (!piece) return ways_.cut(piece.error().message);
  // What is still on its way of a segment that was refused or replaced.
  if (!current_ || !current_->offset || current_->finishing) return;
  const std::uint64_t end = piece->offset + piece->bytes.size();
  if (end < piece->offset || end > current_->segment.bytes) return ways_.cut("more bytes than the segment has");
  if (end > current_->told + link::kChunkWindowBytes) return ways_.cut("more bytes ahead than the window allows");
  if (piece->offset > *current_->offset) {  // something is missing: from there, once more
    ways_.say(link::SegmentAt{current_->segment.key, current_->segment.number, *current_->offset});
    return;
  }
  if (end <= *current_->offset) return;
  // The window keeps it below what the writer lets wait, so its answer changes nothing here.
  (void)current_->writer->write(piece->bytes, piece->offset);
  current_->offset = end;
  finishWhenComplete();
}

void CaptureIntake::finishWhenComplete() {
  if (current_->finishing || *current_->offset != current_->segment.bytes) return;
  current_->finishing = true;
  current_->writer->finish([&loop = loop_, weak = weak_from_this(), generation = generation_](Status done) {
    loop.post([weak, generation, done = std::move(done)] {
      const auto self = weak.lock();
      if (!self || self->over_ || !self->current_ || generation != self->generation_) return;
      const auto segment = self->current_->segment;
      self->current_.reset();
      if (!done) return self->refuse(segment, done.error());
      self->ways_.say(link::SegmentDone{segment.key, segment.number, true, std::nullopt, ""});
    });
  });
}

void CaptureIntake::end(const link::CaptureEnd& end, media::CaptureId id) {
  captures_->end(id, end.segments, [&loop = loop_, weak = weak_from_this(), end](Status done) {
    loop.post([weak, end, done = std::move(done)] {
      const auto self = weak.lock();
      if (!self || self->over_) return;
      self->open_.erase(end.key);
      if (!done) return self->refuse(end, done.error());
      self->ways_.say(link::CaptureDone{end.key, true, std::nullopt, ""});
    });
  });
}

void CaptureIntake::stopCurrent() {
  if (!current_) return;
  if (current_->writer) current_->writer->abandon();
  current_.reset();
}

void CaptureIntake::end() {
  stopCurrent();
  over_ = true;
  open_.clear();
}

}  // namespace robohub::gateway
