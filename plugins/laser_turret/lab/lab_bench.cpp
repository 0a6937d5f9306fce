#include "laser_turret/lab/lab_bench.hpp"

namespace laser_turret {

namespace {
constexpr int kQuality = 78;
}

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
      room_(settings.model_seed),
      pictures_(settings.model_fps, kQuality, [this](std::int64_t now_ns) -> const Image& { return draw(now_ns); }) {
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
  const rh::Lock lock(edges_mutex_);
  edges_->record(output, value);
}

void LabBench::watch(bool on, PictureSink sink) {
  pictures_.watch(on, std::move(sink));
}

void LabBench::quiesce() {
  pictures_.quiesce();
}

const Image& LabBench::draw(std::int64_t now_ns) {
  const std::chrono::nanoseconds now(now_ns);
  const double seconds = drawn_ns_ == 0 ? 0 : static_cast<double>(now_ns - drawn_ns_) / 1e9;
  drawn_ns_ = now_ns;
  return room_.draw(seconds, TurretOutputs{x_servo_.position(now), y_servo_.position(now), lit_});
}

}  // namespace laser_turret
