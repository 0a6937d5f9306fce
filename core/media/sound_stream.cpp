#include "media/sound_stream.hpp"

#include <algorithm>
#include <utility>

namespace robohub::media {
namespace {

constexpr int kSampleBytes = 2;
constexpr double kOverRate = 1.25;  // sound cards' clocks differ, by far less than this

void put(std::string& text, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
}

double bytesPerSecond(int rate_hz) {
  return kOverRate * rate_hz * kSampleBytes;
}

double seconds(Duration time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

std::string_view wavContentType() {
  return "audio/wav";
}

SharedBytes wavOpening(int rate_hz) {
  constexpr std::uint32_t kEndless = 0xFFFFFFFF;
  std::string head = "RIFF";
  put(head, kEndless, 4);
  head += "WAVEfmt ";
  put(head, 16, 4);
  put(head, 1, 2);  // PCM
  put(head, 1, 2);  // one channel
  put(head, static_cast<std::uint32_t>(rate_hz), 4);
  put(head, static_cast<std::uint32_t>(rate_hz) * kSampleBytes, 4);
  put(head, kSampleBytes, 2);
  put(head, 8 * kSampleBytes, 2);
  head += "data";
  put(head, kEndless, 4);
  return shareBytes(std::move(head));
}

SoundStream::SoundStream(net::LoopPool& loops, net::Loop& owner, const Clock& clock, int rate_hz)
    : loops_(loops),
      owner_(owner),
      clock_(clock),
      rate_hz_(rate_hz),
      by_loop_(loops.size()),
      counts_(loops.size()),
      allowed_bytes_(bytesPerSecond(rate_hz) * seconds(kBurst)),
      allowed_at_(clock.now()) {}

std::optional<MonoTime> SoundStream::newestAt() const {
  const std::int64_t newest_ns = newest_ns_.load(std::memory_order_relaxed);
  return newest_ns == 0 ? std::nullopt : std::optional(fromNs(newest_ns));
}

bool SoundStream::withinRate(std::size_t bytes) {
  const MonoTime now = clock_.now();
  const double a_second = bytesPerSecond(rate_hz_);
  allowed_bytes_ = std::min(allowed_bytes_ + a_second * seconds(now - allowed_at_), a_second * seconds(kBurst));
  allowed_at_ = now;
  if (allowed_bytes_ < static_cast<double>(bytes)) return false;
  allowed_bytes_ -= static_cast<double>(bytes);
  return true;
}

Status SoundStream::offer(std::string_view pcm) {
  if (!withinRate(pcm.size())) return fail(ErrorCode::exhausted, "More sound comes than its rate allows.");
  if (!wanted_) return {};
  newest_ns_.store(toNs(clock_.now()), std::memory_order_relaxed);
  const SharedBytes chunk = shareBytes(std::string(pcm));
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i].load(std::memory_order_acquire) == 0) continue;
    net::Loop& loop = loops_.at(i);
    if (loop.inLoop())
      deliver(i, chunk);
    else
      loop.post([self = shared_from_this(), i, chunk] { self->deliver(i, chunk); });
  }
  if (!live_) setLive(true);
  return {};
}

void SoundStream::deliver(std::size_t loop_index, const SharedBytes& chunk) {
  bool ended = false;
  for (const Listener& each : by_loop_[loop_index]) ended |= !each.stream->send(chunk, net::SendClass::sound);
  if (ended) removeEnded(loop_index);
}

void SoundStream::setLive(bool live) {
  live_ = live;
  if (live) watchFreshness();
  if (on_live_) on_live_(live);
}

void SoundStream::watchFreshness() {
  if (watching_freshness_) return;
  watching_freshness_ = true;
  owner_.after(kFresh / 2, [weak = weak_from_this()] {
    auto self = weak.lock();
    if (!self) return;
    self->watching_freshness_ = false;
    if (!self->live_) return;
    const auto newest = self->newestAt();
    if (newest && self->clock_.now() - *newest < kFresh)
      self->watchFreshness();
    else
      self->setLive(false);
  });
}

void SoundStream::sourceLost() {
  if (live_) setLive(false);
}

// ---- interest -----------------------------------------------------------------------------------------------------

void SoundStream::reviewLater() {
  if (owner_.inLoop()) return reviewInterest();
  owner_.post([weak = weak_from_this()] {
    if (auto self = weak.lock()) self->reviewInterest();
  });
}

void SoundStream::reviewInterest() {
  const bool wanted = std::any_of(counts_.begin(), counts_.end(), [](const auto& count) { return count.load() > 0; });
  if (wanted == wanted_) return;
  wanted_ = wanted;
  if (on_interest_) on_interest_(wanted);
}

// ---- listeners ----------------------------------------------------------------------------------------------------

void SoundStream::addListener(std::shared_ptr<net::HttpStream> listener, net::Loop& loop, std::shared_ptr<void> token) {
  if (ended_) return listener->close();
  const std::size_t index = loop.index();
  listener->send(wavOpening(rate_hz_), net::SendClass::control);
  listener->onClosed([weak = weak_from_this(), index] {
    if (auto self = weak.lock()) self->removeEnded(index);
  });
  by_loop_[index].push_back({std::move(listener), std::move(token)});
  counts_[index].fetch_add(1, std::memory_order_release);
  reviewLater();
}

// Streams that the peer ended say so by onClosed; those that we closed, by not being open.
void SoundStream::removeEnded(std::size_t loop_index) {
  auto& listeners = by_loop_[loop_index];
  const auto removed = std::erase_if(listeners, [](const Listener& each) { return !each.stream->open(); });
  counts_[loop_index].fetch_sub(static_cast<std::uint32_t>(removed), std::memory_order_release);
  if (removed > 0) reviewLater();
}

void SoundStream::closeListener(net::HttpStream& listener, net::Loop& loop) {
  listener.close();
  removeEnded(loop.index());
}

// ---- the end ------------------------------------------------------------------------------------------------------

void SoundStream::end() {
  if (ended_.exchange(true)) return;
  // Whoever comes in between on a loop finds `ended_` set, or is found here.
  for (std::size_t i = 0; i < by_loop_.size(); ++i)
    loops_.at(i).post([self = shared_from_this(), i] {
      const auto listeners = std::exchange(self->by_loop_[i], {});
      self->counts_[i].store(0, std::memory_order_release);
      for (const Listener& each : listeners) each.stream->close();
      self->reviewLater();
    });
}

}  // namespace robohub::media
