#include "agent/capture_upload.hpp"

#include <algorithm>
#include <utility>

namespace robohub::agent {
namespace {

using namespace upload;

bool worthAnotherTry(const std::optional<ErrorCode>& code) {
  return code == ErrorCode::unavailable || code == ErrorCode::exhausted || code == ErrorCode::corrupt;
}

std::string nameOf(const std::string& key, std::uint32_t number) {
  return "Segment " + std::to_string(number) + " of the capture " + key;
}

}  // namespace

void CaptureUpload::add(const OutboxCapture& capture) {
  captures_[capture.key].facts = capture;
}

void CaptureUpload::add(const OutboxSegment& segment) {
  if (key_ == segment.key && number_ == segment.number && phase_ != Phase::ending) settle();
  captures_[segment.key].segments[segment.number] = Segment{segment, {}, 0};
}

void CaptureUpload::drop(const std::string& key, std::uint32_t number) {
  const auto capture = captures_.find(key);
  if (capture == captures_.end()) return;
  capture->second.segments.erase(number);
  if (phase_ != Phase::ending && key_ == key && number_ == number) settle();
}

void CaptureUpload::settle() {
  phase_ = Phase::idle;
  key_.clear();
  ahead_.clear();
  reading_ = false;
  patience_ = MonoTime::max();
}

CaptureUpload::Segment* CaptureUpload::current() {
  if (phase_ == Phase::idle || phase_ == Phase::ending) return nullptr;
  const auto capture = captures_.find(key_);
  if (capture == captures_.end()) return nullptr;
  const auto segment = capture->second.segments.find(number_);
  return segment == capture->second.segments.end() ? nullptr : &segment->second;
}

void CaptureUpload::linkUp(MonoTime now, UploadEffects& out) {
  linkDown();
  up_ = true;
  next(now, out);
}

void CaptureUpload::linkDown() {
  up_ = false;
  for (auto& [key, capture] : captures_) capture.announced = false;
  settle();
}

void CaptureUpload::tick(MonoTime now, UploadEffects& out) {
  if (now >= patience_) {
    const auto capture = captures_.find(key_);
    settle();
    // The link lives, else it would be gone: whatever the hub has lost, it is told again.
    if (capture != captures_.end()) later(capture->second, now, "the hub does not answer", out);
  }
  next(now, out);
}

MonoTime CaptureUpload::nextDue() const {
  if (!up_) return MonoTime::max();
  if (phase_ != Phase::idle) return patience_;
  MonoTime due = MonoTime::max();
  for (const auto& [key, capture] : captures_)
    if (!capture.segments.empty() || capture.facts.ended) due = std::min(due, capture.not_before);
  return due;
}

void CaptureUpload::next(MonoTime now, UploadEffects& out) {
  if (!up_ || phase_ != Phase::idle) return;
  Capture* chosen = nullptr;
  for (auto& [key, capture] : captures_) {
    if ((capture.segments.empty() && !capture.facts.ended) || capture.not_before > now) continue;
    if (chosen == nullptr || capture.facts.started_ms < chosen->facts.started_ms) chosen = &capture;
  }
  if (chosen == nullptr) return;
  key_ = chosen->facts.key;
  if (chosen->segments.empty()) {
    phase_ = Phase::ending;
    patience_ = now + kPatience;
    wire_key_ = chosen->wireKey();
    announce(*chosen, out);
    out.push_back(
        Say{link::CaptureEnd{wire_key_, chosen->facts.segments - std::min(chosen->base, chosen->facts.segments)}});
    return;
  }
  number_ = chosen->segments.begin()->first;
  phase_ = Phase::hashing;
  if (current()->sha256.empty())
    out.push_back(Hash{key_, number_});
  else
    offer(now, out);
}

void CaptureUpload::announce(Capture& capture, UploadEffects& out) {
  if (std::exchange(capture.announced, true)) return;
  out.push_back(Say{link::CaptureBegin{capture.wireKey(), capture.facts.trigger, capture.facts.started_ms}});
}

// False: it has had all the parts that it may have.
bool CaptureUpload::nextPart(Capture& capture) {
  if (capture.part == kMostParts || capture.facts.key.size() + 2 > plugin::kMaxCaptureKey) return false;
  ++capture.part;
  capture.base = number_;
  capture.announced = false;
  return true;
}

void CaptureUpload::offer(MonoTime now, UploadEffects& out) {
  Capture& capture = captures_.at(key_);
  const Segment& segment = *current();
  if (number_ < capture.base && !nextPart(capture)) return giveUp("it comes too late", now, out);
  announce(capture, out);
  wire_key_ = capture.wireKey();
  wire_number_ = number_ - capture.base;
  out.push_back(
      Say{link::SegmentReady{wire_key_, wire_number_, segment.facts.bytes, segment.sha256, segment.facts.format}});
  phase_ = Phase::offered;
  patience_ = now + kPatience;
}

void CaptureUpload::hashed(const std::string& key, std::uint32_t number, const Result<std::string>& sha256,
                           MonoTime now, UploadEffects& out) {
  if (phase_ != Phase::hashing || key != key_ || number != number_) return;
  if (!sha256) return unread(sha256.error(), now, out);
  current()->sha256 = *sha256;
  offer(now, out);
}

void CaptureUpload::take(const link::HubMessage& message, MonoTime now, UploadEffects& out) {
  if (const auto* done = std::get_if<link::SegmentDone>(&message)) return segmentDone(*done, now, out);
  if (const auto* done = std::get_if<link::CaptureDone>(&message)) return captureDone(*done, now, out);
  const auto* at = std::get_if<link::SegmentAt>(&message);
  if (at == nullptr || at->key != wire_key_ || at->number != wire_number_) return;
  if (phase_ != Phase::offered && phase_ != Phase::sending && phase_ != Phase::sent) return;
  const std::uint64_t bytes = current()->facts.bytes;
  if (at->offset > bytes) return;
  patience_ = now + kPatience;
  // The first answer says where to begin; a later one that lies behind what it said before means that something got
  // lost on its side.
  if (phase_ == Phase::offered || at->offset < taken_) {
    offset_ = at->offset;
    ahead_.clear();
    reading_ = false;
    phase_ = Phase::sending;
  }
  taken_ = at->offset;
  if (offset_ == bytes) phase_ = Phase::sent;
  readAhead(out);
}

void CaptureUpload::readAhead(UploadEffects& out) {
  if (phase_ != Phase::sending || reading_ || !ahead_.empty()) return;
  reading_ = true;
  const std::uint64_t left = current()->facts.bytes - offset_;
  out.push_back(
      upload::Read{key_, number_, offset_, static_cast<std::size_t>(std::min<std::uint64_t>(left, kReadBytes))});
}

void CaptureUpload::wasRead(const std::string& key, std::uint32_t number, std::uint64_t offset,
                            Result<std::string> bytes, MonoTime now, UploadEffects& out) {
  if (phase_ != Phase::sending || !reading_ || key != key_ || number != number_ || offset != offset_) return;
  reading_ = false;
  if (!bytes) return unread(bytes.error(), now, out);
  if (bytes->empty()) return giveUp("it is empty", now, out);
  ahead_ = std::move(*bytes);
}

bool CaptureUpload::wantsToSend() const {
  return phase_ == Phase::sending && !ahead_.empty() &&
         offset_ + std::min(ahead_.size(), kPieceBytes) <= taken_ + link::kChunkWindowBytes;
}

void CaptureUpload::pump(MonoTime now, UploadEffects& out) {
  if (!wantsToSend()) return;
  // Pieces may go slowly; the hub can only answer what has been sent.
  patience_ = now + kPatience;
  const std::size_t size = std::min(ahead_.size(), kPieceBytes);
  out.push_back(SendPiece{offset_, ahead_.substr(0, size)});
  ahead_.erase(0, size);
  offset_ += size;
  if (offset_ == current()->facts.bytes) phase_ = Phase::sent;
  readAhead(out);
}

void CaptureUpload::segmentDone(const link::SegmentDone& done, MonoTime now, UploadEffects& out) {
  if (current() == nullptr || phase_ == Phase::hashing || done.key != wire_key_ || done.number != wire_number_) return;
  // The hub cannot have what it was not sent: this is about a file that was replaced meanwhile.
  if (done.ok && phase_ != Phase::sent) return;
  Capture& capture = captures_.at(key_);
  if (!done.ok && done.code == ErrorCode::conflict && nextPart(capture)) {
    out.push_back(Tell{link::EventLevel::warning, nameOf(key_, number_) + " and what follows goes to the hub as " +
                                                      capture.wireKey() + ": " + done.message});
    settle();
    return next(now, out);
  }
  if (!done.ok && !worthAnotherTry(done.code)) return giveUp("the hub refuses it for good: " + done.message, now, out);
  if (done.ok) {
    out.push_back(ForgetSegment{key_, number_, current()->facts.version});
    capture.segments.erase(number_);
    capture.delay = kFirstDelay;
  } else {
    // What was read may be at fault as well as what was sent.
    current()->sha256.clear();
    later(capture, now, done.message, out);
  }
  settle();
  next(now, out);
}

void CaptureUpload::captureDone(const link::CaptureDone& done, MonoTime now, UploadEffects& out) {
  if (phase_ != Phase::ending || done.key != wire_key_) return;
  const auto capture = captures_.find(key_);
  // Whatever came of it, the hub knows no capture of this key on this link any more.
  capture->second.announced = false;
  if (!done.ok && worthAnotherTry(done.code)) {
    later(capture->second, now, done.message, out);
  } else {
    if (!done.ok)
      out.push_back(Tell{link::EventLevel::warning, "The hub refuses the capture " + key_ + ": " + done.message});
    // What came meanwhile is a capture that goes on.
    if (capture->second.segments.empty()) {
      out.push_back(ForgetCapture{key_});
      captures_.erase(capture);
    }
  }
  settle();
  next(now, out);
}

void CaptureUpload::later(Capture& capture, MonoTime now, const std::string& why, UploadEffects& out) {
  if (capture.delay == kFirstDelay)
    out.push_back(
        Tell{link::EventLevel::warning, "The capture " + capture.facts.key + " waits to be taken by the hub: " + why});
  // Begun anew then: it may be that which the hub could not do.
  capture.announced = false;
  capture.not_before = now + capture.delay;
  capture.delay = std::min(2 * capture.delay, kLongestDelay);
}

// It is the only copy there is, so what may pass is waited for; a disk that has lost it for good holds up the others of
// its capture no longer than that.
void CaptureUpload::unread(const Error& why, MonoTime now, UploadEffects& out) {
  if (why.code != ErrorCode::unavailable || ++current()->faults == kMostFaults) return giveUp(why.message, now, out);
  later(captures_.at(key_), now, why.message, out);
  settle();
  next(now, out);
}

void CaptureUpload::giveUp(const std::string& why, MonoTime now, UploadEffects& out) {
  out.push_back(Tell{link::EventLevel::error, nameOf(key_, number_) + " is given up: " + why});
  auto& segments = captures_.at(key_).segments;
  out.push_back(ForgetSegment{key_, number_, segments.at(number_).facts.version});
  segments.erase(number_);
  settle();
  next(now, out);
}

CaptureUpload::Waiting CaptureUpload::waiting() const {
  Waiting all;
  for (const auto& [key, capture] : captures_)
    for (const auto& [number, segment] : capture.segments) {
      ++all.segments;
      all.bytes += segment.facts.bytes;
    }
  return all;
}

}  // namespace robohub::agent
