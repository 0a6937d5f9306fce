#include "agent/capture_carrier.hpp"

#include "agent/clean_text.hpp"
#include "agent/log.hpp"

namespace robohub::agent {
namespace {

// How long the link may be busy with something else before it is looked at again.
constexpr Duration kPumpPause = std::chrono::milliseconds(3);
// A driver that hands over faster than the disk takes it is broken; its files stay in its folder.
constexpr std::size_t kMostHandedOver = 1024;

}  // namespace

CaptureCarrier::CaptureCarrier(net::Loop& loop, CaptureOutbox outbox, CarrierWays ways)
    : loop_(loop),
      ways_(std::move(ways)),
      self_(std::make_shared<CaptureCarrier*>(this)),
      outbox_(std::make_shared<CaptureOutbox>(std::move(outbox))) {
  for (const auto& capture : outbox_->captures()) upload_.add(capture);
  for (const auto& segment : outbox_->segments()) upload_.add(segment);
  told_ = upload_.waiting();
  if (told_.segments > 0)
    log::info(std::to_string(told_.segments) + " segments of captures wait for the hub from before.");
}

CaptureCarrier::~CaptureCarrier() {
  *self_ = nullptr;
  if (timer_ != 0) loop_.cancel(timer_);
  if (pump_timer_ != 0) loop_.cancel(pump_timer_);
}

void CaptureCarrier::onDisk(std::function<std::function<void(CaptureCarrier&)>(CaptureOutbox&)> work) {
  disk_.run([&loop = loop_, self = self_, outbox = outbox_, work = std::move(work)] {
    auto answer = work(*outbox);
    if (answer)
      loop.post([self, answer = std::move(answer)] {
        if (*self) answer(**self);
      });
  });
}

void CaptureCarrier::segment(const plugin::CaptureSegment& segment) {
  if (handed_over_ >= kMostHandedOver)
    return ways_.tell(link::EventLevel::error, "Captures come faster than they can be kept; a segment was left out.");
  ++handed_over_;
  keep(segment, 1);
}

void CaptureCarrier::keep(const plugin::CaptureSegment& segment, int tries) {
  onDisk([segment, tries](CaptureOutbox& outbox) -> std::function<void(CaptureCarrier&)> {
    auto taken = outbox.take(segment);
    return [taken = std::move(taken), segment, tries](CaptureCarrier& self) {
      // It is where the driver has put it, and nobody hands it over again.
      if (!taken && taken.error().code == ErrorCode::internal && tries < kMostTries) {
        self.loop_.after(self.ways_.pause, [carrier = self.self_, segment, tries] {
          if (*carrier) (*carrier)->keep(segment, tries + 1);
        });
        return;
      }
      --self.handed_over_;
      if (!taken)
        return self.ways_.tell(link::EventLevel::error, "The driver's segment " + cleanText(segment.file, 100) +
                                                            " was not taken: " + taken.error().message);
      self.upload_.add(taken->capture);
      self.upload_.add(taken->segment);
      for (const auto& dropped : taken->dropped) {
        self.upload_.drop(dropped.key, dropped.number);
        self.ways_.tell(link::EventLevel::error, "The captures that wait have no more room: segment " +
                                                     std::to_string(dropped.number) + " of " + dropped.key +
                                                     " was dropped before the hub had it.");
      }
      UploadEffects effects;
      self.upload_.tick(self.now(), effects);
      self.carryOut(std::move(effects));
    };
  });
}

void CaptureCarrier::end(const std::string& key, std::uint32_t segments) {
  onDisk([key, segments](CaptureOutbox& outbox) -> std::function<void(CaptureCarrier&)> {
    auto ended = outbox.end(key, segments);
    return [ended = std::move(ended)](CaptureCarrier& self) {
      if (!ended) {
        if (ended.error().code != ErrorCode::not_found) self.ways_.tell(link::EventLevel::error, ended.error().message);
        return;
      }
      self.upload_.add(*ended);
      UploadEffects effects;
      self.upload_.tick(self.now(), effects);
      self.carryOut(std::move(effects));
    };
  });
}

void CaptureCarrier::driverOpened() {
  ways_.waiting(upload_.waiting());
  onDisk([](CaptureOutbox& outbox) -> std::function<void(CaptureCarrier&)> {
    auto ended = outbox.endAll();
    return [ended = std::move(ended)](CaptureCarrier& self) {
      for (const auto& capture : ended) self.upload_.add(capture);
      UploadEffects effects;
      self.upload_.tick(self.now(), effects);
      self.carryOut(std::move(effects));
    };
  });
}

void CaptureCarrier::linkUp() {
  UploadEffects effects;
  upload_.linkUp(now(), effects);
  carryOut(std::move(effects));
}

void CaptureCarrier::linkDown() {
  upload_.linkDown();
  schedule();
}

void CaptureCarrier::take(const link::HubMessage& message) {
  UploadEffects effects;
  upload_.take(message, now(), effects);
  carryOut(std::move(effects));
}

void CaptureCarrier::carryOut(UploadEffects effects) {
  for (auto& effect : effects) std::visit([this](auto& each) { carryOut(each); }, effect);
  tellWaiting();
  schedule();
  if (upload_.wantsToSend()) pumpSoon();
}

void CaptureCarrier::carryOut(upload::Say& say) {
  ways_.say(say.message);
}

void CaptureCarrier::carryOut(upload::SendPiece& piece) {
  ways_.send_piece(link::encodeChunkHead(piece.offset), piece.bytes);
}

void CaptureCarrier::carryOut(upload::Hash& hash) {
  onDisk([hash](CaptureOutbox& outbox) -> std::function<void(CaptureCarrier&)> {
    auto sha256 = outbox.sha256(hash.key, hash.number);
    return [hash, sha256 = std::move(sha256)](CaptureCarrier& self) {
      UploadEffects effects;
      self.upload_.hashed(hash.key, hash.number, sha256, self.now(), effects);
      self.carryOut(std::move(effects));
    };
  });
}

void CaptureCarrier::carryOut(upload::Read& read) {
  onDisk([read](CaptureOutbox& outbox) -> std::function<void(CaptureCarrier&)> {
    auto bytes = outbox.read(read.key, read.number, read.offset, read.bytes);
    return [read, bytes = std::move(bytes)](CaptureCarrier& self) mutable {
      UploadEffects effects;
      self.upload_.wasRead(read.key, read.number, read.offset, std::move(bytes), self.now(), effects);
      self.carryOut(std::move(effects));
    };
  });
}

void CaptureCarrier::carryOut(upload::ForgetSegment& forget) {
  onDisk([forget](CaptureOutbox& outbox) {
    outbox.removeSegment(forget.key, forget.number, forget.version);
    return nullptr;
  });
}

void CaptureCarrier::carryOut(upload::ForgetCapture& forget) {
  onDisk([forget](CaptureOutbox& outbox) {
    outbox.removeCapture(forget.key);
    return nullptr;
  });
}

void CaptureCarrier::carryOut(upload::Tell& tell) {
  ways_.tell(tell.level, cleanText(tell.text));
}

// One piece an iteration of the loop, and onto an empty link where it ever is empty: whatever came meanwhile has gone
// first.
void CaptureCarrier::pumpSoon() {
  if (pump_timer_ != 0) return;
  pump_timer_ = loop_.after(ways_.idle() ? Duration::zero() : kPumpPause, [this] {
    pump_timer_ = 0;
    if (!upload_.wantsToSend()) return;
    const MonoTime at = now();
    if (!pace_.mayGo(ways_.idle(), ways_.piece_waits(), at)) return pumpSoon();
    pace_.went(at);
    UploadEffects effects;
    upload_.pump(at, effects);
    carryOut(std::move(effects));
  });
}

void CaptureCarrier::schedule() {
  if (timer_ != 0) loop_.cancel(timer_);
  timer_ = 0;
  const MonoTime due = upload_.nextDue();
  if (due == MonoTime::max()) return;
  timer_ = loop_.after(std::max(due - now(), Duration::zero()), [this] {
    timer_ = 0;
    UploadEffects effects;
    upload_.tick(now(), effects);
    carryOut(std::move(effects));
  });
}

void CaptureCarrier::tellWaiting() {
  const auto waiting = upload_.waiting();
  if (waiting == told_) return;
  told_ = waiting;
  ways_.waiting(waiting);
}

}  // namespace robohub::agent
