// The lab's hardware: register models of the PCA9685 and the laser's line, servos that take their time, and the room in
// which their dot is seen.
#pragma once
#include <atomic>

#include "hw/lab/picture_thread.hpp"
#include "hw/model/edges.hpp"
#include "hw/model/gpio_line.hpp"
#include "hw/model/pca9685.hpp"
#include "laser_turret/bench.hpp"
#include "laser_turret/lab/lab_room.hpp"
#include "laser_turret/lab/servo.hpp"
#include "rh/mutex.hpp"

namespace laser_turret {

// Numbers of the outputs in the edges file (hw/model/edges.hpp).
enum LabOutput : std::uint32_t { kLaserOutput = 1, kXServoOutput = 2, kYServoOutput = 3 };

class LabBench final : public Bench {
 public:
  // Throws rh::hw::OpenError when the edges file cannot be written.
  explicit LabBench(const Settings& settings);
  ~LabBench() override;

  std::unique_ptr<rh::hw::GpioOutput> requestLaser() override;
  std::unique_ptr<rh::hw::I2cDevice> openServos() override;
  std::optional<Pairs> measuredPairs() const override { return room_.measuredPairs(); }
  void watch(bool on, PictureSink sink) override;
  void quiesce() override;

  // For tests: what is wired up. All thread-safe.
  rh::hw::model::GpioLine& laserLine() { return laser_; }
  rh::hw::model::Pca9685Chip& chip() { return chip_; }
  rh::hw::model::I2cBus& bus() { return bus_; }

 private:
  void record(std::uint32_t output, std::uint32_t value);
  const Image& draw(std::int64_t now_ns);

  const Settings settings_;
  rh::Mutex edges_mutex_;
  const std::unique_ptr<rh::hw::model::EdgeRecorder> edges_ RH_PT_GUARDED_BY(edges_mutex_);
  std::atomic<bool> lit_{false};
  Servo x_servo_, y_servo_;
  rh::hw::model::GpioLine laser_;
  rh::hw::model::Pca9685Chip chip_;
  rh::hw::model::I2cBus bus_;
  LabRoom room_;               // draw(): on the picture thread only; its const functions: any thread
  std::int64_t drawn_ns_ = 0;  // likewise
  rh::hw::lab::PictureThread pictures_;
};

}  // namespace laser_turret
