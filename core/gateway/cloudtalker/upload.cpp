#include "gateway/cloudtalker/upload.hpp"

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

void CloudtalkerUpload::trouble(const std::string& what, const Error& why) {
  if (events_.trouble) events_.trouble(what + ": " + why.message);
}

// ---- captures -----------------------------------------------------------------------------------------------------

void CloudtalkerUpload::openCapture(std::string key, std::string trigger, std::int64_t started_ms) {
  media::CaptureStart start{device_, std::move(key), std::move(trigger), started_ms};
  then([this, start = std::move(start)] { begin(start); });
}

void CloudtalkerUpload::begin(const media::CaptureStart& start) {
  capture_.reset();
  if (!captures_)
    return trouble("The capture " + start.key + " is not kept",
                   {ErrorCode::unsupported, "No captures are kept here.", {}});
  waiting_ = true;
  captures_->begin(start, [weak = weak_from_this(), loop = &loop_, key = start.key](Result<media::CaptureId> id) {
    loop->post([weak, key, id = std::move(id)] {
      const auto self = weak.lock();
      if (!self) return;
      if (id)
        self->capture_ = *id;
      else
        self->trouble("The capture " + key + " is not kept", id.error());
      self->resume();
    });
  });
}

void CloudtalkerUpload::endCapture(std::uint32_t segments) {
  then([this, segments] {
    if (!capture_) return;
    waiting_ = true;
    captures_->end(*capture_, segments, [weak = weak_from_this(), loop = &loop_](const Status& done) {
      loop->post([weak, done] {
        const auto self = weak.lock();
        if (!self) return;
        if (!done) self->trouble("A capture is not ended", done.error());
        self->resume();
      });
    });
    capture_.reset();
  });
}

// ---- segments -----------------------------------------------------------------------------------------------------

void CloudtalkerUpload::openSegment(std::uint32_t number) {
  then([this, number] {
    number_.reset();
    if (capture_) number_ = number;
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
  media::SegmentStart start;
  start.number = *number_;
  start.format = segmentFormat(held_);
  waiting_ = true;
  writable_ = false;
  const auto generation = ++generation_;
  writer_ = captures_->segment(*capture_, start,
                               [weak = weak_from_this(), loop = &loop_, generation](Result<std::uint64_t> offset) {
                                 loop->post([weak, generation, offset = std::move(offset)] {
                                   if (const auto self = weak.lock()) self->progressed(generation, offset);
                                 });
                               });
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
    trouble("Segment " + std::to_string(number_.value_or(0)) + " is not kept", offset.error());
    writer_.reset();
    number_.reset();
    held_.clear();
    writable_ = false;
    return resume();
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
  writer->finish([weak = weak_from_this(), loop = &loop_, writer, number, bytes = offset_](const Status& done) {
    loop->post([weak, writer, number, bytes, done] {
      const auto self = weak.lock();
      if (!self) return;
      if (!done) self->trouble("Segment " + std::to_string(number) + " is not kept", done.error());
      if (done && self->events_.kept) self->events_.kept(bytes);
      self->resume();
    });
  });
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
