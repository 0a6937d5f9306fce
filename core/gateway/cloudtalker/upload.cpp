#include "gateway/cloudtalker/upload.hpp"

#include <algorithm>

#include "gateway/cloudtalker/messages.hpp"

namespace robohub::gateway {

namespace {
constexpr std::size_t kFormatBytes = 8;  // by so many a format is known
}

CloudtalkerUpload::CloudtalkerUpload(media::Captures* captures, net::Loop& loop, DeviceId device, Events events)
    : captures_(captures), loop_(loop), device_(std::move(device)), events_(std::move(events)) {}

// ---- steps --------------------------------------------------------------------------------------------------------

void CloudtalkerUpload::then(Step step) {
  steps_.push_back(std::move(step));
  next();
}

void CloudtalkerUpload::next() {
  if (stepping_) return;
  stepping_ = true;
  while (!waiting_ && !steps_.empty()) {
    const Step step = std::move(steps_.front());
    steps_.pop_front();
    step();
  }
  stepping_ = false;
}

// An answer has come: the steps go on, and whoever was held back may send.
void CloudtalkerUpload::resume() {
  waiting_ = false;
  next();
  if (!busy() && events_.ready) events_.ready();
}

template <class Answer>
std::function<void(Answer)> CloudtalkerUpload::onLoop(std::function<void(Answer)> done) {
  return [weak = weak_from_this(), loop = &loop_, done = std::move(done)](Answer answer) {
    loop->post([weak, done, answer = std::move(answer)] {
      if (const auto self = weak.lock()) done(answer);
    });
  };
}

void CloudtalkerUpload::trouble(const std::string& what, const Error& why) {
  if (events_.trouble) events_.trouble(what + ": " + why.message);
}

// ---- captures -----------------------------------------------------------------------------------------------------

void CloudtalkerUpload::openCapture(std::string key, std::string trigger, std::int64_t started_ms) {
  media::CaptureStart start{device_, std::move(key), std::move(trigger), started_ms};
  then([this, start = std::move(start)] {
    if (!captures_)
      return trouble("The capture " + start.key + " is not kept",
                     {ErrorCode::unsupported, "No captures are kept here.", {}});
    open_[start.key] = Capture{start};
    begin(start.key, [this, key = start.key](const Status& begun) {
      if (!begun) {
        trouble("The capture " + key + " is not kept", begun.error());
        open_.erase(key);
      }
      resume();
    });
  });
}

// The part of a capture that is its newest.
void CloudtalkerUpload::begin(const std::string& key, std::function<void(const Status&)> done) {
  const Capture& capture = open_.at(key);
  media::CaptureStart start = capture.start;
  start.key = capture.partKey();
  waiting_ = true;
  captures_->begin(std::move(start), onLoop<Result<media::CaptureId>>([this, key, done](Result<media::CaptureId> id) {
                     if (!id) return done(fail(id.error()));
                     open_.at(key).id = *id;
                     done({});
                   }));
}

void CloudtalkerUpload::endCapture(std::string key, std::uint32_t segments) {
  then([this, key = std::move(key), segments] {
    const auto at = open_.find(key);
    if (at == open_.end()) return;
    const Capture capture = std::move(at->second);
    open_.erase(at);
    if (!capture.id) return;
    waiting_ = true;
    captures_->end(*capture.id, segments - std::min(segments, capture.base), onLoop<Status>([this](const Status& done) {
      if (!done) trouble("A capture is not ended", done.error());
      resume();
    }));
  });
}

// ---- segments -----------------------------------------------------------------------------------------------------

void CloudtalkerUpload::openSegment(std::string key, std::uint32_t number) {
  then([this, key = std::move(key), number] {
    number_.reset();
    const auto capture = open_.find(key);
    if (capture != open_.end() && capture->second.id) number_ = number;
    key_ = key;
    held_.clear();
    offset_ = 0;
  });
}

void CloudtalkerUpload::bytes(std::string_view bytes) {
  if (!number_) return;
  held_ += bytes;
  if (!writer_ && held_.size() >= kFormatBytes) openWriter();
  if (writable_) write();
}

// What it is shows only in its first bytes.
void CloudtalkerUpload::openWriter() {
  const Capture& capture = open_.at(key_);
  // Taken now, it would be refused at its end if it takes longer than the joining does.
  const auto known = captures_->find(*capture.id);
  if (known && known->state == media::CaptureState::joining)
    return divert({ErrorCode::conflict, "This capture was ended.", {}});
  media::SegmentStart start;
  start.number = *number_ - capture.base;
  start.format = segmentFormat(held_);
  waiting_ = true;
  writable_ = false;
  writer_ = captures_->segment(
      *capture.id, start,
      onLoop<Result<std::uint64_t>>(
          [this, generation = ++generation_](const Result<std::uint64_t>& offset) { progressed(generation, offset); }));
}

// The capture takes no more. What is held is all that has come of the segment: the link waits meanwhile.
void CloudtalkerUpload::divert(const Error& why) {
  waiting_ = true;
  captures_->segments(*open_.at(key_).id, onLoop<Result<Segments>>([this, why](const Result<Segments>& here) {
    if (!here) return dropSegment(here.error());
    nextPart(*here, why);
  }));
}

// By what is on the disk, since another connection may have begun the parts: a part is counted from where the one
// before it ended.
void CloudtalkerUpload::nextPart(const Segments& here, const Error& why) {
  Capture& capture = open_.at(key_);
  std::uint32_t next = capture.base;
  for (const auto& segment : here) {
    if (segment.bytes > 0 && capture.base + segment.number == *number_)
      return dropSegment({ErrorCode::conflict, "It is here already, and its capture was ended.", {}});
    next = std::max(next, capture.base + segment.number + 1);
  }
  if (*number_ < next) return dropSegment({ErrorCode::conflict, "It comes after the end of its capture.", {}});
  if (capture.part == kMostParts) return dropSegment(why);
  const Capture before = capture;
  ++capture.part;
  capture.base = next;
  capture.id.reset();
  if (events_.trouble)
    events_.trouble("Segment " + std::to_string(*number_) + " and what follows goes into the capture " +
                    capture.partKey() + ": " + why.message);
  begin(key_, [this, before](const Status& begun) {
    if (begun) return openWriter();
    open_.at(key_) = before;  // the next segment tries it again
    dropSegment(begun.error());
  });
}

void CloudtalkerUpload::dropSegment(const Error& why) {
  trouble("Segment " + std::to_string(number_.value_or(0)) + " is not kept", why);
  writer_.reset();
  number_.reset();
  held_.clear();
  writable_ = false;
  resume();
}

void CloudtalkerUpload::write() {
  const auto bytes = std::exchange(held_, {});
  if (bytes.empty()) return;
  if (!writer_->write(bytes, offset_)) waiting_ = true;
  offset_ += bytes.size();
}

void CloudtalkerUpload::progressed(std::uint64_t generation, const Result<std::uint64_t>& offset) {
  if (generation != generation_ || !writer_) return;
  if (!offset) {
    if (writable_ || offset.error().code != ErrorCode::conflict) return dropSegment(offset.error());
    writer_.reset();
    return divert(offset.error());
  }
  waiting_ = false;
  if (!std::exchange(writable_, true)) write();
  if (!waiting_) resume();
}

void CloudtalkerUpload::endSegment() {
  then([this] {
    if (!number_) return;
    // Too short to tell what it is: it goes in as it is.
    if (!writer_ && !held_.empty()) openWriter();
    steps_.push_front([this] { finish(); });
  });
}

void CloudtalkerUpload::finish() {
  if (!writer_) return number_.reset();  // nothing came of it
  const auto number = *number_;
  number_.reset();
  writable_ = false;
  ++generation_;
  waiting_ = true;
  const auto writer = std::exchange(writer_, nullptr);
  writer->finish(onLoop<Status>([this, writer, number, bytes = offset_](const Status& done) {
    // Its bytes have gone: where its capture was ended meanwhile, only what follows finds another.
    if (!done) trouble("Segment " + std::to_string(number) + " is not kept", done.error());
    if (done && events_.kept) events_.kept(bytes);
    resume();
  }));
}

void CloudtalkerUpload::breakSegment() {
  then([this] {
    if (writer_) writer_->abandon();
    writer_.reset();
    ++generation_;
    number_.reset();
    held_.clear();
    writable_ = false;
  });
}

}  // namespace robohub::gateway
