#include "gateway/cloudtalker/talk.hpp"

#include <algorithm>

namespace robohub::gateway {

namespace {

link::Outcome done() {
  link::Outcome outcome;
  outcome.state = link::FinalState::succeeded;
  return outcome;
}

link::Outcome failed(ErrorCode code, const char* message) {
  link::Outcome outcome;
  outcome.state = link::FinalState::failed;
  outcome.code = code;
  outcome.message = message;
  return outcome;
}

}  // namespace

void CloudTalk::onText(std::string_view text, MonoTime now, talk::Effects& out) {
  const auto message = parseTalker(text);
  if (!message) {
    // Its bytes are nobody's; they must not be written behind the segment before.
    if (meantCapture(text)) endSegment(out);
    return out.push_back(talk::Odd{"A message was not understood: " + message.error().message});
  }
  if (const auto* state = std::get_if<TalkerState>(&*message)) onState(*state, now, out);
  if (const auto* alarm = std::get_if<TalkerAlarm>(&*message)) out.push_back(talk::Alarm{alarm->at_ms});
  if (const auto* capture = std::get_if<TalkerCapture>(&*message)) onCapture(*capture, out);
}

// ---- its state ----------------------------------------------------------------------------------------------------

void CloudTalk::onState(const TalkerState& state, MonoTime now, talk::Effects& out) {
  const bool first = !reported_;
  const bool changed = first || reported_->armed != state.armed;
  reported_ = state;
  if (!told_armed_) told_armed_ = state.armed;
  if (arming_ && state.armed == wish_.armed) out.push_back(talk::RunEnds{std::exchange(arming_, {})->run, done()});
  if (capturing_ && state.capture_flag == capture_flag_)
    out.push_back(talk::RunEnds{std::exchange(capturing_, {})->run, done()});
  if (changed) out.push_back(talk::Known{});
  // Each text makes it answer with a state; what it does not take is therefore not said again at once.
  if (first || now >= said_at_ + kSayAgain) sayDifferences(now, out);
}

void CloudTalk::sayDifferences(MonoTime now, talk::Effects& out) {
  if (!reported_) return;
  TalkerChange change;
  if (reported_->id != wish_.id) change.id = wish_.id;
  if (reported_->armed != wish_.armed) change.armed = wish_.armed;
  if (reported_->heartbeat_s != static_cast<double>(wish_.heartbeat_s)) change.heartbeat_s = wish_.heartbeat_s;
  if (change.empty()) return;
  said_at_ = now;
  say(change, out);
}

void CloudTalk::say(const TalkerChange& change, talk::Effects& out) {
  if (change.armed >= 0) told_armed_ = change.armed != 0;
  out.push_back(talk::Say{encodeTalker(change)});
}

void CloudTalk::setHeartbeat(std::int64_t heartbeat_s, MonoTime now, talk::Effects& out) {
  if (wish_.heartbeat_s == heartbeat_s) return;
  wish_.heartbeat_s = heartbeat_s;
  sayDifferences(now, out);
}

// ---- commands -----------------------------------------------------------------------------------------------------

void CloudTalk::arm(bool armed, std::uint64_t run, MonoTime now, talk::Effects& out) {
  if (arming_)
    out.push_back(
        talk::RunEnds{std::exchange(arming_, {})->run,
                      failed(ErrorCode::conflict, "Another wish came before the camera confirmed this one.")});
  wish_.armed = armed;
  if (reported_ && reported_->armed == armed && told_armed_ == armed) return out.push_back(talk::RunEnds{run, done()});
  arming_ = Waiting{run, now + kConfirm};
  // Before its first state nothing is known of what it was told; that state is answered with the wish.
  if (!reported_ || told_armed_ == armed) return;
  TalkerChange change;
  change.armed = armed;
  say(change, out);
}

void CloudTalk::capture(std::uint64_t run, MonoTime now, talk::Effects& out) {
  if (!reported_)
    return out.push_back(
        talk::RunEnds{run, failed(ErrorCode::unavailable, "The camera has not said yet where it stands.")});
  // Turned over twice it would stand where it was, and nothing would come.
  if (capturing_)
    return out.push_back(talk::RunEnds{
        run,
        failed(ErrorCode::conflict, "A capture was asked for a moment ago; the camera has not confirmed it yet.")});
  capture_flag_ = !reported_->capture_flag;
  capturing_ = Waiting{run, now + kConfirm};
  TalkerChange change;
  change.capture_flag = capture_flag_;
  say(change, out);
}

void CloudTalk::forget(std::uint64_t run) {
  if (arming_ && arming_->run == run) arming_.reset();
  // A capture that was asked for stays asked for; only its run is nobody's any more.
  if (capturing_ && capturing_->run == run) capturing_->run = 0;
}

void CloudTalk::tick(MonoTime now, talk::Effects& out) {
  const auto expire = [&](std::optional<Waiting>& waiting) {
    if (!waiting || now < waiting->until) return;
    out.push_back(
        talk::RunEnds{std::exchange(waiting, {})->run, failed(ErrorCode::timeout, "The camera has not confirmed it.")});
  };
  expire(arming_);
  expire(capturing_);
}

MonoTime CloudTalk::nextDeadline() const {
  return std::min(arming_ ? arming_->until : MonoTime::max(), capturing_ ? capturing_->until : MonoTime::max());
}

// ---- captures -----------------------------------------------------------------------------------------------------

void CloudTalk::onCapture(const TalkerCapture& capture, talk::Effects& out) {
  using What = TalkerCapture::What;
  endSegment(out);
  const auto known =
      std::find_if(open_.begin(), open_.end(), [&](const Open& each) { return each.key == capture.key; });
  if (capture.what == What::end) {
    if (known != open_.end()) return endCapture(static_cast<std::size_t>(known - open_.begin()), out);
    return out.push_back(talk::Odd{"It ended the capture " + capture.key + ", which was not open."});
  }
  if (known == open_.end())
    openCapture(capture, out);
  else
    std::rotate(open_.begin(), known, known + 1);
  if (capture.what == What::start) return;
  in_segment_ = true;
  Open& current = open_.front();
  current.segments = std::max(current.segments, capture.number + 1);
  out.push_back(talk::SegmentOpens{current.key, capture.number});
  out.push_back(talk::Known{});
}

void CloudTalk::openCapture(const TalkerCapture& capture, talk::Effects& out) {
  const bool was_cut = std::erase(cut_, capture.key) > 0;
  while (was_cut ? open_.size() >= kMostOpen : !open_.empty()) {
    cut_.push_back(open_.back().key);
    if (cut_.size() > kMostOpen) cut_.pop_front();
    endCapture(open_.size() - 1, out);
  }
  open_.push_front(Open{capture.key, 0});
  out.push_back(talk::CaptureOpens{capture.key, capture.trigger, capture.started_ms});
  out.push_back(talk::Known{});
}

void CloudTalk::endSegment(talk::Effects& out) {
  if (std::exchange(in_segment_, false)) out.push_back(talk::SegmentEnds{});
}

void CloudTalk::endCapture(std::size_t at, talk::Effects& out) {
  out.push_back(talk::CaptureEnds{open_[at].key, open_[at].segments});
  open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(at));
  out.push_back(talk::Known{});
}

bool CloudTalk::onBinary(std::size_t bytes, talk::Effects& out) {
  if (in_segment_) return true;
  if (stray_bytes_ == 0) out.push_back(talk::Odd{"It sent bytes that belong to no segment; they are dropped."});
  stray_bytes_ += bytes;
  return false;
}

// The captures stay open: started again, the program goes on with them or sends them anew. Whoever keeps captures ends
// one that nobody goes on with.
void CloudTalk::onLost(talk::Effects& out) {
  if (std::exchange(in_segment_, false)) out.push_back(talk::SegmentBreaks{});
  open_.clear();
  cut_.clear();
  const auto end = [&](std::optional<Waiting>& waiting) {
    if (waiting)
      out.push_back(talk::RunEnds{std::exchange(waiting, {})->run,
                                  failed(ErrorCode::unavailable, "The link to the camera was lost.")});
  };
  end(arming_);
  end(capturing_);
  reported_.reset();
  told_armed_.reset();
}

}  // namespace robohub::gateway
