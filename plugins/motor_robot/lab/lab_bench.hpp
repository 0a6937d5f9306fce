// The lab's hardware: models of the pins and of both chips, a rover that goes where the pins drive it, the yard's
// camera, and a microphone on the rover.
#pragma once
#include <array>
#include <atomic>

#include "hw/lab/picture_thread.hpp"
#include "hw/lab/sound_thread.hpp"
#include "hw/model/adxl345.hpp"
#include "hw/model/bmp180.hpp"
#include "hw/model/edges.hpp"
#include "hw/model/gpio_line.hpp"
#include "motor_robot/bench.hpp"
#include "motor_robot/lab/rover.hpp"
#include "motor_robot/lab/rover_painter.hpp"
#include "motor_robot/lab/rover_sound.hpp"
#include "rh/mutex.hpp"

namespace motor_robot {

// Numbers of the outputs in the edges file (hw/model/edges.hpp). Lines are 0 or 1, an enable pin's value is its duty in
// thousandths.
enum LabOutput : std::uint32_t {
  kMotor1In1 = 1,
  kMotor1In2,
  kMotor1Enable,
  kMotor2In1,
  kMotor2In2,
  kMotor2Enable,
  kLed,
  kBuzzer
};

class LabBench final : public Bench {
 public:
  // Throws rh::hw::OpenError when the edges file cannot be written.
  explicit LabBench(const Settings& settings);
  ~LabBench() override;

  std::unique_ptr<rh::hw::PwmOutput> requestEnable(std::size_t index) override;
  DirectionLines requestDirection(std::size_t index) override {
    return {motors_[index].in1.requestOutput(false), motors_[index].in2.requestOutput(false)};
  }
  std::unique_ptr<rh::hw::GpioOutput> requestLed() override { return led_.requestOutput(false); }
  std::unique_ptr<rh::hw::GpioOutput> requestBuzzer() override { return buzzer_.requestOutput(false); }
  std::unique_ptr<rh::hw::I2cDevice> openAccelerometer() override;
  std::unique_ptr<rh::hw::I2cDevice> openBarometer() override;
  void watch(bool on, PictureSink sink) override { pictures_.watch(on, std::move(sink)); }
  void listen(bool on, SoundSink sink) override { sound_.listen(on, std::move(sink)); }
  void quiesce() override {
    pictures_.quiesce();
    sound_.quiesce();
  }

  // What one motor's pins do now.
  struct MotorState {
    bool in1, in2;
    int duty_per_mille;
    bool off() const { return !in1 && !in2 && duty_per_mille == 0; }
  };

  // For tests: what is wired up. All thread-safe.
  MotorState motor(std::size_t index) const;
  rh::hw::model::GpioLine& in1(std::size_t index) { return motors_[index].in1; }
  // From now on writes of a motor's enable pin fail with this errno value; 0 heals.
  void failEnable(std::size_t index, int error) { motors_[index].enable_error = error; }
  // From now on a motor's enable pin cannot be requested for this errno value; 0 heals.
  void refuseEnable(std::size_t index, int error) { motors_[index].request_error = error; }
  // What a killed driver leaves on the enable pin of PWM hardware.
  void leavePulses(std::size_t index, int duty_per_mille) { setEnable(index, duty_per_mille); }
  rh::hw::model::GpioLine& led() { return led_; }
  rh::hw::model::GpioLine& buzzer() { return buzzer_; }
  rh::hw::model::I2cBus& bus() { return bus_; }
  rh::hw::model::Adxl345Chip& accelerometer() { return accelerometer_; }
  rh::hw::model::Bmp180Chip& barometer() { return barometer_; }
  Rover& rover() { return rover_; }

 private:
  friend class LabEnable;
  struct Motor {
    rh::hw::model::GpioLine in1, in2;
    std::atomic<bool> in1_high{false}, in2_high{false};
    std::atomic<int> duty_per_mille{0};
    std::atomic<int> enable_error{0}, request_error{0};
    Motor(LabBench& bench, std::size_t index);
  };
  void setEnable(std::size_t index, int duty_per_mille);
  void pinsChanged();
  void record(std::uint32_t output, std::uint32_t value);
  const Image& draw(std::int64_t now_ns);
  // How hard the motor is driven, -1..1, positive CW.
  float push(std::size_t index) const;
  SoundSources heard() const;

  const Settings settings_;
  rh::Mutex edges_mutex_;
  const std::unique_ptr<rh::hw::model::EdgeRecorder> edges_ RH_PT_GUARDED_BY(edges_mutex_);
  Rover rover_;
  std::array<Motor, 2> motors_;
  rh::hw::model::GpioLine led_, buzzer_;
  rh::hw::model::Adxl345Chip accelerometer_;
  rh::hw::model::Bmp180Chip barometer_;
  rh::hw::model::I2cBus bus_;

  // On the picture thread only.
  YardCamera camera_;
  std::shared_ptr<const YardPicture> yard_;
  Image picture_;
  PixelBox painted_;  // what the last picture changed
  RoverPose drawn_;
  float turned_ = 0;

  RoverSound rover_sound_;  // on the sound thread only

  rh::hw::lab::PictureThread pictures_;
  rh::hw::lab::SoundThread sound_;
};

}  // namespace motor_robot
