#include "media/picture_stream.hpp"

#include <algorithm>
#include <utility>

namespace robohub::media {

struct PictureStream::Waiter {
  std::function<void(PicturePtr)> done;
  net::TimerId timer = 0;
};

PictureStream::PictureStream(net::LoopPool& loops, net::Loop& owner, const Clock& clock)
    : loops_(loops), owner_(owner), clock_(clock), by_loop_(loops.size()), counts_(loops.size()) {}

PicturePtr PictureStream::fresh() const {
  PicturePtr picture = std::atomic_load(&newest_);
  return picture && clock_.now() - picture->received < kFresh ? picture : nullptr;
}

std::optional<MonoTime> PictureStream::newestAt() const {
  const PicturePtr picture = std::atomic_load(&newest_);
  return picture ? std::optional(picture->received) : std::nullopt;
}

bool PictureStream::offer(std::string_view jpeg) {
  auto framed = framePicture(jpeg, clock_.now(), clock_.wall());
  if (!framed) return false;
  const PicturePtr picture = std::move(*framed);
  std::atomic_store(&newest_, picture);
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i].load(std::memory_order_acquire) == 0) continue;
    net::Loop& loop = loops_.at(i);
    if (loop.inLoop())
      deliver(i, picture);
    else
      loop.post([self = shared_from_this(), i, picture] { self->deliver(i, picture); });
  }
  if (!live_) setLive(true);
  return true;
}

void PictureStream::deliver(std::size_t loop_index, const PicturePtr& picture) {
  LoopViewers& here = by_loop_[loop_index];
  bool ended = false;
  for (const Viewer& viewer : here.viewers) ended |= !viewer.stream->send(picture->part, net::SendClass::picture);
  if (ended) removeEnded(loop_index);
  std::vector<std::shared_ptr<Waiter>> waiters;
  waiters.swap(here.waiters);
  counts_[loop_index].fetch_sub(static_cast<std::uint32_t>(waiters.size()), std::memory_order_release);
  for (const auto& waiter : waiters) {
    loops_.at(loop_index).cancel(waiter->timer);
    waiter->done(picture);
  }
}

void PictureStream::setLive(bool live) {
  live_ = live;
  if (live) watchFreshness();
  if (on_live_) on_live_(live);
}

// Looks once a second whether pictures still come in.
void PictureStream::watchFreshness() {
  if (watching_freshness_) return;
  watching_freshness_ = true;
  owner_.after(std::chrono::seconds(1), [weak = weak_from_this()] {
    auto self = weak.lock();
    if (!self) return;
    self->watching_freshness_ = false;
    if (!self->live_) return;
    if (self->fresh())
      self->watchFreshness();
    else
      self->setLive(false);
  });
}

void PictureStream::sourceLost() {
  if (live_) setLive(false);
}

// ---- interest -----------------------------------------------------------------------------------------------------

void PictureStream::touchInterest() {
  asked_at_ns_.store(toNs(clock_.now()), std::memory_order_relaxed);
  if (owner_.inLoop())
    reviewInterest();
  else
    owner_.post([weak = weak_from_this()] {
      if (auto self = weak.lock()) self->reviewInterest();
    });
}

void PictureStream::reviewInterest() {
  const bool viewers = std::any_of(counts_.begin(), counts_.end(), [](const auto& count) { return count.load() > 0; });
  const bool asked = toNs(clock_.now()) - asked_at_ns_.load() < kLinger.count();
  const bool wanted = viewers || asked;
  if (wanted != wanted_) {
    wanted_ = wanted;
    if (on_interest_) on_interest_(wanted);
  }
  if (wanted && !reviewing_) {
    reviewing_ = true;
    owner_.after(std::chrono::seconds(1), [weak = weak_from_this()] {
      auto self = weak.lock();
      if (!self) return;
      self->reviewing_ = false;
      self->reviewInterest();
    });
  }
}

// ---- viewers ------------------------------------------------------------------------------------------------------

void PictureStream::addViewer(std::shared_ptr<net::HttpStream> viewer, net::Loop& loop, std::shared_ptr<void> token) {
  if (ended_) return viewer->close();
  const std::size_t index = loop.index();
  viewer->send(mjpegOpening(), net::SendClass::control);
  if (const PicturePtr picture = fresh()) viewer->send(picture->part, net::SendClass::picture);
  viewer->onClosed([weak = weak_from_this(), index] {
    if (auto self = weak.lock()) self->removeEnded(index);
  });
  by_loop_[index].viewers.push_back({std::move(viewer), std::move(token)});
  counts_[index].fetch_add(1, std::memory_order_release);
  touchInterest();
}

// Streams that the peer ended say so by onClosed; those that we closed, by not being open.
void PictureStream::removeEnded(std::size_t loop_index) {
  auto& viewers = by_loop_[loop_index].viewers;
  const auto removed = std::erase_if(viewers, [](const Viewer& viewer) { return !viewer.stream->open(); });
  counts_[loop_index].fetch_sub(static_cast<std::uint32_t>(removed), std::memory_order_release);
  asked_at_ns_.store(toNs(clock_.now()), std::memory_order_relaxed);
}

void PictureStream::closeViewer(net::HttpStream& viewer, net::Loop& loop) {
  viewer.close();
  removeEnded(loop.index());
}

PicturePtr PictureStream::newest() {
  touchInterest();
  return fresh();
}

void PictureStream::awaitPicture(net::Loop& loop, Duration limit, std::function<void(PicturePtr)> done) {
  if (PicturePtr picture = newest()) {
    done(std::move(picture));
    return;
  }
  if (ended_) return done(nullptr);
  auto waiter = std::make_shared<Waiter>();
  waiter->done = std::move(done);
  const std::size_t index = loop.index();
  waiter->timer = loop.after(limit, [weak = weak_from_this(), index, waiter] {
    auto self = weak.lock();
    if (!self) return;
    auto& waiters = self->by_loop_[index].waiters;
    const auto at = std::find(waiters.begin(), waiters.end(), waiter);
    if (at == waiters.end()) return;
    waiters.erase(at);
    self->counts_[index].fetch_sub(1, std::memory_order_release);
    waiter->done(nullptr);
  });
  by_loop_[index].waiters.push_back(std::move(waiter));
  counts_[index].fetch_add(1, std::memory_order_release);
  touchInterest();
}

// ---- the end ------------------------------------------------------------------------------------------------------

void PictureStream::end() {
  if (ended_.exchange(true)) return;
  // Whoever comes in between on a loop finds `ended_` set, or is found here.
  for (std::size_t i = 0; i < by_loop_.size(); ++i)
    loops_.at(i).post([self = shared_from_this(), i] { self->endOn(i); });
}

void PictureStream::endOn(std::size_t loop_index) {
  LoopViewers here = std::exchange(by_loop_[loop_index], {});
  counts_[loop_index].store(0, std::memory_order_release);
  for (const Viewer& viewer : here.viewers) viewer.stream->close();
  for (const auto& waiter : here.waiters) {
    loops_.at(loop_index).cancel(waiter->timer);
    waiter->done(nullptr);
  }
}

}  // namespace robohub::media
