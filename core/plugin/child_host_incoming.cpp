// What the driver's process says, taken in: it is not trusted, and only what its words allow has an effect.
#include "base/mutex.hpp"
#include "plugin/child_host.hpp"
#include "plugin/driver_status.hpp"

namespace robohub::plugin {

void ChildHost::take(const Packet& packet) {
  switch (packet.word) {
    case Word::opened: return takeOpened();
    case Word::open_failed: return takeOpenFailed(packet);
    case Word::own_halt: return takeOwnHalt(packet.a != 0, packet.text(0));
    case Word::reply: {
      bool owed = false;
      {
        Lock lock(mutex_);
        owed = requests_.settle(packet.a);
        if (overdue_.erase(packet.a) && overdue_.empty()) kill_at_ = MonoTime::max();  // late, but it lives
      }
      if (!owed) return;
      const auto status = packet.b == RH_PENDING ? RH_INTERNAL : static_cast<rh_status>(packet.b);
      return relay_.send(
          [reply = replyOf(packet.a, status, packet.text(0))](DriverEvents& events) { events.onReply(reply); });
    }
    case Word::returned: {
      Lock lock(mutex_);
      requests_.noteReturned(packet.a);
      if (overdue_.erase(packet.a) && overdue_.empty()) kill_at_ = MonoTime::max();
      return;
    }
    case Word::publish:
      return relay_.sendLossy(
          packet.text(0), packet.text(0).size() + packet.text(1).size(),
          [packet](DriverEvents& events) { events.onPublish(packet.text(0), packet.text(1), packet.b); });
    case Word::log: {
      const auto level = packet.a > 3 ? LogLevel::error : static_cast<LogLevel>(packet.a);
      return relay_.sendLossy("", packet.text(0).size(),
                              [level, line = packet.text(0)](DriverEvents& events) { events.onLog(level, line); });
    }
    case Word::segment: return takeSegment(packet);
    case Word::capture_end:
      if (packet.a <= kMaxSegments && isPlainName(packet.text(0), kMaxCaptureKey))
        sendUnasked([packet](DriverEvents& events) {
          events.onCaptureEnd(packet.text(0), static_cast<std::uint32_t>(packet.a));
        });
      return;
    default: return;
  }
}

void ChildHost::takeSegment(const Packet& packet) {
  if (packet.a >= kMaxSegments) return;
  CaptureSegment segment{packet.text(0), packet.text(1), packet.b, static_cast<std::uint32_t>(packet.a),
                         packet.text(2)};
  // The child has checked it before; what comes in spite of it is not from our program.
  if (checkSegment(segment)) sendUnasked([s = std::move(segment)](DriverEvents& events) { events.onSegment(s); });
}

void ChildHost::sendUnasked(EventRelay::Deliver deliver) {
  if (relay_.sendCounted(std::move(deliver))) return;
  Lock lock(mutex_);
  doom_ = "it says more than can be taken in";
}

void ChildHost::takeOpened() {
  std::map<std::uint64_t, Asked> confirmed;
  std::uint64_t opening = 0;
  {
    Lock lock(mutex_);
    if (state_ == State::opening) confirmed.swap(halts_);
    state_ = State::open;
    ++opening_;
    open_by_ = MonoTime::max();
    may_be_on_ = false;
    tries_while_on_ = 0;
    permit_watch_.clear();
    if (std::chrono::steady_clock::now() >= usable_at_)
      opening = opening_;
    else
      tell_at_ = usable_at_;
  }
  if (opening != 0) tellOpened(opening);
  // Open means safe, and nothing was permitted since.
  for (const auto& [halt, asked] : confirmed)
    relay_.send([id = halt](DriverEvents& events) { events.onHalted(id, true, "The device was opened anew."); });
}

void ChildHost::tellOpened(std::uint64_t opening) {
  relay_.send([this, opening](DriverEvents& events) {  // not after close(), so this lives
    {
      Lock lock(mutex_);
      told_ = opening;
    }
    events.onOpened();
  });
}

void ChildHost::takeOpenFailed(const Packet& packet) {
  const Error error{packet.a > static_cast<std::uint64_t>(ErrorCode::internal) ? ErrorCode::internal
                                                                               : static_cast<ErrorCode>(packet.a),
                    packet.text(0), packet.text(1)};
  std::optional<ChildLink> ended;
  std::vector<std::uint64_t> owed;
  {
    Lock lock(mutex_);
    ended.swap(link_);
    state_ = State::down;
    open_by_ = kill_at_ = tell_at_ = MonoTime::max();
    permit_watch_.clear();
    owed = requests_.takeAll();
  }
  ended.reset();
  for (std::uint64_t id : owed)
    relay_.send(
        [reply = replyOf(id, RH_UNAVAILABLE, "The driver is not open.")](DriverEvents& e) { e.onReply(reply); });
  relay_.send([error](DriverEvents& events) { events.onOpenFailed(error); });
  planStart(std::chrono::steady_clock::now(), worthAnotherTry(error.code));
}

void ChildHost::takeHalted(std::uint64_t halt, bool confirmed, const std::string& message) {
  {
    Lock lock(mutex_);
    // An answer that nobody waits for any more was reported as late.
    const auto asked = halts_.find(halt);
    if (asked == halts_.end()) return;
    if (confirmed) {
      permit_watch_.onConfirmed(asked->second.nth);
      may_be_on_ = may_be_on_ && permit_watch_.owes();  // by a newer permit
    }
    halts_.erase(asked);
    if (!confirmed) doom_ = "its halt failed: " + message;
  }
  relay_.send([=](DriverEvents& events) { events.onHalted(halt, confirmed, message); });
}

void ChildHost::takeOwnHalt(bool confirmed, const std::string& message) {
  {
    Lock lock(mutex_);
    if (confirmed) {
      permit_watch_.onOwnHalt(std::chrono::steady_clock::now());
      may_be_on_ = may_be_on_ && permit_watch_.owes();  // by a newer permit
    }
    if (!confirmed) doom_ = "its halt failed: " + message;
  }
  sendUnasked([=](DriverEvents& events) { events.onHalted(0, confirmed, message); });
}

}  // namespace robohub::plugin
