#include "agent/microphone.hpp"

#include <atomic>
#include <vector>

#include "agent/alsa_capture.hpp"
#include "agent/microphone_pace.hpp"

namespace robohub::agent {
namespace {

constexpr Duration kPatience = std::chrono::milliseconds(100);  // how late an end is noticed
constexpr int kMostWaiting = 16;                                // chunks in the loop's inbox

std::string littleEndian(const std::vector<std::int16_t>& samples) {
  std::string bytes;
  bytes.reserve(samples.size() * 2);
  for (const std::int16_t sample : samples) {
    const auto value = static_cast<std::uint16_t>(sample);
    bytes += static_cast<char>(value);
    bytes += static_cast<char>(value >> 8);
  }
  return bytes;
}

}  // namespace

struct Microphone::Ears {
  std::function<void(std::string_view, std::int64_t)> on_chunk;  // these three only on the loop
  std::function<void(const std::string&)> on_change;
  bool open = true;
  std::atomic<int> waiting{0};
};

Microphone::Microphone(net::Loop& loop, std::string device, int rate_hz,
                       std::function<void(std::string_view, std::int64_t)> on_chunk,
                       std::function<void(const std::string&)> on_change)
    : loop_(loop), device_(std::move(device)), rate_hz_(rate_hz), ears_(std::make_shared<Ears>()) {
  ears_->on_chunk = std::move(on_chunk);
  ears_->on_change = std::move(on_change);
}

Microphone::~Microphone() {
  ears_->open = false;
  {
    Lock lock(mutex_);
    ending_ = true;
    wanted_ = false;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Microphone::listen(bool on) {
  {
    Lock lock(mutex_);
    if (wanted_ == on) return;
    wanted_ = on;
  }
  changed_.notify_all();
  if (on && !thread_.joinable()) thread_ = std::thread([this] { run(); });
}

bool Microphone::wanted() const {
  Lock lock(mutex_);
  return wanted_;
}

void Microphone::waitFor(Duration time) {
  Lock lock(mutex_);
  changed_.wait_for(lock, time, [this]() RH_REQUIRES(mutex_) { return !wanted_; });
}

void Microphone::run() {
  for (;;) {
    {
      Lock lock(mutex_);
      changed_.wait(lock, [this]() RH_REQUIRES(mutex_) { return wanted_ || ending_; });
      if (ending_) return;
    }
    hear();
    if (wanted()) waitFor(kAgain);
  }
}

// Until nobody listens any more, or the device fails.
void Microphone::hear() {
  auto capture = AlsaCapture::open(device_, rate_hz_);
  if (!capture) return tell(capture.error().message);
  std::vector<std::int16_t> samples(static_cast<std::size_t>(rate_hz_ * toMs(kChunk) / 1000));
  std::size_t have = 0;
  MonoTime heard = std::chrono::steady_clock::now();
  MicrophonePace pace(kChunk, heard);
  while (wanted()) {
    const auto got = capture->read(std::span(samples).subspan(have), kPatience);
    if (!got) return tell(got.error().message);
    const MonoTime now = std::chrono::steady_clock::now();
    if (*got == 0) {
      if (now - heard > kSilent) return tell("The microphone " + device_ + " delivers nothing.");
      // A device may say that it is ready and give nothing.
      waitFor(std::chrono::milliseconds(5));
      continue;
    }
    heard = now;
    have += *got;
    if (have < samples.size()) continue;
    have = 0;
    tell({});
    deliver(littleEndian(samples));
    if (const Duration wait = pace.taken(now); wait > Duration::zero()) waitFor(wait);
  }
}

void Microphone::tell(std::string fault) {
  if (fault == told_) return;
  told_ = fault;
  loop_.post([ears = ears_, fault = std::move(fault)] {
    if (ears->open) ears->on_change(fault);
  });
}

// A loop that is held up loses the newest, but never has more than so many to catch up with.
void Microphone::deliver(std::string pcm) {
  if (ears_->waiting.load() >= kMostWaiting) return;
  ears_->waiting.fetch_add(1);
  const std::int64_t t_ns = toNs(std::chrono::steady_clock::now());
  loop_.post([ears = ears_, pcm = std::move(pcm), t_ns] {
    ears->waiting.fetch_sub(1);
    if (ears->open) ears->on_chunk(pcm, t_ns);
  });
}

}  // namespace robohub::agent
