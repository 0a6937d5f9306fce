#include "media/live_stream.hpp"

#include <algorithm>
#include <utility>

namespace robohub::media {

LiveStream::LiveStream(net::LoopPool& loops, net::Loop& owner, const Clock& clock, Duration fresh, Duration linger)
    : loops_(loops),
      owner_(owner),
      clock_(clock),
      fresh_(fresh),
      linger_(linger),
      by_loop_(loops.size()),
      counts_(loops.size()) {}

bool LiveStream::isFresh(MonoTime received) const {
  return clock_.now() - received < fresh_;
}

std::optional<MonoTime> LiveStream::newestAt() const {
  const std::int64_t newest_ns = newest_ns_.load(std::memory_order_relaxed);
  return newest_ns == 0 ? std::nullopt : std::optional(fromNs(newest_ns));
}

void LiveStream::passOn(const SharedBytes& piece, net::SendClass send_class) {
  newest_ns_.store(toNs(clock_.now()), std::memory_order_relaxed);
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i].load(std::memory_order_acquire) == 0) continue;
    net::Loop& loop = loops_.at(i);
    if (loop.inLoop())
      deliver(i, piece, send_class);
    else
      loop.post([self = shared_from_this(), i, piece, send_class] { self->deliver(i, piece, send_class); });
  }
  if (!live_) setLive(true);
}

void LiveStream::deliver(std::size_t loop_index, const SharedBytes& piece, net::SendClass send_class) {
  bool ended = false;
  for (const Follower& each : by_loop_[loop_index]) ended |= !each.stream->send(piece, send_class);
  if (ended) removeEnded(loop_index);
  passedOn(loop_index);
}

void LiveStream::passedOn(std::size_t) {}
void LiveStream::endedOn(std::size_t) {}

void LiveStream::countOthers(std::size_t loop_index, std::ptrdiff_t change) {
  counts_[loop_index].fetch_add(static_cast<std::uint32_t>(change), std::memory_order_release);
}

// ---- the source ---------------------------------------------------------------------------------------------------

void LiveStream::setLive(bool live) {
  live_ = live;
  if (live) watchFreshness();
  if (on_live_) on_live_(live);
}

void LiveStream::watchFreshness() {
  if (watching_freshness_) return;
  watching_freshness_ = true;
  owner_.after(fresh_ / 3, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->watching_freshness_ = false;
    if (!self->live_) return;
    const auto newest = self->newestAt();
    if (newest && self->isFresh(*newest))
      self->watchFreshness();
    else
      self->setLive(false);
  });
}

void LiveStream::sourceLost() {
  if (live_) setLive(false);
}

// ---- interest -----------------------------------------------------------------------------------------------------

void LiveStream::touchInterest() {
  asked_at_ns_.store(toNs(clock_.now()), std::memory_order_relaxed);
  if (owner_.inLoop()) return reviewInterest();
  owner_.post([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->reviewInterest();
  });
}

void LiveStream::reviewInterest() {
  const bool here = std::any_of(counts_.begin(), counts_.end(), [](const auto& count) { return count.load() > 0; });
  const bool lingers = toNs(clock_.now()) - asked_at_ns_.load() < linger_.count();
  if (const bool wanted = here || lingers; wanted != wanted_) {
    wanted_ = wanted;
    if (on_interest_) on_interest_(wanted);
  }
  if (!wanted_ || linger_ == Duration::zero() || reviewing_) return;
  reviewing_ = true;
  owner_.after(linger_ / 3, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->reviewing_ = false;
    self->reviewInterest();
  });
}

// ---- followers ----------------------------------------------------------------------------------------------------

void LiveStream::add(std::shared_ptr<net::HttpStream> follower, net::Loop& loop, std::shared_ptr<void> token) {
  const std::size_t index = loop.index();
  follower->onClosed([weak = weak_from_this(), index] {
    if (const auto self = weak.lock()) self->removeEnded(index);
  });
  by_loop_[index].push_back({std::move(follower), std::move(token)});
  counts_[index].fetch_add(1, std::memory_order_release);
  touchInterest();
}

// Streams that the peer ended say so by onClosed; those that we closed, by not being open.
void LiveStream::removeEnded(std::size_t loop_index) {
  auto& followers = by_loop_[loop_index];
  const auto removed = std::erase_if(followers, [](const Follower& each) { return !each.stream->open(); });
  if (removed == 0) return;
  counts_[loop_index].fetch_sub(static_cast<std::uint32_t>(removed), std::memory_order_release);
  touchInterest();
}

void LiveStream::close(net::HttpStream& follower, net::Loop& loop) {
  follower.close();
  removeEnded(loop.index());
}

// ---- the end ------------------------------------------------------------------------------------------------------

void LiveStream::end() {
  if (ended_.exchange(true)) return;
  // Whoever comes in between on a loop finds `ended_` set, or is found here.
  for (std::size_t i = 0; i < by_loop_.size(); ++i)
    loops_.at(i).post([self = shared_from_this(), i] {
      const auto followers = std::exchange(self->by_loop_[i], {});
      self->counts_[i].store(0, std::memory_order_release);
      for (const Follower& each : followers) each.stream->close();
      self->endedOn(i);
      self->touchInterest();
    });
}

}  // namespace robohub::media
