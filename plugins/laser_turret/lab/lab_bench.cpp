#include "laser_turret/lab/lab_bench.hpp"

#include "laser_turret/lab/jpeg.hpp"

namespace laser_turret {

using Clock = std::chrono::steady_clock;

LabBench::LabBench(const Settings& settings)
    : settings_(settings),
      edges_(settings.model_edges.empty() ? nullptr
                                          : std::make_unique<rh::hw::model::EdgeRecorder>(settings.model_edges)),
      laser_("lab, line " + std::to_string(settings.laser_line),
             [this](bool high) {
               lit_ = high;
               record(kLaserOutput, high ? 1 : 0);
             }),
      chip_([this](unsigned channel, unsigned counts, std::chrono::nanoseconds at) {
        if (channel == settings_.x_channel) {
          x_servo_.command(counts, at);
          record(kXServoOutput, counts);
        } else if (channel == settings_.y_channel) {
          y_servo_.command(counts, at);
          record(kYServoOutput, counts);
        }
      }),
      bus_("lab"),
      room_(settings.model_seed) {
  bus_.attach(settings_.address, chip_);
  // A watcher of an earlier owner's file learns from this that the line is low again.
  record(kLaserOutput, 0);
}

LabBench::~LabBench() {
  quiesce();
}

std::unique_ptr<rh::hw::GpioOutput> LabBench::requestLaser() {
  return laser_.requestOutput(false);
}

std::unique_ptr<rh::hw::I2cDevice> LabBench::openServos() {
  return bus_.open(settings_.address);
}

void LabBench::record(std::uint32_t output, std::uint32_t value) {
  if (!edges_) return;
  const std::lock_guard lock(edges_mutex_);
  edges_->record(output, value);
}

void LabBench::watch(bool on, PictureSink sink) {
  {
    const std::lock_guard lock(mutex_);
    watched_ = on;
    sink_ = std::move(sink);
  }
  changed_.notify_all();
  if (on && !thread_.joinable()) thread_ = std::thread([this] { run(); });
}

void LabBench::quiesce() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void LabBench::run() {
  constexpr int kQuality = 78;
  JpegEncoder encoder(kQuality);
  const auto period = std::chrono::nanoseconds(1'000'000'000 / settings_.model_fps);
  auto due = Clock::now();
  auto drawn = due;
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return watched_ || ending_; });
    if (ending_) return;
    const PictureSink sink = sink_;
    lock.unlock();

    const auto now = Clock::now();
    const TurretOutputs outputs{x_servo_.position(now.time_since_epoch()), y_servo_.position(now.time_since_epoch()),
                                lit_};
    const Image& picture = room_.draw(std::chrono::duration<double>(now - drawn).count(), outputs);
    drawn = now;
    const auto& jpeg = encoder.encode(picture);
    if (!jpeg.empty() && sink) sink(jpeg.data(), jpeg.size(), now.time_since_epoch().count());

    // Pictures keep their beat; one that would come late is left out rather than hurried after.
    due += period;
    const auto late = Clock::now() - due;
    if (late > std::chrono::nanoseconds(0)) due += period * (late / period + 1);
    lock.lock();
    changed_.wait_until(lock, due, [this] { return ending_; });
  }
}

}  // namespace laser_turret
