#include "motor_robot/lab/lab_bench.hpp"

#include <cerrno>
#include <cmath>
#include <cstring>

namespace motor_robot {

using rh::hw::IoStatus;
using rh::hw::model::monotonicNs;

namespace {
constexpr int kQuality = 80;
}

// An enable pin with PWM hardware behind it.
class LabEnable final : public rh::hw::PwmOutput {
 public:
  LabEnable(LabBench& bench, std::size_t index)
      : bench_(bench),
        index_(index),
        name_("lab, enable of motor " + std::to_string(index + 1)),
        period_(1'000'000'000 / bench.settings_.pwm_hz) {}
  ~LabEnable() override { bench_.setEnable(index_, 0); }

  IoStatus setHighTime(std::chrono::nanoseconds high) override {
    if (high.count() < 0 || high > period_) return IoStatus(EINVAL, name_ + ": high time beyond the period");
    if (const int error = bench_.motors_[index_].enable_error) return IoStatus(error, name_ + ": setting the pulse");
    bench_.setEnable(index_, static_cast<int>(1000 * high.count() / period_.count()));
    return {};
  }
  IoStatus off() override { return setHighTime(std::chrono::nanoseconds(0)); }
  std::chrono::nanoseconds period() const override { return period_; }
  const std::string& name() const override { return name_; }

 private:
  LabBench& bench_;
  const std::size_t index_;
  const std::string name_;
  const std::chrono::nanoseconds period_;
};

LabBench::Motor::Motor(LabBench& bench, std::size_t index)
    : in1("lab, IN1 of motor " + std::to_string(index + 1),
          [this, &bench, index](bool high) {
            in1_high = high;
            bench.record(index == 0 ? kMotor1In1 : kMotor2In1, high ? 1 : 0);
            bench.pinsChanged();
          }),
      in2("lab, IN2 of motor " + std::to_string(index + 1), [this, &bench, index](bool high) {
        in2_high = high;
        bench.record(index == 0 ? kMotor1In2 : kMotor2In2, high ? 1 : 0);
        bench.pinsChanged();
      }) {}

LabBench::LabBench(const Settings& settings)
    : settings_(settings),
      edges_(settings.model_edges.empty() ? nullptr
                                          : std::make_unique<rh::hw::model::EdgeRecorder>(settings.model_edges)),
      rover_(settings.model_seed),
      motors_{{{*this, 0}, {*this, 1}}},
      led_("lab, LED", [this](bool high) { record(kLed, high ? 1 : 0); }),
      buzzer_("lab, buzzer", [this](bool high) { record(kBuzzer, high ? 1 : 0); }),
      accelerometer_([this] { return rover_.acceleration(monotonicNs()); }),
      barometer_([this] { return rover_.climate(monotonicNs()); }),
      bus_("lab"),
      pictures_(settings.model_fps, kQuality, [this](std::int64_t now_ns) -> const Image& { return draw(now_ns); }),
      sound_(kSoundRate_hz, kSoundChunk_ms,
             [this](std::span<std::int16_t> samples) { rover_sound_.make(heard(), samples); }) {
  bus_.attach(settings_.accelerometer_address, accelerometer_);
  bus_.attach(settings_.barometer_address, barometer_);
  // A watcher of an earlier owner's file learns from this that the pins are low again.
  for (std::uint32_t output = kMotor1In1; output <= kBuzzer; ++output) record(output, 0);
}

LabBench::~LabBench() {
  quiesce();
}

std::unique_ptr<rh::hw::PwmOutput> LabBench::requestEnable(std::size_t index) {
  if (const int error = motors_[index].request_error)
    throw rh::hw::OpenError(IoStatus(error, "lab, enable of motor " + std::to_string(index + 1)));
  setEnable(index, 0);  // as the hardware does when it is opened
  return std::make_unique<LabEnable>(*this, index);
}

std::unique_ptr<rh::hw::I2cDevice> LabBench::openAccelerometer() {
  return bus_.open(settings_.accelerometer_address);
}

std::unique_ptr<rh::hw::I2cDevice> LabBench::openBarometer() {
  return bus_.open(settings_.barometer_address);
}

LabBench::MotorState LabBench::motor(std::size_t index) const {
  const Motor& motor = motors_[index];
  return {motor.in1_high, motor.in2_high, motor.duty_per_mille};
}

void LabBench::setEnable(std::size_t index, int duty_per_mille) {
  if (motors_[index].duty_per_mille.exchange(duty_per_mille) == duty_per_mille) return;
  record(index == 0 ? kMotor1Enable : kMotor2Enable, static_cast<std::uint32_t>(duty_per_mille));
  pinsChanged();
}

void LabBench::pinsChanged() {
  // CW (IN1 high) is forwards on the right side and backwards on the left one.
  rover_.drive(monotonicNs(), -push(0), push(1));
}

float LabBench::push(std::size_t index) const {
  const MotorState state = motor(index);
  const float duty = static_cast<float>(state.duty_per_mille) / 1000;
  return state.in1 == state.in2 ? 0.0f : state.in1 ? duty : -duty;
}

SoundSources LabBench::heard() const {
  return {{std::fabs(push(0)), std::fabs(push(1))}, buzzer_.level()};
}

void LabBench::record(std::uint32_t output, std::uint32_t value) {
  if (!edges_) return;
  const rh::Lock lock(edges_mutex_);
  edges_->record(output, value);
}

const Image& LabBench::draw(std::int64_t now_ns) {
  const RoverPose pose = rover_.pose(now_ns);
  if (!yard_) {
    yard_ = sharedYard();
    picture_ = yard_->image;
    drawn_ = pose;
  }
  const auto bytes = static_cast<std::size_t>(painted_.right - painted_.left) * 3;
  for (int y = painted_.top; y < painted_.bottom; ++y)
    std::memcpy(picture_.at(painted_.left, y), yard_->image.at(painted_.left, y), bytes);
  turned_ += (pose.x - drawn_.x) * std::sin(pose.heading) + (pose.z - drawn_.z) * std::cos(pose.heading);
  turned_ = std::fmod(turned_, 4.5f);
  drawn_ = pose;
  painted_ = paintRover(picture_, *yard_, camera_, pose, RoverLook{led_.level(), buzzer_.level(), turned_});
  return picture_;
}

}  // namespace motor_robot
