#include "motor_robot/sensors.hpp"

#include <cmath>
#include <optional>

#include "hw/adxl345.hpp"
#include "hw/bmp180.hpp"

namespace motor_robot {

using Clock = std::chrono::steady_clock;
using rh::hw::IoStatus;

namespace {

constexpr std::chrono::milliseconds kPeriod(100);
constexpr int kPeriodsPerClimate = 10;
constexpr std::chrono::seconds kTryAgain(2);

double rounded(double value, double steps) {
  return std::round(value * steps) / steps;
}

class OrientationSensor final : public Sensor {
 public:
  OrientationSensor(const rh::Context& context, Sensors::OpenBus open)
      : Sensor(context, "accelerometer", "orientation"), open_(std::move(open)) {}

 private:
  IoStatus start() override {
    chip_.emplace(open_());
    return chip_->start();
  }
  IoStatus publish() override {
    rh::hw::Acceleration acceleration;
    if (auto status = chip_->read(acceleration); !status) return status;
    const rh::hw::Tilt tilt = rh::hw::tiltOf(acceleration);
    context_.publish("orientation",
                     {{"pitch_deg", rounded(tilt.pitch_deg, 100)}, {"roll_deg", rounded(tilt.roll_deg, 100)}});
    return {};
  }

  const Sensors::OpenBus open_;
  std::optional<rh::hw::Adxl345> chip_;
};

class ClimateSensor final : public Sensor {
 public:
  ClimateSensor(const rh::Context& context, Sensors::OpenBus open, unsigned oversampling)
      : Sensor(context, "barometer", "climate"), open_(std::move(open)), oversampling_(oversampling) {}

 private:
  IoStatus start() override {
    chip_.emplace(open_(), oversampling_);
    return chip_->start();
  }
  IoStatus publish() override {
    rh::hw::Climate climate;
    if (auto status = chip_->measure(climate); !status) return status;
    context_.publish("climate", {{"temperature_cel", climate.temperature_cel}, {"pressure_pa", climate.pressure_pa}});
    return {};
  }

  const Sensors::OpenBus open_;
  const unsigned oversampling_;
  std::optional<rh::hw::Bmp180> chip_;
};

}  // namespace

void Sensor::measure(Clock::time_point now) {
  if (!started_ && now < again_at_) return;
  std::string failure;
  try {
    IoStatus status;
    if (!started_) status = start();
    if (status.ok()) status = publish();
    failure = status.message();
  } catch (const rh::hw::OpenError& error) {
    failure = error.what();
  }
  started_ = failure.empty();
  if (started_ && told_) context_.info("The " + what_ + " answers again.");
  if (!started_ && !told_)
    context_.error("The " + what_ + " cannot be read, so there is no " + channel_ + " until it can: " + failure +
                   ". It is tried again every " + std::to_string(kTryAgain.count()) + " s; the rest works.");
  if (!started_) again_at_ = now + kTryAgain;
  told_ = !started_;
}

Sensors::Sensors(const rh::Context& context, const Settings& settings, OpenBus open_accelerometer,
                 OpenBus open_barometer) {
  if (settings.accelerometer)
    accelerometer_ = std::make_unique<OrientationSensor>(context, std::move(open_accelerometer));
  if (settings.barometer)
    barometer_ = std::make_unique<ClimateSensor>(context, std::move(open_barometer), settings.oversampling);
  if (accelerometer_ || barometer_) thread_ = std::thread([this] { run(); });
}

void Sensors::quiesce() {
  {
    const rh::Lock lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Sensors::run() {
  Clock::time_point due = Clock::now();
  rh::Lock lock(mutex_);
  for (int period = 0; !ending_; period = (period + 1) % kPeriodsPerClimate) {
    lock.unlock();
    if (accelerometer_) accelerometer_->measure(Clock::now());
    if (barometer_ && period == 0) barometer_->measure(Clock::now());
    due = std::max(due + kPeriod, Clock::now());
    lock.lock();
    changed_.wait_until(lock, due, [this]() RH_REQUIRES(mutex_) { return ending_; });
  }
}

}  // namespace motor_robot
